"""Two networks and one round of the game they play."""

import contextlib
import functools
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from audiogan.config import ModelConfig
from audiogan.models import build_discriminator, build_generator
from audiogan.models.folding import at_rest
from audiogan.renderer import finished
from training.augment import Augmentation
from training.batches import Batches
from training.config import ZERO_CENTRED, TrainConfig
from training.distributed import Workers
from training.evenness import Evenness
from training.hand import Hand
from training.losses import LOSSES, interpolation_penalty, zero_centred_penalty
from training.replay import Replay
from training.schedule import factor
from training.shortfall import Shortfall
from training.state import TrainingState
from training.whole_batch import see_whole_batches


class Game:
    """A generator, its critic, their optimisers and the generator's moving average.

    Args:
        config: how they learn; its precision is not `auto`.
        model: the config of both networks.
        batches: real clips; the game shares its random generator.
        workers: the processes that share each batch.
    """

    def __init__(self, config: TrainConfig, model: ModelConfig, batches: Batches, workers: Workers):
        self.config, self.model, self.batches, self.workers = config, model, batches, workers
        self.device, self.rng = batches.device, batches.rng
        generator = build_generator(model)
        discriminator = build_discriminator(model, config.critics, config.critic_width, generator)
        for network in (generator, discriminator):
            see_whole_batches(network, workers)
        self.generator, self.discriminator, self.average = (
            network.to(self.device, memory_format=torch.channels_last)
            for network in (generator, discriminator, build_generator(model))
        )
        self.average.requires_grad_(False)
        self.critic_weights = [weight for weight in self.discriminator.parameters() if weight.requires_grad]
        self.generator_adam = self._adam(self.generator.parameters(), config.learning_rate)
        self.discriminator_adam = self._adam(self.critic_weights, config.critic_learning_rate)
        self.evenness = Evenness(self.generator) if config.even_phases else None
        self.loss = LOSSES[config.loss]()
        self.augment = Augmentation(self.generator, self.rng, config.augment, config.augment_adaptive, workers)
        self.shortfall = Shortfall(config, model, self.device, workers)
        self.average_pace = self._number(1.0)  # how far a round moves the average towards the generator
        replayed = config.graphs and self.device.type == "cuda" and workers.count == 1
        self.replay = Replay(self.device, self.rng) if replayed else None

    def round(self, step: int) -> tuple[Tensor, Tensor]:
        """Critic steps, one generator step, the average. Returns both losses as scalars on the device.

        During the critics' head start the generator's loss is 0.
        """
        self.generator.train()
        self._schedule(step)
        kind = self.kind(step)
        if self.replay is None:
            return self._play(*kind)
        return self.replay(kind, functools.partial(self._play, *kind))

    def kind(self, step: int) -> tuple[bool, tuple[bool, ...]]:
        """The kind of a step's round: whether critics play it alone, and which of their steps are penalised."""
        first, count = step * self.config.critic_steps, self.config.critic_steps
        penalised = (number % self.config.penalty_every == 0 for number in range(first, first + count))
        return step < self.config.head_start, tuple(penalised)

    def _play(self, alone: bool, penalised: tuple[bool, ...]) -> tuple[Tensor, Tensor]:
        """Play a round of one kind. Here the host may neither read the device nor send it anything: see `Replay`."""
        with at_rest(self.generator):
            for number, due in enumerate(penalised, start=1):
                shared = self.config.share_batch and not alone and number == len(penalised)
                hand = self.deal(for_generator=shared)
                d_loss = self.discriminator_step(hand.detached(), due)
            if alone:
                return d_loss, torch.zeros_like(d_loss)
            hand = hand if self.config.share_batch else self.deal(for_generator=True)
        g_loss = self.generator_step(hand)
        self._update_average()
        return d_loss, g_loss

    def deal(self, for_generator: bool) -> Hand:
        """Draw a batch and generate one with its labels and pitches."""
        audio, label, pitch = self._draw()
        with torch.set_grad_enabled(for_generator):
            with self._autocast():
                fake = self.generator(*self._conditions(label, pitch))
            fake = fake.float()
            if self.config.as_played:
                fake = finished(fake.squeeze(1), self.model).unsqueeze(1)
            clean = self.generator.from_audio(audio)
            shortfall = self.shortfall(clean, fake, label, pitch) if for_generator else 0.0
            fake = self.augment(fake)
            with self._autocast():
                fake_views = self.discriminator.views(fake)
        with torch.no_grad(), self._autocast():
            real = self.augment(clean)
            real_views = self.discriminator.views(real)
        return Hand(label, real, fake, real_views, fake_views, shortfall)

    def discriminator_step(self, hand: Hand, penalised: bool) -> Tensor:
        """One step of the critic, with its gradient penalty if `penalised`."""
        with at_rest(self.discriminator):
            loss, penalty = self.discriminator_loss(hand, penalised)
        self.discriminator_adam.zero_grad()
        (loss + self.config.penalty * self.config.penalty_every * penalty).backward()
        self.workers.average_gradients(self.discriminator)
        self.discriminator_adam.step()
        return loss.detach()

    def discriminator_loss(self, hand: Hand, penalised: bool):
        """The critic's loss, and the penalty on its gradients, not yet weighted.

        Zero-centred penalties are never computed in bfloat16. WGAN-GP's may be: most of a step's rounding error comes
        from the difference of real and fake logits, and `python -m benchmarks train-step` measures both.
        """
        centred = penalised and self.config.loss in ZERO_CENTRED and bool(self.discriminator.penalised(hand.real_views))
        if centred:
            hand = hand.in_float32()
        held = [self.discriminator.penalised(views) for views in (hand.real_views, hand.fake_views)] if centred else []
        for view in (view for views in held for view in views):
            view.requires_grad_(True)
        with contextlib.nullcontext() if centred else self._autocast():
            logits = self.discriminator.judge_both(hand.real_views, hand.fake_views, hand.label)
        real_logits, fake_logits = (part.float() for part in logits)
        self.augment.adapt(real_logits, fake_logits)
        loss, penalty = self.loss.discriminator(real_logits, fake_logits), 0.0
        if centred:
            penalty = zero_centred_penalty(real_logits, held[0]) + zero_centred_penalty(fake_logits, held[1])
        elif penalised and self.config.loss == "wgan-gp":
            position = self._part(torch.rand(self.config.batch_size, generator=self.rng, device=self.device))
            with self._autocast():
                penalty = interpolation_penalty(self.discriminator, hand.real, hand.fake, hand.label, position)
        return loss, penalty

    def generator_step(self, hand: Hand) -> Tensor:
        """One step of the generator."""
        self._freeze_critic(True)
        with self._autocast():
            fake_logits = self.discriminator.judge(hand.fake_views, hand.label).float()
            real_logits = self._real_logits(hand) if self.config.loss == "rpgan" else None
        loss = self.loss.generator(real_logits, fake_logits)
        self.generator_adam.zero_grad()
        (loss + hand.shortfall).backward()
        self.workers.average_gradients(self.generator)
        self.generator_adam.step()
        if self.evenness:
            self.evenness()
        self._freeze_critic(False)
        return loss.detach()

    def state(self) -> TrainingState:
        """Everything that a round changes."""
        return TrainingState(
            {"generator": self.generator, "discriminator": self.discriminator, "average": self.average},
            {"generator_adam": self.generator_adam, "discriminator_adam": self.discriminator_adam},
            {"batches": self.rng},
            {"augment": self.augment, **self.shortfall.memories()},
            self.device,
        )

    @torch.no_grad()
    def _real_logits(self, hand: Hand) -> Tensor:
        return self.discriminator.judge(hand.real_views, hand.label).float()

    def _freeze_critic(self, frozen: bool) -> None:
        for weight in self.critic_weights:
            weight.requires_grad_(not frozen)

    def _schedule(self, step: int) -> None:
        """Set the numbers that change from round to round."""
        for adam, rate, first in (
            (self.generator_adam, self.config.learning_rate, self.config.head_start),
            (self.discriminator_adam, self.config.critic_learning_rate, 0),
        ):
            for group in adam.param_groups:
                group["lr"] = _set(group["lr"], rate * factor(self.config, step, first))
        keep = min(self.config.ema, (2 + step) / (11 + step))  # less early in the run
        self.average_pace = _set(self.average_pace, 1 - keep)

    @torch.no_grad()
    def _update_average(self) -> None:
        """Exponential moving average of weights and statistics."""
        for mean, new in zip(self.average.state_dict().values(), self.generator.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(new, self.average_pace)
            else:
                mean.copy_(new)

    def _draw(self) -> tuple[Tensor, Tensor | None, Tensor]:
        size = self.config.batch_size
        audio, label, pitch = self.batches.draw(size, self.workers.part(size))
        return audio, label if self.model.labels else None, pitch

    def _conditions(self, label: Tensor | None, pitch: Tensor) -> tuple:
        """The generator's arguments: latents, labels, pitches and, where it takes some, noise."""
        latents = self._latents()
        if not self.generator.noise_dim:
            return latents, label, pitch
        shape = (self.config.batch_size, self.generator.noise_dim)
        return latents, label, pitch, self._part(torch.randn(shape, generator=self.rng, device=self.device))

    def _latents(self) -> Tensor:
        shape = (self.config.batch_size, self.model.latent_dim)
        if self.model.latent_distribution == "uniform":
            return self._part(torch.rand(shape, generator=self.rng, device=self.device) * 2 - 1)
        return self._part(torch.randn(shape, generator=self.rng, device=self.device))

    def _part(self, whole: Tensor) -> Tensor:
        return whole[self.workers.part(len(whole))]

    def _adam(self, weights: Iterable[nn.Parameter], learning_rate: float) -> torch.optim.Adam:
        fused, capturable = self.device.type in ("cpu", "cuda"), self.device.type == "cuda"
        rate = self._number(learning_rate)
        return torch.optim.Adam(weights, rate, self.config.betas, fused=fused, capturable=capturable)

    def _number(self, value: float) -> Tensor | float:
        """A number that changes between rounds: on CUDA a tensor, from which a recorded round reads it."""
        return torch.tensor(value, device=self.device) if self.device.type == "cuda" else value

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16")


def _set(number: Tensor | float, value: float) -> Tensor | float:
    """The value in the form of `number`: a tensor is filled in place, so that it keeps its address."""
    return number.fill_(value) if isinstance(number, Tensor) else value
