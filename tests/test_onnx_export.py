"""ONNX files against audiogan itself: the same arguments through onnxruntime and through the Synthesizer."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import soundfile
import torch
from conftest import LABELS
from test_cli import refused
from torch import nn

import audiogan
from audiogan import checkpoint, cli, dsp, latent
from audiogan.config import ModelConfig
from audiogan.interop import onnx_export
from audiogan.interop.real_fourier import RealFourier, RealGriffinLim
from audiogan.models import ARCHITECTURES, build_generator
from audiogan.models.base import SpectralGenerator

ROOT = Path(__file__).parent.parent
SPECTRAL = ("specgan", "report-specgan")
SHIPPED = ("specgan", "hybrid")  # exported below with what they have learnt
NUM_SAMPLES = 16384


def lively_generator(architecture: str, **form):
    """A tiny random generator whose spectrograms, if it draws some, have the contrasts of real ones."""
    torch.manual_seed(0)
    form = {"dim": 4, "labels": LABELS, "griffin_lim_iterations": 2, "output_peak": 0.9} | form
    generator = build_generator(ModelConfig(architecture, **form)).eval()
    pitch = torch.tensor([60.0, 72.0, torch.nan])
    generator.fit_conditions(pitch.isnan().long(), pitch)
    if isinstance(generator, SpectralGenerator):
        generator.fit([torch.randn(4, generator.config.num_samples)])
        with torch.no_grad():
            [layer for layer in generator.modules() if isinstance(layer, nn.ConvTranspose2d)][-1].weight.mul_(100)
    return generator


def exported(folder: Path, generator) -> tuple:
    checkpoint.save(folder / "model", generator, {}, "")
    arguments = ["export-onnx", "model", "--out", folder / "model.onnx", "--checkpoints", folder]
    assert cli.main([str(argument) for argument in arguments]) == 0
    return audiogan.load(folder / "model", "cpu"), onnxruntime.InferenceSession(folder / "model.onnx")


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[pytest.mark.long] if name in SHIPPED else []) for name in ARCHITECTURES],
)
def pair(request, tmp_path_factory):
    """A model's Synthesizer and its ONNX session."""
    return exported(tmp_path_factory.mktemp("onnx"), lively_generator(request.param))


def arguments_of(synthesizer, z, labels, pitches) -> dict[str, np.ndarray]:
    """What `render` makes of its arguments, as the ONNX inputs."""
    config, generator = synthesizer.config, synthesizer.generator
    given = {"z": z}
    if config.labels:
        given["label"] = np.array([config.label_index(label) for label in labels])
    if generator.takes_pitch:
        given["pitch"] = np.array([np.nan if pitch is None else pitch for pitch in pitches], np.float32)
    if generator.noise_dim:
        given["noise"] = latent.noise_of(torch.from_numpy(z), generator.noise_dim).numpy()
    return given


def differences(synthesizer, session, num: int, seed: int = 3) -> np.ndarray:
    """The largest of each clip, between both players."""
    z, labels = synthesizer.latents(range(num), seed), synthesizer.clip_labels(range(num), seed)
    pitches = synthesizer.clip_pitches(range(num), seed, labels)
    (theirs,) = session.run(["audio"], arguments_of(synthesizer, z, labels, pitches))
    ours = synthesizer.render(z, labels, pitches)
    assert theirs.shape == ours.shape
    assert ours.std() > 0.01
    return np.abs(theirs - ours).max(1)


@pytest.mark.parametrize("num", [1, 11])
def test_onnxruntime_plays_the_same_waveform(pair, num):
    # Griffin-Lim multiplies what is rounded otherwise: more so in the untrained report-specgan's pictures, whose many
    # small peaks are nobody's partials, by 11 dB; in real sounds it multiplies less, by 35 dB and more.
    allowed = {"specgan": 0.05, "report-specgan": 0.25}.get(pair[0].config.architecture, 1e-4)
    assert differences(*pair, num).max() < allowed


