"""A public embedding, for machines that can download it: VGGish, which never saw our labels."""

import urllib.error
from itertools import pairwise

import numpy as np
import torch
import torchaudio.functional as taf
from torch import Tensor, nn

VGGISH_URL = "https://download.pytorch.org/torchaudio/models/vggish.pt"  # as in torchaudio 2.1 to 2.8
RATE, WINDOW, HOP, N_FFT = 16000, 400, 160, 512  # Hz and samples
BANDS, LOWEST_HZ, HIGHEST_HZ, LOG_OFFSET = 64, 125.0, 7500.0, 0.01
FRAMES = 96  # of an example, 0.96 s


class VGGish(nn.Module):
    """VGGish (Hershey et al. 2017) with the parameter names of torchaudio's weights: 128 features per example."""

    def __init__(self):
        super().__init__()
        layers, inputs = [], 1
        for outputs, count in ((64, 1), (128, 1), (256, 2), (512, 2)):
            for _ in range(count):
                layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
                inputs = outputs
            layers.append(nn.MaxPool2d(2))
        self.features_network = nn.Sequential(*layers)
        sizes = (512 * (FRAMES // 16) * (BANDS // 16), 4096, 4096, 128)
        layers = [layer for pair in pairwise(sizes) for layer in (nn.Linear(*pair), nn.ReLU())]
        self.embedding_network = nn.Sequential(*layers)

    def forward(self, audio: Tensor, sample_rate: int) -> Tensor:
        """Audio [batch, time] at a rate in Hz to the mean over its examples of 0.96 s, [batch, 128]."""
        examples = log_mel(taf.resample(audio, sample_rate, RATE))  # [batch, examples, frames, bands]
        maps = self.features_network(examples.flatten(0, 1)[:, None])  # [batch * examples, 512, 6, 4]
        features = self.embedding_network(maps.permute(0, 2, 3, 1).flatten(1))
        return features.unflatten(0, examples.shape[:2]).mean(1)


def log_mel(audio: Tensor) -> Tensor:
    """VGGish's input: audio [batch, time] at 16 kHz to [batch, examples, 96, 64], a lone short one padded."""
    needed = (FRAMES - 1) * HOP + WINDOW
    audio = nn.functional.pad(audio, (0, max(0, needed - audio.shape[1])))
    frames = audio.unfold(1, WINDOW, HOP) * torch.hann_window(WINDOW, device=audio.device)  # [batch, frames, window]
    magnitude = torch.fft.rfft(frames, N_FFT).abs()
    logs = torch.log(magnitude @ _filters().to(magnitude) + LOG_OFFSET)
    whole = logs.shape[1] // FRAMES
    return logs[:, : whole * FRAMES].unflatten(1, (whole, FRAMES))


def _filters() -> Tensor:
    """Triangular filters, linear on HTK's mel scale as in the original: [n_fft // 2 + 1, bands]."""
    to_mel = lambda hz: 1127 * np.log1p(np.asarray(hz) / 700)  # noqa: E731
    bins = to_mel(np.linspace(0, RATE / 2, N_FFT // 2 + 1))[:, None]
    edges = np.linspace(to_mel(LOWEST_HZ), to_mel(HIGHEST_HZ), BANDS + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)).clip(0)
    triangles[0] = 0  # no band includes DC
    return torch.from_numpy(triangles).float()


def load_vggish() -> VGGish:
    """VGGish with its public weights, from the cache of torch.hub or from the network.

    Raises:
        ValueError: they cannot be loaded here.
    """
    try:
        state = torch.hub.load_state_dict_from_url(VGGISH_URL, map_location="cpu", progress=True, weights_only=True)
        network = VGGish()
        network.load_state_dict(state)
    except (OSError, RuntimeError, urllib.error.URLError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(
            f"--embedding vggish needs the public weights at {VGGISH_URL}, which cannot be loaded here ({reason}); "
            "omit it, or put the file into torch.hub's cache folder"
        ) from None
    return network.requires_grad_(False).eval()
