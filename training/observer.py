"""The progress of a long training: a progress bar, printed lines, metrics, TensorBoard scalars and previews."""

import contextlib
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import astuple

import numpy as np
import torch
from tqdm import tqdm

from audiogan import latent
from audiogan.audio import wav_bytes
from audiogan.figures import png_bytes
from audiogan.files import write_atomically
from audiogan.models.base import Generator
from audiogan.plots import clip_figure
from audiogan.renderer import finished
from training.board import Board
from training.config import TrainConfig
from training.run import RunFolder
from training.validation import Score

PREVIEW_SEED, PREVIEW_CLIPS = 0, 20


class Bar(tqdm):
    """A progress bar that is not drawn where it cannot be, as in a log on a full disk."""

    def display(self, *arguments, **named) -> None:
        """Draw the bar; an error here would keep tqdm's lock, for which its thread waits at the end."""
        with contextlib.suppress(OSError):
            super().display(*arguments, **named)


class Observer:
    """Watches one stretch of a run, from a start or a resume to the stop.

    What cannot be written, on a full disk, is left out; a line says so once.

    Args:
        run: where metrics and previews go.
        config: of the run.
        clips: training clips, an epoch's worth.
        step: where this stretch begins.
        visible: False makes it silent: of several processes that train together, one reports.
    """

    def __init__(self, run: RunFolder, config: TrainConfig, clips: int, step: int, visible: bool = True):
        self.run, self.config, self.clips, self.begun = run, config, clips, time.monotonic()
        self.first_step, self.visible, self.warned = step, visible, False
        self.board = Board(run.folder / "tensorboard", step + 1)
        self.bar = Bar(
            total=config.steps, initial=step, unit="step", dynamic_ncols=True, mininterval=1.0, disable=not visible
        )

    def __enter__(self) -> "Observer":
        return self

    def __exit__(self, *_) -> None:
        with self.spared():
            self.bar.close()

    @contextlib.contextmanager
    def spared(self) -> Iterator[None]:
        """Go on without what cannot be written inside."""
        try:
            yield
        except BrokenPipeError:
            raise  # nobody reads the output any more
        except OSError as error:
            if not self.warned:
                self.warned = True
                what = error.filename or "the output"
                warning = f"cannot write {what} ({error.strerror}): training goes on without what cannot be written"
                with contextlib.suppress(OSError):  # where the disk is full, too
                    self.bar.write(warning, file=sys.stderr)

    def step(self) -> None:
        """Count one more step."""
        self.bar.update()

    def losses(self, step: int, d_loss: float, g_loss: float, seconds: float) -> None:
        """Print and record a report period's last losses; `seconds` of the whole run so far."""
        if not self.visible:
            return
        epoch, epochs = (math.ceil(self.config.drawn(steps) / self.clips) for steps in (step, self.config.steps))
        self._print(f"Epoch [{epoch}/{epochs}] d_loss {d_loss:.4f} g_loss {g_loss:.3f}")
        pace = (time.monotonic() - self.begun) / max(1, step - self.first_step)  # seconds per step
        wait = pace * (self.config.preview_every - step % self.config.preview_every)
        self.bar.set_postfix_str(f"d_loss {d_loss:.3f} g_loss {g_loss:.3f}, preview in {tqdm.format_interval(wait)}")
        row = {"step": step, "epoch": epoch, "d_loss": d_loss, "g_loss": g_loss, "seconds": seconds}
        self._record(row, ("d_loss", "g_loss"))

    def score(self, step: int, score: Score, floor: Score | None, best: bool) -> None:
        """Print and record distances to held-out audio, beside real audio's; without a floor, to training audio."""
        of_real = astuple(floor) if floor else (None, None)
        beside = ["" if value is None else f" (real audio {value:.2f})" for value in of_real]
        distance, kad = (f"{value:.2f}{real}" for value, real in zip(astuple(score), beside, strict=True))
        mark = ", the best so far" if best else ""
        what = "held-out" if floor else "training"
        self._print(f"Step {step}: distance to {what} audio {distance}, KAD {kad}{mark}")
        floors = dict(zip(("floor", "kad_floor"), of_real, strict=True))
        self._record({"step": step, "score": score.distance, "kad": score.kad, **floors}, ("score", "kad"))

    @torch.no_grad()
    def preview(self, step: int, generator: Generator, device: torch.device) -> None:
        """Write one WAV and one spectrogram of clips from fixed latents, label after label, as they are played."""
        generator.eval()
        config = generator.config
        z = latent.sample(range(PREVIEW_CLIPS), PREVIEW_SEED, config.latent_dim, config.latent_distribution)
        label = torch.arange(PREVIEW_CLIPS, device=device) % max(1, len(config.labels))
        pitch = generator.draw_pitches(range(PREVIEW_CLIPS), PREVIEW_SEED, label.tolist())
        conditions = label if config.labels else None, torch.tensor(pitch, device=device)
        native = generator(torch.from_numpy(z).to(device), *conditions)
        audio = finished(generator.to_audio(native), config).cpu().numpy().astype(np.float32)
        name = self.run.previews / f"step-{step:08d}"
        sequence, seconds = audio.reshape(-1), np.arange(1, PREVIEW_CLIPS) * config.num_samples / config.sample_rate
        with self.spared():
            write_atomically(name.with_suffix(".wav"), wav_bytes(sequence, config.sample_rate))
        figure = clip_figure(sequence, config.sample_rate, f"step {step}", seconds)
        figure.set_size_inches(16, 3.3)
        with self.spared():
            write_atomically(name.with_suffix(".png"), png_bytes(figure))

    def _record(self, row: dict, scalars: tuple[str, ...]) -> None:
        with self.spared():
            self.run.log(row)
        for name in scalars:
            with self.spared():
                self.board.scalar(name, row[name], row["step"])

    def _print(self, line: str) -> None:
        with self.spared():
            self.bar.write(line)
