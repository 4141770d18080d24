"""Two networks and one round of the game they play."""

import contextlib

import torch
from torch import Tensor, nn

from audiogan.config import ModelConfig
from audiogan.models import build_discriminator, build_generator
from training.augment import Augmentation
from training.batches import Batches
from training.config import ZERO_CENTRED, TrainConfig
from training.distributed import Workers
from training.losses import LOSSES, interpolation_penalty, zero_centred_penalty
from training.state import TrainingState


class Game:
    """A generator, its critic, their optimisers and the generator's moving average.

    Args:
        config: how they learn; its precision is settled.
        model: what they are.
        batches: real clips; its random generator is the game's.
        workers: the processes that share each batch.
    """

    def __init__(self, config: TrainConfig, model: ModelConfig, batches: Batches, workers: Workers):
        self.config, self.model, self.batches, self.workers = config, model, batches, workers
        self.device, self.rng = batches.device, batches.rng
        self.generator, self.discriminator, self.average = (
            build(model).to(self.device, memory_format=torch.channels_last)
            for build in (build_generator, build_discriminator, build_generator)
        )
        self.average.requires_grad_(False)
        self.generator_adam = self._adam(self.generator, config.learning_rate)
        self.discriminator_adam = self._adam(self.discriminator, config.critic_learning_rate)
        self.loss = LOSSES[config.loss]()
        self.augment = Augmentation(self.generator, self.rng, config.augment, config.augment_adaptive)

    def round(self, step: int) -> tuple[Tensor, Tensor]:
        """Critic steps, one generator step, the average. Returns both losses as scalars on the device."""
        self.generator.train()
        for number in range(self.config.critic_steps):
            penalised = (step * self.config.critic_steps + number) % self.config.penalty_every == 0
            d_loss = self.discriminator_step(penalised)
        g_loss = self.generator_step()
        self._update_average(step + 1)
        return d_loss, g_loss

    def discriminator_step(self, penalised: bool) -> Tensor:
        """One step of the critic, with its gradient penalty where that is due."""
        audio, label, pitch = self._draw()
        with torch.no_grad():
            with self._autocast():
                fake = self.generator(self._latents(), label, pitch)
            real, fake = self.augment(self.generator.from_audio(audio)), self.augment(fake.float())
        loss, penalty = self._discriminator_loss(real, fake, label, penalised)
        self.discriminator_adam.zero_grad()
        (loss + self.config.penalty * self.config.penalty_every * penalty).backward()
        self.workers.average_gradients(self.discriminator)
        self.discriminator_adam.step()
        return loss.detach()

    def generator_step(self) -> Tensor:
        """One step of the generator."""
        audio, label, pitch = self._draw()
        self.discriminator.requires_grad_(False)
        with self._autocast():
            fake = self.generator(self._latents(), label, pitch)
            fake_logits = self.discriminator(self.augment(fake.float()), label).float()
            real_logits = self._real_logits(audio, label) if self.config.loss == "rpgan" else None
        loss = self.loss.generator(real_logits, fake_logits)
        self.generator_adam.zero_grad()
        loss.backward()
        self.workers.average_gradients(self.generator)
        self.generator_adam.step()
        self.discriminator.requires_grad_(True)
        return loss.detach()

    def state(self) -> TrainingState:
        """Everything that a round changes."""
        return TrainingState(
            {"generator": self.generator, "discriminator": self.discriminator, "average": self.average},
            {"generator_adam": self.generator_adam, "discriminator_adam": self.discriminator_adam},
            {"batches": self.rng},
            {"augment": self.augment},
            self.device,
        )

    def _discriminator_loss(self, real: Tensor, fake: Tensor, label: Tensor | None, penalised: bool):
        """The critic's loss and the penalty on its gradients, which is never in bfloat16."""
        centred = penalised and self.config.loss in ZERO_CENTRED
        if centred:
            real, fake = real.requires_grad_(True), fake.requires_grad_(True)
        with contextlib.nullcontext() if centred else self._autocast():
            real_logits = self.discriminator(real, label).float()
            fake_logits = self.discriminator(fake, label).float()
        self.augment.adapt(real_logits, fake_logits, self.workers.mean)
        loss, penalty = self.loss.discriminator(real_logits, fake_logits), 0.0
        if centred:
            penalty = zero_centred_penalty(real_logits, real) + zero_centred_penalty(fake_logits, fake)
        elif penalised and self.config.loss == "wgan-gp":
            position = self._part(torch.rand(self.config.batch_size, generator=self.rng, device=self.device))
            penalty = interpolation_penalty(self.discriminator, real, fake, label, position)
        return loss, penalty

    @torch.no_grad()
    def _real_logits(self, audio: Tensor, label: Tensor | None) -> Tensor:
        return self.discriminator(self.augment(self.generator.from_audio(audio)), label).float()

    @torch.no_grad()
    def _update_average(self, step: int) -> None:
        """Exponential moving average of weights and statistics, quicker while the run is young."""
        keep = min(self.config.ema, (1 + step) / (10 + step))
        for mean, new in zip(self.average.state_dict().values(), self.generator.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(new, 1 - keep)
            else:
                mean.copy_(new)

    def _draw(self) -> tuple[Tensor, Tensor | None, Tensor]:
        size = self.config.batch_size
        audio, label, pitch = self.batches.draw(size, self.workers.part(size))
        return audio, label if self.model.labels else None, pitch

    def _latents(self) -> Tensor:
        shape = (self.config.batch_size, self.model.latent_dim)
        if self.model.latent_distribution == "uniform":
            return self._part(torch.rand(shape, generator=self.rng, device=self.device) * 2 - 1)
        return self._part(torch.randn(shape, generator=self.rng, device=self.device))

    def _part(self, whole: Tensor) -> Tensor:
        return whole[self.workers.part(len(whole))]

    def _adam(self, module: nn.Module, learning_rate: float) -> torch.optim.Adam:
        fused = self.device.type in ("cpu", "cuda")
        return torch.optim.Adam(module.parameters(), learning_rate, self.config.betas, fused=fused)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16")
