"""DSP against physics, its own inverses and librosa."""

import librosa
import numpy as np
import pytest
import torch
import torchaudio.functional as taf
from conftest import NUM_SAMPLES, SAMPLE_RATE, tone

from audiogan import dsp
from audiogan.audio import from_pcm16
from audiogan.config import ModelConfig
from audiogan.models import build_generator
from audiogan.phases import steady_phases

N_FFT, HOP = 256, 128


@pytest.fixture(scope="module")
def pluck() -> torch.Tensor:
    """A plucked, vibrating harmonic sound with breath, [1, time]: tonal, transient and noisy at once."""
    time = np.arange(NUM_SAMPLES) / SAMPLE_RATE
    phase = 2 * np.pi * (220 * time + 0.8 * np.sin(2 * np.pi * 5 * time) / 5)
    voice = sum(np.sin(k * phase) / k for k in range(1, 20)) * np.exp(-3 * time)
    breath = np.random.default_rng(0).standard_normal(NUM_SAMPLES) * 0.05 * np.exp(-8 * time)
    return torch.tensor(0.3 * (voice + breath), dtype=torch.float32)[None]


def log_spectral_distance(estimate: torch.Tensor, reference: torch.Tensor, range_db: float = 80.0) -> torch.Tensor:
    """Root mean square of the level difference in dB, frame by frame, averaged over frames: [batch].

    Both magnitudes are floored `range_db` below the reference's peak, so that silence does not dominate.
    """
    floor = reference.amax((1, 2), keepdim=True).clamp_min(1e-12) * 10 ** (-range_db / 20)
    difference = 20 * torch.log10(torch.maximum(estimate, floor) / torch.maximum(reference, floor))
    return difference.square().mean(1).sqrt().mean(1)


def test_stft_agrees_with_librosa(pluck):
    ours = dsp.stft(pluck, N_FFT, HOP)[0]
    theirs = librosa.stft(pluck[0].numpy(), n_fft=N_FFT, hop_length=HOP, pad_mode="reflect")
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-4)


def test_a_tone_peaks_in_its_bin():
    spectrum = dsp.magnitude(torch.from_numpy(tone(1000))[None], N_FFT, HOP)
    assert spectrum.shape == (1, 129, 129)
    assert (spectrum[0, :, 2:-2].argmax(0) == 1000 * N_FFT // SAMPLE_RATE).all()


def test_istft_inverts_stft(pluck):
    back = dsp.istft(dsp.stft(pluck, N_FFT, HOP), N_FFT, HOP, NUM_SAMPLES)
    torch.testing.assert_close(back, pluck, atol=1e-5, rtol=0)


def test_log_magnitude_inverts():
    linear = torch.tensor([0.0, 1e-5, 1.0, 100.0])
    torch.testing.assert_close(dsp.exp_magnitude(dsp.log_magnitude(linear)), linear, atol=1e-7, rtol=1e-5)


def test_mel_agrees_with_librosa(pluck):
    linear = dsp.magnitude(pluck, 1024, HOP)
    theirs = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=1024, n_mels=128) @ linear[0].numpy()
    np.testing.assert_allclose(dsp.mel(linear, 1024, 128, SAMPLE_RATE)[0].numpy(), theirs, atol=1e-4)


def test_filters_are_copied_to_a_device_once():
    elsewhere = torch.empty(1, 257, 3, device="meta")
    dsp.mel(elsewhere, 512, 80, SAMPLE_RATE)
    made = dsp.mel_filters.cache_info().misses
    assert dsp.mel(elsewhere, 512, 80, SAMPLE_RATE).is_meta
    assert dsp.mel_filters(512, 80, SAMPLE_RATE, elsewhere.device).is_meta
    assert dsp.mel_filters.cache_info().misses == made


def test_inverse_mel_gives_the_mels_back(pluck):
    mels = dsp.mel(dsp.magnitude(pluck, 1024, HOP), 1024, 128, SAMPLE_RATE)
    linear = dsp.inverse_mel(mels, 1024, SAMPLE_RATE)
    again = dsp.mel(linear, 1024, 128, SAMPLE_RATE)
    assert (linear >= 0).all()
    assert dsp.spectral_convergence(again, mels).item() < 0.05


