"""The one trainer: any architecture, any loss, resumable to the same weights."""

import contextlib
import math
import signal
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from audiogan.audio import from_pcm16
from audiogan.dataset import PreparedData
from audiogan.device import machine
from audiogan.models import takes_pitch
from training import partials, precision
from training.batches import Batches
from training.config import TrainConfig
from training.distributed import Workers
from training.features import teach
from training.game import Game
from training.observer import Observer
from training.run import RunFolder
from training.start import begin_with
from training.stop_checks import StopChecks
from training.validation import Validation

FIT_BATCH = 256
SAME_SIGNAL = 1.0  # seconds within which signals to stop count as one


class Trainer:
    """Plays the game round by round, keeps the run folder, and stops when told to or if a loss is not finite.

    Args:
        config: how to train.
        data: what to train on.
        device: where to compute.
        run: the folder that keeps the state; an earlier state in it is resumed.
        workers: the processes that train together; the first alone writes.

    Raises:
        ValueError: the run folder holds something else, processes see different folders, or a batch cannot be shared
            evenly.
    """

    def __init__(
        self,
        config: TrainConfig,
        data: PreparedData,
        device: torch.device,
        run: RunFolder,
        workers: Workers | None = None,
    ):
        self.device, self.run, self.workers = device, run, workers or Workers()
        precision.settle(device)
        if config.precision == "auto":
            fastest = run.precision() or precision.fastest(device)  # machines may differ
            config = replace(config, precision=self.workers.of_first(fastest))
        self.config, model = config, config.model_config(data)
        self.workers.check_batch(config.batch_size, config.whole_pairs)
        self.validation = Validation(data, device) if self.workers.first else None  # refuses too few clips
        if self.workers.first:
            run.begin(config, model, _describe(data))
        self.workers.wait()
        torch.manual_seed(config.seed)
        rng = torch.Generator(device).manual_seed(config.seed)
        batches = Batches(data, device, rng, config.paired, takes_pitch(model), by_label=bool(model.labels))
        self.game = Game(config, model, batches, self.workers)
        self.step, self.seconds, self.best_score, self.stopping = 0, 0.0, math.inf, False
        resumed = self._resume()
        if self.workers.any(self.workers.of_first((resumed, self.step)) != (resumed, self.step), device):
            raise ValueError(f"{run.folder} must be one folder that all processes see, but their steps differ")
        self.earlier = self.seconds
        if not resumed:
            with self._interruptible():
                self._begin(data)

    def train(self, max_minutes: float = math.inf) -> str:
        """Train to the end of the run, an interrupt or `max_minutes`, which include preparing a new run, and save.

        Returns:
            Why it stopped: `done`, `time` or `interrupted`.

        Raises:
            FloatingPointError: a loss or a weight is not finite; the last state saved is kept.
        """
        begun, late = time.monotonic() - self.seconds, False
        first = saved = self.step
        stops = StopChecks(self.workers, self.device)
        with self._interruptible(), self._observer() as observer:
            if self._unscored():
                self._judge(observer)
            while self.step < self.config.steps and not stops(late or self.stopping):
                losses = self.game.round(self.step)
                self.step += 1
                self.seconds = time.monotonic() - begun
                late = self.seconds - self.earlier >= 60 * max_minutes
                observer.step()
                scored = self.step % self.config.preview_every == 0
                if self.step % self.config.report_every == 0:
                    observer.losses(self.step, *self._finite(losses), self.seconds)
                due = self.step % self.config.save_every == 0
                if due or scored:
                    with contextlib.nullcontext() if due else observer.spared():
                        self.save(losses)
                        saved = self.step
                if scored:
                    self._judge(observer)
            if self.step > saved:
                self.save(() if scored else losses)  # in the first process alone if that failed before scoring
            if self.step > first and self.step % self.config.preview_every:
                self._judge(observer)  # at the end, when the learning rate has fallen
        if self.stopping and (self.step < self.config.steps or self._unscored()):
            return "interrupted"
        return "done" if self.step >= self.config.steps else "time"

    def save(self, losses: tuple[Tensor, ...] = ()) -> None:
        """Write the state, unless a loss or a weight is not finite.

        Raises:
            FloatingPointError: one is not; the previous state is kept.
        """
        self._finite(losses)
        self._check_weights()
        if self.workers.first:
            self.run.save_state(self.game.state().tensors(), self._numbers())

    def _judge(self, observer: Observer) -> None:
        """Score the averaged generator on held-out audio, save it if it is the best, and write a preview.

        The state is saved before, since this takes a minute. The scores are recorded last: without them a resumed run
        does all of it again (`_unscored`). When told to stop, it leaves that to the next start.
        """
        if self.validation is None:
            return
        average, floor = self.game.average, self.validation.floor
        score = self.validation.score(average, lambda: self.stopping)
        if score is None:
            return
        best = self.step > self.config.head_start and score.distance < self.best_score  # until then it learns nothing
        if best:
            numbers = self._numbers() | {"score": score.distance, "floor": floor and floor.distance}
            with observer.spared():
                self.run.save_best(average.state_dict(), numbers)
                self.best_score = score.distance
        observer.preview(self.step, average, self.device)
        observer.score(self.step, score, floor, best)

    def _unscored(self) -> bool:
        """Whether the step's scores are due and missing, because the run was stopped or killed after it was saved."""
        due = self.step % self.config.preview_every == 0 or self.step == self.config.steps
        return self.step > 0 and due and not self.run.scored(self.step)

    def _resume(self) -> bool:
        saved = self.run.load_state()
        if saved is None:
            return False
        tensors, numbers = saved
        self.game.state().restore(tensors)
        self.step, self.seconds = numbers["step"], numbers["seconds"]
        best = self.run.load_best()
        self.best_score = best[1]["score"] if best else math.inf
        if self.workers.first:
            self.run.truncate_log(self.step)
        return True

    def _begin(self, data: PreparedData) -> None:
        """Prepare both networks and save them at step 0, unless interrupted: teaching features takes minutes."""
        begun = time.monotonic()
        self._fit(data)
        self.seconds = time.monotonic() - begun
        if not self.workers.any(self.stopping, self.device):
            self._share()
            self.save()

    def _share(self) -> None:
        """Begin with the first process's state in all: other kernels would teach them other features, for good."""
        if self.workers.count > 1:
            ours = {name: value.cpu() for name, value in self.game.state().tensors().items()}
            self.game.state().restore(self.workers.of_first(ours))

    def _fit(self, data: PreparedData) -> None:
        """Fit both networks to the training clips, or to the data set's statistics of them, before the first step."""
        if self.game.model.partial_ratios:
            ratios = partials.measured(data, conditional=bool(self.game.model.labels))
            self.game.generator.partial_ratios.copy_(ratios)
        if self.config.start:
            begin_with(self.game.generator, self.config.start)
        rows = data.rows("train")
        label, pitch = (torch.from_numpy(values[rows]) for values in (data.label, data.pitch))
        self.game.generator.fit_conditions(label if self.game.model.labels else torch.zeros_like(label), pitch)
        chunks = np.array_split(rows, math.ceil(len(rows) / FIT_BATCH))
        audio = (torch.from_numpy(from_pcm16(data.clips[chunk])).to(self.device) for chunk in chunks)
        self.game.generator.fit(audio, data.statistics)
        if self.game.evenness:
            self.game.evenness()
        self.game.average.load_state_dict(self.game.generator.state_dict())
        features = getattr(self.game.discriminator, "features", None)
        if features is not None and self.game.model.labels:
            count, visible = self.config.feature_steps, self.workers.first
            teach(features, self.game.generator, self.game.batches, count, visible, lambda: self.stopping)

    def _finite(self, losses: tuple[Tensor, ...]) -> list[float]:
        """The losses as numbers, averaged over the processes; FloatingPointError if one is not finite."""
        values = [self.workers.mean(loss).item() for loss in losses]
        if not all(math.isfinite(value) for value in values):
            raise FloatingPointError(f"a loss is not finite at step {self.step}; the last state saved is kept")
        return values

    def _check_weights(self) -> None:
        """Raise FloatingPointError if a weight is not finite; losses show that only a step later."""
        weights = [*self.game.average.parameters(), *self.game.critic_weights]
        if not all(weight.isfinite().all() for weight in weights):
            raise FloatingPointError(f"a weight is not finite at step {self.step}; the last state saved is kept")

    def _numbers(self) -> dict:
        """The numbers saved with a file of tensors."""
        return {"step": self.step, "seconds": self.seconds, "machine": machine(self.device, self.workers.count)}

    def _observer(self) -> Observer:
        return Observer(self.run, self.config, len(self.game.batches), self.step, self.workers.first)

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Let SIGTERM and Ctrl-C stop training after the current step, or before the first; another one acts at once.

        Signals within `SAME_SIGNAL` count as one: `timeout` and others send each twice, to the process and its group.
        """
        asked = math.inf

        def ask(number, frame):
            nonlocal asked
            if time.monotonic() - asked > SAME_SIGNAL:
                signal.signal(number, before[number])
                signal.raise_signal(number)
            asked, self.stopping = min(asked, time.monotonic()), True

        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _describe(data: PreparedData) -> dict:
    kept = ("source", "sha256", "counts", "sample_rate", "num_samples")
    licences = sorted({row.get("licence") or "" for row in data.index})  # of single clips; empty where not known
    return {key: data.meta[key] for key in kept} | {"licences": licences, "index_sha256": data.index_sha256}
