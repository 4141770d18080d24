"""The one trainer: any architecture, any loss, resumable to the same weights."""

import contextlib
import math
import os
import platform
import signal
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from audiogan.audio import from_pcm16
from audiogan.dataset import PreparedData
from audiogan.models import build_discriminator, build_generator
from training import precision
from training.augment import Augmentation
from training.batches import Batches
from training.config import ZERO_CENTRED, TrainConfig
from training.losses import LOSSES, interpolation_penalty, zero_centred_penalty
from training.observer import Observer
from training.run import RunFolder
from training.state import TrainingState
from training.validation import Validation

FIT_BATCH = 256


class Trainer:
    """A generator, its critic and everything a step needs.

    Args:
        config: how to train.
        data: what to train on.
        device: where.
        run: the folder that keeps the state; an earlier state in it is resumed.

    Raises:
        ValueError: the run folder holds something else.
    """

    def __init__(self, config: TrainConfig, data: PreparedData, device: torch.device, run: RunFolder):
        self.device, self.run, self.model = device, run, config.model_config(data)
        if config.precision == "auto":
            config = replace(config, precision=run.precision() or precision.fastest(device))
        self.config = config
        torch.manual_seed(config.seed)
        self.rng = torch.Generator(device).manual_seed(config.seed)
        self.generator, self.discriminator, self.average = (
            build(self.model).to(device, memory_format=torch.channels_last)
            for build in (build_generator, build_discriminator, build_generator)
        )
        self.average.requires_grad_(False)
        self.generator_adam = self._adam(self.generator, config.learning_rate)
        self.discriminator_adam = self._adam(self.discriminator, config.critic_learning_rate)
        self.loss = LOSSES[config.loss]()
        self.batches = Batches(data, device, self.rng)
        self.augment = Augmentation(self.generator, self.rng, config.augment, config.augment_adaptive)
        self.validation = Validation(data, device)
        self.step, self.seconds, self.best_score, self.stopping = 0, 0.0, math.inf, False
        run.begin(config, self.model, _describe(data))
        if not self._resume():
            self._fit(data)

    def train(self, max_minutes: float = math.inf) -> str:
        """Train to the end of the run, `max_minutes` or an interrupt, and save.

        Returns:
            Why it stopped: `done`, `time` or `interrupted`.

        Raises:
            FloatingPointError: a loss is not finite; the last state saved is kept.
        """
        begun, earlier, saved = time.monotonic(), self.seconds, self.step
        with self._interruptible(), Observer(self.run, self.config, len(self.batches), self.step) as observer:
            while self.step < self.config.steps and self.seconds - earlier < 60 * max_minutes and not self.stopping:
                d_loss, g_loss = self.train_step()
                self.seconds = earlier + time.monotonic() - begun
                observer.step()
                if self.step % self.config.report_every == 0:
                    self._check_finite(d_loss, g_loss)
                    observer.losses(self.step, d_loss.item(), g_loss.item(), self.seconds)
                if self.step % self.config.preview_every == 0:
                    self._judge(observer)
                if self.step % self.config.save_every == 0:
                    self.save(d_loss, g_loss)
                    saved = self.step
            if self.step > saved:
                self.save(d_loss, g_loss)
        if self.step >= self.config.steps:
            return "done"
        return "interrupted" if self.stopping else "time"

    def train_step(self) -> tuple[Tensor, Tensor]:
        """Critic steps, one generator step, the average. Returns both losses as scalars on the device."""
        self.generator.train()
        for number in range(self.config.critic_steps):
            penalised = (self.step * self.config.critic_steps + number) % self.config.penalty_every == 0
            d_loss = self._discriminator_step(penalised)
        g_loss = self._generator_step()
        self.step += 1
        self._update_average()
        return d_loss, g_loss

    def _discriminator_step(self, penalised: bool) -> Tensor:
        audio, label, pitch = self._draw()
        with torch.no_grad():
            with self._autocast():
                fake = self.generator(self._latents(), label, pitch)
            real, fake = self.augment(self.generator.from_audio(audio)), self.augment(fake.float())
        loss, penalty = self._discriminator_loss(real, fake, label, penalised)
        self.discriminator_adam.zero_grad()
        (loss + self.config.penalty * self.config.penalty_every * penalty).backward()
        self.discriminator_adam.step()
        return loss.detach()

    def _discriminator_loss(self, real: Tensor, fake: Tensor, label: Tensor | None, penalised: bool):
        """The critic's loss and, where it is due, the penalty on its gradients, which is never in bfloat16."""
        centred = penalised and self.config.loss in ZERO_CENTRED
        if centred:
            real, fake = real.requires_grad_(True), fake.requires_grad_(True)
        with contextlib.nullcontext() if centred else self._autocast():
            real_logits = self.discriminator(real, label).float()
            fake_logits = self.discriminator(fake, label).float()
        self.augment.adapt(real_logits, fake_logits)
        loss, penalty = self.loss.discriminator(real_logits, fake_logits), 0.0
        if centred:
            penalty = zero_centred_penalty(real_logits, real) + zero_centred_penalty(fake_logits, fake)
        elif penalised and self.config.loss == "wgan-gp":
            penalty = interpolation_penalty(self.discriminator, real, fake, label)
        return loss, penalty

    def _generator_step(self) -> Tensor:
        audio, label, pitch = self._draw()
        self.discriminator.requires_grad_(False)
        with self._autocast():
            fake = self.generator(self._latents(), label, pitch)
            fake_logits = self.discriminator(self.augment(fake.float()), label).float()
            real_logits = self._real_logits(audio, label) if self.config.loss == "rpgan" else None
        loss = self.loss.generator(real_logits, fake_logits)
        self.generator_adam.zero_grad()
        loss.backward()
        self.generator_adam.step()
        self.discriminator.requires_grad_(True)
        return loss.detach()

    @torch.no_grad()
    def _real_logits(self, audio: Tensor, label: Tensor | None) -> Tensor:
        return self.discriminator(self.augment(self.generator.from_audio(audio)), label).float()

    @torch.no_grad()
    def _update_average(self) -> None:
        """Exponential moving average of weights and statistics, quicker while the run is young."""
        keep = min(self.config.ema, (1 + self.step) / (10 + self.step))
        for mean, new in zip(self.average.state_dict().values(), self.generator.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(new, 1 - keep)
            else:
                mean.copy_(new)

    def save(self, *losses: Tensor) -> None:
        """Write the state, unless a loss is not finite.

        Raises:
            FloatingPointError: it is not; the state before is kept.
        """
        self._check_finite(*losses)
        tensors = self._state().tensors() | {"augment.probability": self.augment.probability}
        self.run.save_state(tensors, self._numbers())

    def _judge(self, observer: Observer) -> None:
        """Score the averaged generator on held-out audio, keep it if it is the best, and let it be heard."""
        score = self.validation.score(self.average)
        best = score < self.best_score
        observer.score(self.step, score, best)
        observer.preview(self.step, self.average, self.device)
        if best:
            self.best_score = score
            self.run.save_best(self.average.state_dict(), self._numbers() | {"score": score})

    def _resume(self) -> bool:
        saved = self.run.load_state()
        if saved is None:
            return False
        tensors, numbers = saved
        self._state().restore(tensors)
        self.augment.probability = tensors["augment.probability"].to(self.device)
        self.step, self.seconds = numbers["step"], numbers["seconds"]
        self.run.truncate_log(self.step)
        best = self.run.load_best()
        self.best_score = best[1]["score"] if best else math.inf
        return True

    def _numbers(self) -> dict:
        """What a saved file says of itself."""
        return {"step": self.step, "seconds": self.seconds, "machine": _machine(self.device)}

    def _state(self) -> TrainingState:
        return TrainingState(
            {"generator": self.generator, "discriminator": self.discriminator, "average": self.average},
            {"generator_adam": self.generator_adam, "discriminator_adam": self.discriminator_adam},
            {"batches": self.rng},
            self.device,
        )

    def _fit(self, data: PreparedData) -> None:
        """Show the training clips to the generators: spectral ones keep statistics of them."""
        rows = data.rows("train")
        chunks = np.array_split(rows, math.ceil(len(rows) / FIT_BATCH))
        self.generator.fit(torch.from_numpy(from_pcm16(data.clips[chunk])).to(self.device) for chunk in chunks)
        self.average.load_state_dict(self.generator.state_dict())

    def _draw(self) -> tuple[Tensor, Tensor | None, Tensor]:
        audio, label, pitch = self.batches.draw(self.config.batch_size)
        return audio, label if self.model.labels else None, pitch

    def _latents(self) -> Tensor:
        shape = (self.config.batch_size, self.model.latent_dim)
        if self.model.latent_distribution == "uniform":
            return torch.rand(shape, generator=self.rng, device=self.device) * 2 - 1
        return torch.randn(shape, generator=self.rng, device=self.device)

    def _adam(self, module: nn.Module, learning_rate: float) -> torch.optim.Adam:
        fused = self.device.type in ("cpu", "cuda")
        return torch.optim.Adam(module.parameters(), learning_rate, self.config.betas, fused=fused)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16")

    def _check_finite(self, *losses: Tensor | float) -> None:
        if not all(math.isfinite(loss) for loss in losses):
            raise FloatingPointError(f"a loss is not finite at step {self.step}; the last state saved is kept")

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """SIGTERM and Ctrl-C ask for a stop after the step; a second one is not held back."""

        def ask(number, frame):
            self.stopping = True
            signal.signal(number, before[number])

        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _describe(data: PreparedData) -> dict:
    kept = ("source", "sha256", "counts", "sample_rate", "num_samples")
    return {key: data.meta[key] for key in kept}


def _machine(device: torch.device) -> str:
    """The device in words, for the card."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{os.cpu_count()} {platform.machine()} cores" + (" and MPS" if device.type == "mps" else "")