def test_griffin_lim_is_as_good_as_librosas(pluck):
    linear = dsp.magnitude(pluck, N_FFT, HOP)
    ours = dsp.griffin_lim(linear, N_FFT, HOP, NUM_SAMPLES, iterations=32)
    theirs = librosa.griffinlim(
        linear[0].numpy(), n_iter=32, hop_length=HOP, n_fft=N_FFT, length=NUM_SAMPLES, init=None, pad_mode="reflect"
    )
    convergence, distance = (
        [measure(dsp.magnitude(audio, N_FFT, HOP), linear).item() for audio in (ours, torch.tensor(theirs)[None])]
        for measure in (dsp.spectral_convergence, log_spectral_distance)
    )
    print(f"spectral convergence {convergence}, log-spectral distance {distance} dB (ours, librosa)")
    assert convergence[0] < min(0.15, 1.05 * convergence[1])
    assert distance[0] < min(3.0, 1.05 * distance[1])


@pytest.mark.parametrize(
    ("n_fft", "hop_length", "num_samples"), [(256, 128, 16384), (1024, 128, 8192), (200, 64, 5013)]
)
@pytest.mark.parametrize("iterations", [0, 1, 8])
def test_griffin_lim_is_torchaudios(pluck, n_fft, hop_length, num_samples, iterations):
    linear = dsp.magnitude(pluck[:, :num_samples], n_fft, hop_length)
    zero = torch.zeros_like(linear)
    ours = dsp.griffin_lim(linear, n_fft, hop_length, num_samples, iterations, phases=zero)
    theirs = taf.griffinlim(
        linear, torch.hann_window(n_fft), n_fft, hop_length, n_fft, 1.0, iterations, 0.99, num_samples, rand_init=False
    )
    torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=0)


@pytest.mark.parametrize(("n_fft", "hop_length"), [(256, 128), (1024, 128), (200, 64)])
@pytest.mark.parametrize("hz", [500.0, 1234.5, 2990.0])
def test_steady_phases_are_those_of_a_tone(n_fft, hop_length, hz):
    time = torch.arange(NUM_SAMPLES) / SAMPLE_RATE
    spectrum = dsp.stft(torch.sin(2 * torch.pi * hz * time)[None], n_fft, hop_length)[:, :, 4:-4]
    phases = steady_phases(spectrum.abs(), n_fft, hop_length)
    heard = spectrum.abs() > 0.3 * spectrum.abs().max()
    turned = torch.polar(torch.ones_like(phases), phases) * spectrum.conj() / spectrum.abs()
    advance = (turned[:, :, 1:] / turned[:, :, :-1]).angle().abs()  # of one against the other, from frame to frame
    assert advance[heard[:, :, 1:] & heard[:, :, :-1]].max() < 0.2
    assert (turned[:, :, 0] - turned[:, :, 0][heard[:, :, 0]][0]).abs()[heard[:, :, 0]].max() < 0.2  # one for all bins


def test_few_iterations_from_steady_phases_are_many_from_zero(pluck):
    linear = dsp.magnitude(pluck, N_FFT, HOP)
    few = dsp.griffin_lim(linear, N_FFT, HOP, NUM_SAMPLES, iterations=5)
    many = dsp.griffin_lim(linear, N_FFT, HOP, NUM_SAMPLES, iterations=32, phases=torch.zeros_like(linear))
    convergence = [dsp.spectral_convergence(dsp.magnitude(audio, N_FFT, HOP), linear).item() for audio in (few, many)]
    assert convergence[0] < convergence[1]


def test_held_griffin_lim_is_griffin_lim_with_a_gradient(pluck):
    linear = dsp.magnitude(pluck, 256, 128).requires_grad_(True)
    held, plain = (sound(linear, 256, 128, NUM_SAMPLES) for sound in (dsp.held_griffin_lim, dsp.griffin_lim))
    torch.testing.assert_close(held, plain, atol=0.02, rtol=0)
    held.square().sum().backward()
    # Phases held, audio is linear in the magnitudes: a step along them changes the energy as it does itself.
    assert (linear.grad * linear).sum().item() == pytest.approx(2 * held.square().sum().item(), rel=1e-3)
    silent = torch.zeros(1, 129, 129, requires_grad=True)
    dsp.held_griffin_lim(silent, 256, 128, 16384).sum().backward()
    assert torch.isfinite(silent.grad).all()


