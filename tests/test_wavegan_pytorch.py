"""Importing the PyTorch port's checkpoints: `Port` is written here from the names, shapes and layers of its files."""

import os
import pickle
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from test_cli import refused
from torch import nn

import audiogan
from audiogan import checkpoint, cli
from audiogan.interop import wavegan_pytorch

FRAMES, TAPS = 16, 25
CRITIC_FEATURES = {16384: 256, 32768: 480, 65536: 512}


class Up(nn.Module):
    """A layer of the port: `transpose_ops` is a transposed convolution, or zero padding and a convolution."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, nearest: bool, batch_norm: bool = False):
        super().__init__()
        self.nearest = nearest
        if nearest:
            parts = [nn.ConstantPad1d(TAPS // 2, 0.0), nn.Conv1d(in_channels, out_channels, TAPS, 4 // stride)]
        else:
            parts = [nn.ConvTranspose1d(in_channels, out_channels, TAPS, stride, padding=11, output_padding=1)]
        heard = in_channels * TAPS / (1 if nearest else stride)  # numbers that each output sums
        nn.init.normal_(parts[-1].weight, std=heard**-0.5)
        nn.init.normal_(parts[-1].bias, std=0.05)
        self.transpose_ops = nn.Sequential(*parts, *[nn.BatchNorm1d(out_channels)] * batch_norm)

    def forward(self, x):
        return self.transpose_ops(F.interpolate(x, scale_factor=4, mode="nearest") if self.nearest else x)


class Port(nn.Module):
    """The port's generator, with its unused `bn1`."""

    def __init__(self, width: int, num_samples: int, nearest: bool, latent_dim: int = 100, batch_norm=False, out=1):
        super().__init__()
        strides = [4, 4, 4, 4, 4] if num_samples == 16384 else [4, 4, 4, 4, 4, num_samples // 16384]
        channels = [width * 2**level for level in reversed(range(len(strides)))]
        self.fc1, self.bn1 = nn.Linear(latent_dim, FRAMES * channels[0]), nn.BatchNorm1d(channels[0])
        sizes = zip(pairwise([*channels, out]), strides, strict=True)
        self.deconv_list = nn.ModuleList([Up(i, o, stride, nearest, batch_norm) for (i, o), stride in sizes])
        nn.init.normal_(self.fc1.weight, std=10 * latent_dim**-0.5)

    def forward(self, z):
        x = self.fc1(z).unflatten(1, (-1, FRAMES))
        for layer in self.deconv_list:
            x = layer(x.relu())
        return x.tanh()


def save(path, port: Port, width: int, num_samples: int, **options) -> None:
    """A file as the port's training writes it, optimizers and costs included."""
    critic = nn.ModuleDict({"fc1": nn.Linear(CRITIC_FEATURES[num_samples] * width, 1)})
    optimizers = [torch.optim.Adam(module.parameters(), 1e-4, (0.5, 0.9)) for module in (port, critic)]
    critic["fc1"](torch.ones(1, critic["fc1"].in_features)).backward()
    optimizers[1].step()
    document = {
        "generator": port.state_dict(),
        "discriminator": critic.state_dict(),
        "n_iterations": 12000,
        "optimizer_g": optimizers[0].state_dict(),
        "optimizer_d": optimizers[1].state_dict(),
        "train_d_cost": [0.5, -1.0],
        "g_cost": [-1],
    }
    torch.save(document, path, **options)


def imported(tmp_path, *more):
    arguments = ["--format", "wavegan-pytorch", "--name", "theirs", "--checkpoints", tmp_path / "ours", *more]
    assert cli.main([str(argument) for argument in ["import", tmp_path / "gan_exp1.tar", *arguments]]) == 0
    return audiogan.load("theirs", "cpu", tmp_path / "ours")


def largest_difference(synthesizer, port: Port) -> float:
    """Between the port's sounds and ours of the same latents; they must sound like something, and not be clipped."""
    z = synthesizer.latents(range(3), seed=1)
    with torch.no_grad():
        theirs = port(torch.from_numpy(z))[:, 0]
    assert 0.1 < theirs.std() < 0.8
    if len(theirs[0]) == synthesizer.num_samples + 2:  # the port's odd form: see the test below
        theirs = theirs[:, 1:-1]
    return float((theirs - torch.from_numpy(synthesizer.render(z, [None] * 3, [None] * 3))).abs().max())


@pytest.mark.parametrize("nearest", [False, True], ids=["transposed", "nearest"])
@pytest.mark.parametrize(("width", "num_samples"), [(4, 16384), (3, 32768), (2, 65536), (32, 16384)])
def test_it_sounds_as_it_did_in_the_port(nearest, width, num_samples, tmp_path):
    torch.manual_seed(0)
    port = Port(width, num_samples, nearest, latent_dim=64)
    save(tmp_path / "gan_exp1.tar", port, width, num_samples)
    synthesizer = imported(tmp_path)
    config = synthesizer.config
    assert (config.dim, config.num_samples, config.latent_dim, config.sample_rate) == (width, num_samples, 64, 16000)
    assert (config.latent_distribution, config.labels) == ("normal", ())
    assert largest_difference(synthesizer, port) < 2e-5  # float32, whose sums machines take in other orders


def test_the_ports_transposed_32768_makes_two_samples_more_and_ours_are_those_between(tmp_path):
    port = Port(2, 32768, nearest=False)
    assert port(torch.zeros(1, 100)).shape[-1] == 32770
    save(tmp_path / "gan_exp1.tar", port, 2, 32768)
    assert imported(tmp_path).num_samples == 32768


def test_files_of_old_pytorch_versions(tmp_path):
    port = Port(2, 16384, nearest=True)
    save(tmp_path / "gan_exp1.tar", port, 2, 16384, _use_new_zipfile_serialization=False)
    assert largest_difference(imported(tmp_path), port) < 1e-5


def test_the_card_and_the_config_say_what_is_known(tmp_path):
    save(tmp_path / "gan_exp1.tar", Port(2, 16384, nearest=True), 2, 16384)
    described = imported(tmp_path, "--sample-rate", "22050").checkpoint
    assert described.config.sample_rate == 22050
    assert described.describe()["steps"] == 12000
    assert described.training["layers"] == "nearest"
    assert len(described.training["source_sha256"]) == 64
    card = described.card()
    assert "license: unknown" in card
    assert "iterations | 12,000" in card
    assert "--sample-rate 22050" in card
    assert str(tmp_path) not in card


@pytest.mark.parametrize("claimed", [-5, 2**63, 1.5, None])
def test_iterations_that_cannot_be_are_unknown(claimed, tmp_path):
    file = tmp_path / "gan_exp1.tar"
    save(file, Port(2, 16384, nearest=True), 2, 16384)
    torch.save(torch.load(file) | {"n_iterations": claimed}, file)
    assert imported(tmp_path).checkpoint.describe()["steps"] == 0


def test_nearest_upsampling_and_convolution_is_one_transposed_convolution_up_to_the_edges():
    torch.manual_seed(0)
    x, weight = torch.randn(2, 3, 7).double(), torch.randn(5, 3, TAPS).double()
    up = F.interpolate(x, scale_factor=4, mode="nearest")
    for stride, merge in ((1, wavegan_pytorch.merged), (2, wavegan_pytorch.merged_halved)):
        ours = F.conv_transpose1d(x, merge(weight), stride=4 // stride, padding=(29 - 4 // stride) // 2)
        torch.testing.assert_close(ours, F.conv1d(F.pad(up, (12, 12)), weight, stride=stride))


class TestRefusals:
    @staticmethod
    def refuse(capsys, tmp_path) -> str:
        arguments = ("--format", "wavegan-pytorch", "--name", "theirs", "--checkpoints", tmp_path / "ours")
        line = refused(capsys, cli.main, "import", tmp_path / "gan_exp1.tar", *arguments)
        assert not (tmp_path / "ours").exists()
        return line

    @pytest.mark.parametrize("options", [{}, {"_use_new_zipfile_serialization": False}], ids=["zip", "legacy"])
    def test_a_pickle_that_would_run_code(self, options, tmp_path, capsys):
        class Malicious:
            def __reduce__(self):
                return os.mkdir, (str(tmp_path / "it-ran"),)

        torch.save({"generator": Malicious()}, tmp_path / "gan_exp1.tar", **options)
        assert "is refused: it asks for posix.mkdir" in self.refuse(capsys, tmp_path)
        assert not (tmp_path / "it-ran").exists()

    @pytest.mark.parametrize("kept", [0, 100, 0.5, 0.999])
    def test_damaged(self, kept, tmp_path, capsys):
        file = tmp_path / "gan_exp1.tar"
        save(file, Port(2, 16384, nearest=True), 2, 16384)
        file.write_bytes(file.read_bytes()[: int(kept * file.stat().st_size if kept < 1 else kept)])
        assert "is damaged" in self.refuse(capsys, tmp_path)

    @pytest.mark.parametrize("legacy", [False, True])
    def test_cut_in_a_download(self, legacy, tmp_path, capsys):
        """What PyTorch says of such a file depends on where it ends; some of it is an OSError."""
        file = tmp_path / "gan_exp1.tar"
        save(file, Port(2, 16384, nearest=True), 2, 16384, _use_new_zipfile_serialization=not legacy)
        whole = file.read_bytes()
        for kept in range(0, len(whole) - 1, len(whole) // 15):
            file.write_bytes(whole[:kept])
            assert "gan_exp1.tar is damaged" in self.refuse(capsys, tmp_path)

    def test_a_few_bytes_that_stand_for_a_large_network(self, tmp_path, capsys, monkeypatch):
        built = []
        monkeypatch.setattr("audiogan.interop.wavegan_pytorch.build_generator", built.append)
        state = Port(2, 16384, nearest=True).state_dict() | {"fc1.weight": torch.zeros(1, 1).expand(16 * 16 * 256, 100)}
        torch.save({"generator": state}, tmp_path / "gan_exp1.tar")
        assert "has shape" in self.refuse(capsys, tmp_path)
        assert built == []

    def test_a_plain_pickle_without_a_warning_besides(self, tmp_path, capsys, recwarn):
        (tmp_path / "gan_exp1.tar").write_bytes(pickle.dumps({"generator": {}}, protocol=4))
        assert "is damaged, or not a file that torch.save wrote" in self.refuse(capsys, tmp_path)
        assert not recwarn.list

    def test_text(self, tmp_path, capsys):
        (tmp_path / "gan_exp1.tar").write_text("hello " * 100)
        assert "is damaged, or not a file that torch.save wrote" in self.refuse(capsys, tmp_path)

    def test_missing(self, tmp_path, capsys):
        assert "No such file" in self.refuse(capsys, tmp_path)

    @pytest.mark.parametrize("document", [[], {"generator": None}, {"model": {}}, {"generator": {1: torch.ones(1)}}])
    def test_other_contents(self, document, tmp_path, capsys):
        torch.save(document, tmp_path / "gan_exp1.tar")
        assert "there is no `generator`" in self.refuse(capsys, tmp_path)

    @pytest.mark.parametrize("nearest", [False, True])
    def test_batch_norm(self, nearest, tmp_path, capsys):
        save(tmp_path / "gan_exp1.tar", Port(2, 16384, nearest, batch_norm=True), 2, 16384)
        assert "batch norm" in self.refuse(capsys, tmp_path)

    def test_stereo(self, tmp_path, capsys):
        save(tmp_path / "gan_exp1.tar", Port(2, 16384, nearest=True, out=2), 2, 16384)
        assert "has shape [2, 2, 25], not [1, 2, 25]" in self.refuse(capsys, tmp_path)

    def test_six_layers_without_the_critic_that_tells_their_length(self, tmp_path, capsys):
        torch.save({"generator": Port(2, 65536, nearest=True).state_dict()}, tmp_path / "gan_exp1.tar")
        assert "no discriminator of its size" in self.refuse(capsys, tmp_path)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"deconv_list.2.transpose_ops.1.bias": None}, "'deconv_list.2.transpose_ops.1.bias' is missing"),
            ({"fc2.weight": torch.ones(1)}, "'fc2.weight' is unknown"),
            ({"fc1.bias": 3}, "not a dense tensor"),
            ({"fc1.bias": torch.zeros(512, device="meta")}, "not a dense tensor"),
            ({"fc1.bias": torch.full((512,), torch.nan)}, "not finite"),
            ({"fc1.weight": torch.ones(7, 100)}, "7 features"),
            ({"fc1.weight": torch.ones(256 * 257, 100)}, "dim must be"),
            ({"deconv_list.5.transpose_ops.0.bias": torch.ones(1)}, "not all of one kind"),
        ],
    )
    def test_other_tensors(self, change, words, tmp_path, capsys):
        state = {**Port(2, 16384, nearest=True).state_dict(), **change}
        state = {name: tensor for name, tensor in state.items() if tensor is not None}
        torch.save({"generator": state}, tmp_path / "gan_exp1.tar")
        assert words in self.refuse(capsys, tmp_path)

    def test_a_name_that_is_taken_unless_told_to_replace(self, tmp_path, capsys):
        save(tmp_path / "gan_exp1.tar", Port(2, 16384, nearest=True), 2, 16384)
        imported(tmp_path)
        (tmp_path / "ours/theirs/README.md").write_text("mine")
        capsys.readouterr()
        arguments = ("--format", "wavegan-pytorch", "--name", "theirs", "--checkpoints", tmp_path / "ours")
        line = refused(capsys, cli.main, "import", tmp_path / "gan_exp1.tar", *arguments)
        assert "is there already" in line
        assert checkpoint.read(tmp_path / "ours/theirs").card() == "mine"
        imported(tmp_path, "--replace")
        assert checkpoint.read(tmp_path / "ours/theirs").card() != "mine"
