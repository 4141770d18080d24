"""Adversarial losses and gradient penalties. Pure: they return scalars, the trainer does the rest."""

import torch
import torch.nn.functional as F
from torch import Tensor

from audiogan.models.derivatives import samples_alone


class BinaryCrossEntropy:
    """The original, non-saturating game (Goodfellow et al. 2014), on logits."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Logits [batch] of real and fake clips to a scalar."""
        return F.softplus(-real).mean() + F.softplus(fake).mean()

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return F.softplus(-fake).mean()


class Wasserstein:
    """The critic's estimate of the earth mover's distance (Arjovsky et al. 2017)."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return fake.mean() - real.mean()

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return -fake.mean()


class LeastSquares:
    """Squared distance of the logits from 1 and 0 (Mao et al. 2017)."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return 0.5 * ((real - 1).square().mean() + fake.square().mean())

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return 0.5 * (fake - 1).square().mean()


class Hinge:
    """Logits beyond a margin of 1 teach the critic nothing (Lim and Ye 2017)."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()

    def generator(self, real: Tensor | None, fake: Tensor) -> Tensor:
        return -fake.mean()


class RelativisticPairing:
    """Each fake against a real clip of its class (Jolicoeur-Martineau 2019; Huang et al. 2024, R3GAN)."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return F.softplus(fake - real).mean()

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        return F.softplus(real - fake).mean()


LOSSES = {
    "bce": BinaryCrossEntropy,
    "wgan-gp": Wasserstein,
    "lsgan": LeastSquares,
    "hinge": Hinge,
    "rpgan": RelativisticPairing,
}


def interpolation_penalty(discriminator, real: Tensor, fake: Tensor, label: Tensor | None, position: Tensor) -> Tensor:
    """WGAN-GP: squared distance of the gradient's norm from 1 at random points between real and fake.

    Gulrajani et al. 2017, section 4; one point per pair. Each of several critics has its own gradient, and the penalty
    is their mean, as the loss is.

    Args:
        discriminator: its `judge_apart` gives the logits [batch] of each critic.
        real, fake: native samples [batch, ...].
        position: of each pair's point, 0 at the real and 1 at the fake sample, [batch].
    """
    between = torch.lerp(real, fake, position.view([-1] + [1] * (real.dim() - 1))).requires_grad_(True)
    norms = [_gradients(logits, between).norm(dim=1) for logits in discriminator.judge_apart(between, label)]
    return (torch.stack(norms) - 1).square().mean()


def zero_centred_penalty(logits: Tensor, views: list[Tensor]) -> Tensor:
    """R1 on real samples, R2 on fakes: half the mean squared norm of the gradient (Mescheder et al. 2018).

    Args:
        logits: [batch], or [batch, critics]: the penalty, like the loss, is a mean over critics.
        views: the critics' inputs, [batch, ...] each, from which the logits were computed; they require gradients.
    """
    critics = logits[0].numel()
    with samples_alone():
        gradients = torch.autograd.grad(logits.sum(), views, create_graph=True)
    return 0.5 * sum(gradient.square().sum() for gradient in gradients) / (len(logits) * critics)


def _gradients(logits: Tensor, samples: Tensor) -> Tensor:
    """Gradient of each logit [batch] with respect to its own sample, [batch, features], in the samples' dtype."""
    with samples_alone():
        (gradient,) = torch.autograd.grad(logits.float().sum(), samples, create_graph=True)
    return gradient.flatten(1)