def test_the_spectrogram_is_the_generators(pair):
    synthesizer, session = pair
    outputs = [item.name for item in session.get_outputs()]
    if synthesizer.config.architecture not in SPECTRAL:
        assert outputs == ["audio"]
        return
    z, labels = synthesizer.latents(range(3), 5), synthesizer.clip_labels(range(3), 5)
    given = arguments_of(synthesizer, z, labels, [None] * 3)
    audio, theirs = session.run(["audio", "spectrogram"], given)
    with torch.no_grad():
        ours = synthesizer.generator(torch.from_numpy(z), torch.from_numpy(given["label"]))[:, 0].numpy()
    assert np.ptp(ours) > 1
    np.testing.assert_allclose(theirs, ours, atol=1e-4)
    assert audio.shape == (3, NUM_SAMPLES)


def test_the_metadata_says_how_to_play_it(pair):
    synthesizer, session = pair
    known, config = session.get_modelmeta().custom_metadata_map, synthesizer.config
    assert json.loads(known["labels"]) == list(LABELS)
    assert (int(known["sample_rate"]), int(known["num_samples"])) == (16000, NUM_SAMPLES)
    assert (int(known["latent_dim"]), known["latent_distribution"]) == (100, "uniform")
    assert known["architecture"] == config.architecture
    names = [item.name for item in session.get_inputs()]
    hybrid = config.architecture == "hybrid"
    assert names == ["z", "label", *(["pitch", "noise"] if hybrid else [])]
    assert json.loads(known["pitches"]) == ({"Flute": [60.0, 72.0]} if hybrid else {})


@pytest.mark.parametrize(
    "form",
    [
        {"num_samples": 32768, "labels": ()},
        {"kernel_size": 28, "latent_distribution": "normal"},
        {"post_filter": 33},
        {"post_filter": 33, "labels": (), "envelope": True},
    ],
    ids=str,
)
def test_other_forms_of_wavegan(form, tmp_path):
    generator = lively_generator("wavegan", **form)
    if generator.post is not None:
        nn.init.normal_(generator.post.responses, std=0.2)
    if generator.envelope is not None:
        nn.init.normal_(generator.envelope.level.weight, std=100)
    synthesizer, session = exported(tmp_path, generator)
    assert differences(synthesizer, session, 3).max() < 1e-4
    assert session.get_modelmeta().custom_metadata_map["latent_distribution"] == synthesizer.config.latent_distribution


@pytest.mark.long
def test_a_hybrid_with_a_post_filter_and_ratios_of_its_own(tmp_path):
    generator = lively_generator("hybrid", post_filter=129, partial_ratios=True)
    nn.init.normal_(generator.post.responses, std=0.2)
    generator.partial_ratios[0, 1:5] = torch.tensor([0.62, 2.756, 5.404, 0.0])
    assert differences(*exported(tmp_path, generator), 3).max() < 1e-4


def documented_snippet() -> str:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/models-that-travel.md").read_text("utf-8"), re.DOTALL)
    (snippet,) = (block for block in blocks if "onnxruntime" in block)
    return snippet


def test_the_shipped_hybrid_and_the_snippet_that_plays_it(tmp_path):
    assert cli.main(["export-onnx", "hybrid-instruments", "--out", str(tmp_path / "sounds.onnx")]) == 0
    synthesizer = audiogan.load("hybrid-instruments", "cpu")
    assert differences(synthesizer, onnxruntime.InferenceSession(tmp_path / "sounds.onnx"), 19).max() < 1e-4
    check = "\nimport sys\nassert not {'torch', 'audiogan'} & set(sys.modules)\n"
    subprocess.run([sys.executable, "-c", documented_snippet() + check], cwd=tmp_path, check=True)
    audio, sample_rate = soundfile.read(tmp_path / "cello.wav")
    assert (len(audio), sample_rate) == (4 * NUM_SAMPLES, 16000)
    power = np.abs(np.fft.rfft(audio[:NUM_SAMPLES] * np.hanning(NUM_SAMPLES))) ** 2
    hz = np.fft.rfftfreq(NUM_SAMPLES, 1 / sample_rate)
    harmonics = power[np.abs(hz / 130.81 - np.round(hz / 130.81)) < 0.05].sum()  # C3, MIDI 48
    assert harmonics > 9 * (power.sum() - harmonics)