def test_griffin_lim_of_silence_and_of_one_value_is_finite():
    for value in (0.0, 1.0, 1e6):
        audio = dsp.griffin_lim(torch.full((1, 129, 129), value), 256, 128, 16384, 4)
        assert audio.isfinite().all()


@pytest.mark.soundfonts
@pytest.mark.parametrize("label", ["Violin_or_fiddle", "Snare_drum", "Glockenspiel"])
def test_a_real_clip_survives_specgan(general_midi_data, label):
    """Analysis, normalisation, clipping, 16 iterations: no worse than librosa's phases for the same magnitudes."""
    row = next(n for n, row in enumerate(general_midi_data.index) if row["label"] == label)
    audio = torch.from_numpy(from_pcm16(general_midi_data.clips[row]))[None]
    generator = build_generator(ModelConfig("specgan", dim=2))
    generator.fit([torch.from_numpy(from_pcm16(general_midi_data.clips[::40]))])
    native = generator.from_audio(audio)
    ours = generator.to_audio(native)
    linear = dsp.exp_magnitude(generator.spectrum.denormalize(native[0]))[0].numpy()
    linear = np.pad(np.pad(linear, ((0, 1), (0, 0))), ((0, 0), (0, 1)), mode="edge")
    arguments = {"n_iter": 16, "hop_length": HOP, "n_fft": N_FFT, "length": NUM_SAMPLES, "init": None}
    theirs = dsp.limit_peak(torch.from_numpy(librosa.griffinlim(linear, pad_mode="reflect", **arguments))[None])
    reference = dsp.magnitude(audio, N_FFT, HOP)
    convergence, distance = (
        [measure(dsp.magnitude(clip, N_FFT, HOP), reference).item() for clip in (ours, theirs)]
        for measure in (dsp.spectral_convergence, log_spectral_distance)
    )
    print(f"{label}: spectral convergence {convergence}, log-spectral distance {distance} dB (ours, librosa)")
    assert convergence[0] < min(0.4, 1.05 * convergence[1])
    assert distance[0] < min(10.0, 1.05 * distance[1])


def test_griffin_lim_is_batched_and_a_function_of_its_input(pluck):
    linear = dsp.magnitude(torch.cat([pluck, pluck.flip(1)]), N_FFT, HOP)
    once, twice = (dsp.griffin_lim(linear, N_FFT, HOP, NUM_SAMPLES) for _ in range(2))
    assert once.shape == (2, NUM_SAMPLES)
    torch.testing.assert_close(once, twice, atol=0, rtol=0)


def test_limit_peak_turns_down_only_what_is_too_loud():
    audio = torch.tensor([[0.5, -0.2], [1.0, -4.0]])
    torch.testing.assert_close(dsp.limit_peak(audio), torch.tensor([[0.5, -0.2], [0.25, -1.0]]))


def test_windows_made_while_generating_serve_training_too():
    with torch.inference_mode():
        dsp.mel(dsp.magnitude(torch.zeros(1, 600), 200, 50), 200, 8, SAMPLE_RATE)
    audio = torch.rand(1, 600, requires_grad=True)
    dsp.mel(dsp.magnitude(audio, 200, 50), 200, 8, SAMPLE_RATE).sum().backward()
    assert audio.grad.abs().max() > 0


def test_measures_by_hand():
    reference = torch.ones(1, 2, 3)
    assert dsp.spectral_convergence(2 * reference, reference).item() == pytest.approx(1.0)
    assert log_spectral_distance(10 * reference, reference).item() == pytest.approx(20.0, abs=1e-4)
    assert log_spectral_distance(torch.zeros(1, 2, 3), reference).item() == pytest.approx(80.0, abs=1e-3)
