"""The baseline networks: WaveGAN as usually written in PyTorch, slow parts included."""

import random
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = (16, 8, 4, 2, 1)


class PlainGenerator(nn.Module):
    """Transposed convolutions, or nearest-neighbour upsampling before plain ones, the default of a well-known port."""

    def __init__(self, dim: int, upsample: bool = False):
        super().__init__()
        widths = [factor * dim for factor in CHANNELS] + [1]
        self.upsample = upsample
        self.dense = nn.Linear(100, 16 * widths[0])
        pairs = list(pairwise(widths))
        if upsample:
            self.layers = nn.ModuleList([nn.Conv1d(i, o, 25) for i, o in pairs])
        else:
            layers = [nn.ConvTranspose1d(i, o, 25, 4, padding=11, output_padding=1) for i, o in pairs]
            self.layers = nn.ModuleList(layers)

    def forward(self, z: Tensor) -> Tensor:
        x = self.dense(z).view(len(z), -1, 16)
        for layer in self.layers:
            x = F.relu(x)
            if self.upsample:
                x = F.pad(F.interpolate(x, scale_factor=4), (12, 12))
            x = layer(x)
        return x.tanh()


class PlainDiscriminator(nn.Module):
    """Strided convolutions, with each clip's phase shuffled by a loop on the host."""

    def __init__(self, dim: int):
        super().__init__()
        widths = [1] + [factor * dim for factor in CHANNELS[::-1]]
        self.layers = nn.ModuleList([nn.Conv1d(i, o, 25, 4, padding=11) for i, o in pairwise(widths)])
        self.dense = nn.Linear(16 * widths[-1], 1)

    def forward(self, x: Tensor) -> Tensor:
        for number, layer in enumerate(self.layers):
            x = F.leaky_relu(layer(x), 0.2)
            if number < len(self.layers) - 1:
                x = shuffle_on_host(x)
        return self.dense(x.flatten(1)).squeeze(1)


def shuffle_on_host(x: Tensor) -> Tensor:
    """Phase shuffle, one shift per clip, in a Python loop."""
    clips = []
    for clip in x:
        shift = random.randint(-2, 2)  # noqa: S311 (not a secret)
        padded = F.pad(clip[None], (max(shift, 0), max(-shift, 0)), mode="reflect")[0]
        clips.append(padded[:, : x.shape[2]] if shift > 0 else padded[:, -x.shape[2] :])
    return torch.stack(clips)


class PlainStep:
    """A WGAN-GP iteration, five critic steps and a generator step, float32, eager, reading each loss."""

    def __init__(self, dim: int, batch_size: int, device: torch.device, upsample: bool = False):
        self.batch_size, self.device = batch_size, device
        self.generator = PlainGenerator(dim, upsample).to(device)
        self.discriminator = PlainDiscriminator(dim).to(device)
        players = (self.generator, self.discriminator)
        self.adams = [torch.optim.Adam(player.parameters(), 1e-4, (0.5, 0.9)) for player in players]
        self.real = torch.rand(batch_size, 1, 16384, device=device) - 0.5

    def __call__(self) -> None:
        for _ in range(5):
            self._critic_step()
        loss = -self.discriminator(self.generator(self._latents())).mean()
        self._update(self.adams[0], loss)

    def _critic_step(self) -> None:
        fake = self.generator(self._latents()).detach()
        between = torch.lerp(self.real, fake, torch.rand(self.batch_size, 1, 1, device=self.device))
        between.requires_grad_(True)
        (gradient,) = torch.autograd.grad(self.discriminator(between).sum(), between, create_graph=True)
        penalty = (gradient.flatten(1).norm(dim=1) - 1).square().mean()
        loss = self.discriminator(fake).mean() - self.discriminator(self.real).mean() + 10 * penalty
        self._update(self.adams[1], loss)

    def _update(self, adam: torch.optim.Adam, loss: Tensor) -> None:
        for each in self.adams:
            each.zero_grad()
        loss.backward()
        adam.step()
        loss.item()

    def _latents(self) -> Tensor:
        return torch.rand(self.batch_size, 100, device=self.device) * 2 - 1