def test_the_shipped_specgan_draws_our_pictures_and_its_sounds_fit_them_as_well_as_ours(tmp_path):
    assert cli.main(["export-onnx", "specgan-instruments", "--out", str(tmp_path / "sounds.onnx")]) == 0
    synthesizer, session = (
        audiogan.load("specgan-instruments", "cpu"),
        onnxruntime.InferenceSession(tmp_path / "sounds.onnx"),
    )
    z, labels = synthesizer.latents(range(19), 3), synthesizer.clip_labels(range(19), 3)
    given = arguments_of(synthesizer, z, labels, [None] * 19)
    audio, pictures = session.run(["audio", "spectrogram"], given)
    with torch.no_grad():
        native = synthesizer.generator(torch.from_numpy(z), torch.from_numpy(given["label"]))
        linear = synthesizer.generator.magnitudes(native)
    np.testing.assert_allclose(pictures, native[:, 0], atol=1e-4)
    theirs, ours = (
        dsp.spectral_convergence(dsp.magnitude(torch.from_numpy(sound), 256, 128), linear)
        for sound in (audio, synthesizer.render(z, labels, [None] * 19))
    )
    torch.testing.assert_close(theirs, ours, atol=1e-3, rtol=0)


class TestRealFourier:
    @pytest.mark.parametrize(("n_fft", "hop_length"), [(256, 128), (512, 128), (1024, 128)])
    def test_it_is_the_transform(self, n_fft, hop_length):
        torch.manual_seed(0)
        audio, real = torch.randn(2, 4096), RealFourier(n_fft, hop_length, 4096)
        parts = real.stft(audio)
        torch.testing.assert_close(torch.complex(*parts), dsp.stft(audio, n_fft, hop_length), atol=2e-4, rtol=0)
        torch.testing.assert_close(real.istft(*parts), audio, atol=1e-5, rtol=0)

    @pytest.mark.parametrize("n_fft", [256, 1024])
    def test_griffin_lim(self, n_fft):
        torch.manual_seed(0)
        linear = dsp.magnitude(torch.randn(2, 8192) * torch.linspace(1, 0, 8192), n_fft, 128)
        ours = dsp.griffin_lim(linear, n_fft, 128, 8192, 16)
        theirs = RealGriffinLim(n_fft, 128, 8192)(linear, n_fft, 128, 8192, 16)
        torch.testing.assert_close(theirs, ours, atol=5e-3, rtol=0)  # it multiplies rounding; ours has a peak of 4


class TestRefusals:
    def test_without_the_packages(self, checkpoints, tmp_path, monkeypatch, capsys):
        monkeypatch.setitem(sys.modules, "onnxscript", None)
        arguments = ("tiny-wavegan", "--checkpoints", checkpoints, "--out", tmp_path / "a.onnx")
        line = refused(capsys, cli.main, "export-onnx", *arguments)
        assert line == f"python -m audiogan: {onnx_export.MISSING}\n"
        assert not list(tmp_path.iterdir())

    def test_no_such_folder(self, checkpoints, tmp_path, capsys):
        arguments = ("tiny-wavegan", "--checkpoints", checkpoints, "--out", tmp_path / "none" / "a.onnx")
        assert "--out's folder" in refused(capsys, cli.main, "export-onnx", *arguments)

    def test_no_such_checkpoint(self, checkpoints, tmp_path, capsys):
        arguments = ("nobody", "--checkpoints", checkpoints, "--out", tmp_path / "a.onnx")
        assert "checkpoint must be one of" in refused(capsys, cli.main, "export-onnx", *arguments)
