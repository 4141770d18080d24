"""Train the evaluation's classifier: class-balanced, augmented against shortcuts, stopped early by unseen notes."""

import hashlib
import json
import math
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from audiogan import weights
from audiogan.audio import from_pcm16
from audiogan.dataset import PreparedData
from audiogan.device import machine
from audiogan.evaluation.classifier import CONFIG_FILE, FORMAT, WEIGHTS_FILE, Classifier, ClassifierConfig
from audiogan.evaluation.clips import note
from audiogan.files import write_atomically
from audiogan.folders import refuse_existing, staged
from audiogan.models import count_parameters
from audiogan.text import few
from training.shortcuts import vary

BATCH = 64
BALANCE = 0.5  # a label is drawn in proportion to this power of its clip count: 0 balances labels, 1 balances clips


@dataclass(frozen=True)
class ClassifierTraining:
    """Settings of the training.

    Args:
        batch_size: clips; rare labels are oversampled.
        steps: maximum number.
        check_every: steps between checks on the held-out notes.
        patience: checks without improvement after which training stops.
        held_out: share of each label's training notes that decide when to stop.
    """

    batch_size: int = 40
    steps: int = 800
    check_every: int = 100
    patience: int = 8
    held_out: float = 0.1
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    average: float = 0.98
    width: int = 32
    seed: int = 0


@dataclass(frozen=True)
class Examples:
    """Mel magnitudes [clips, mel, frames] and label indices [clips]."""

    mels: Tensor
    label: Tensor


@dataclass
class Progress:
    """The best classifier so far, by the loss on held-out notes."""

    loss: float = math.inf
    accuracy: float = 0.0
    step: int = 0
    state: dict[str, Tensor] = field(default_factory=dict)


def train(
    data: PreparedData,
    out: str | os.PathLike,
    how: ClassifierTraining | None = None,
    device: torch.device | str = "cpu",
) -> dict:
    """Train on the training split and write the classifier's folder, complete or not at all.

    The test split is read once, after training, for the reported accuracy.

    Returns:
        What classifier.json records of the training.

    Raises:
        ValueError: `out` exists, or the data have no test split, fewer than two labels, or no label with two recordings
            to train on.
        FloatingPointError: the loss is not finite.
    """
    how = how or ClassifierTraining()
    refuse_existing(out)
    config, test = ClassifierConfig(data.labels, data.sample_rate, data.num_samples, how.width), data.rows("test")
    fit, stop = _held_out(data, how)
    begun = time.monotonic()
    torch.manual_seed(how.seed)
    device = torch.device(device)
    classifier = Classifier(config).to(device, memory_format=torch.channels_last)
    label = torch.from_numpy(data.label).to(device)
    take = lambda rows: Examples(spectra(classifier, data, rows), label[torch.from_numpy(rows)])  # noqa: E731
    best = _fit(classifier, take(fit), take(stop), how)
    state = weights.as_stored(best.state)
    classifier.load_state_dict(state)  # what is measured is what is shipped
    correct = predict(classifier, spectra(classifier, data, test)).argmax(1).cpu().numpy() == data.label[test]
    document = {
        "data": data.meta["source"],
        "data_sha256": data.meta["sha256"],
        "parameters": count_parameters(classifier),
        "steps": best.step,
        "minutes": round((time.monotonic() - begun) / 60, 1),
        "machine": machine(device),
        "held_out_accuracy": best.accuracy,
        "held_out_clips": len(stop),
        "test_accuracy": float(correct.mean()),
        "test_clips": len(test),
        "test_accuracy_by_label": {
            label: float(correct[data.label[test] == number].mean())
            for number, label in enumerate(data.labels)
            if (data.label[test] == number).any()
        },
    }
    _write(Path(out), config, document, state)
    return document


@torch.no_grad()
def spectra(classifier: Classifier, data: PreparedData, rows: np.ndarray) -> Tensor:
    """Mel magnitudes of clips of a data set, float16 [rows, mel, frames]."""
    parts = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    bar = tqdm(parts, desc="spectra", unit="batch", mininterval=1.0, delay=2.0)
    audio = (torch.from_numpy(from_pcm16(data.clips[part])).to(_device(classifier)) for part in bar)
    return torch.cat([classifier.mel(part).half() for part in audio])


@torch.no_grad()
def predict(classifier: Classifier, mels: Tensor) -> Tensor:
    """Mel magnitudes [clips, mel, frames] to logits [clips, labels]; puts the classifier into evaluation mode."""
    classifier.eval()
    return torch.cat([classifier.classify(classifier.embed_mel(part.float())) for part in mels.split(BATCH)])


def _held_out(data: PreparedData, how: ClassifierTraining) -> tuple[np.ndarray, np.ndarray]:
    """Training rows to fit and rows to stop by: a share of each label's notes, at least one if it has two."""
    random, rows = np.random.default_rng(how.seed), data.rows("train")
    notes = np.array([note(data.index[row]) for row in rows])
    chosen: list[str] = []
    for label in np.unique(data.label[rows]):
        own = np.unique(notes[data.label[rows] == label])
        if len(own) > 1:
            chosen += list(random.choice(own, max(1, round(how.held_out * len(own))), replace=False))
    held = np.isin(notes, chosen)
    if not held.any():
        raise ValueError(
            "the classifier needs a label with two recordings to train on, one to learn from and one to stop by, but "
            f"none of the {len(data.labels)} labels ({few(data.labels)}) has two: prepare more files of each"
        )
    return rows[~held], rows[held]


def _fit(classifier: Classifier, fit: Examples, stop: Examples, how: ClassifierTraining) -> Progress:
    """Train until the loss on held-out notes stops improving, or to the last step."""
    rng, random, best = torch.Generator().manual_seed(how.seed), np.random.default_rng(how.seed), Progress()
    optimizer = torch.optim.AdamW(classifier.parameters(), how.learning_rate, weight_decay=how.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, how.learning_rate, total_steps=how.steps)
    averaged = torch.optim.swa_utils.AveragedModel(
        classifier, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(how.average), use_buffers=True
    )
    chance = _balanced(fit.label.cpu().numpy())
    with tqdm(total=how.steps, desc="classifier", unit="step", mininterval=1.0) as bar:
        for step in range(1, how.steps + 1):
            rows = torch.from_numpy(random.choice(len(chance), how.batch_size, p=chance))
            logits = classifier.train().classify(classifier.embed_mel(vary(fit.mels[rows].float(), rng)))
            loss = F.cross_entropy(logits, fit.label[rows], label_smoothing=how.label_smoothing)
            if not torch.isfinite(loss):
                raise FloatingPointError(f"the classifier's loss is {loss.item()} at step {step}")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            averaged.update_parameters(classifier)
            bar.update()
            if step % how.check_every == 0 or step == how.steps:
                _look(averaged.module, stop, step, best)
                bar.set_postfix_str(f"loss {loss.item():.3f}, held-out {best.loss:.3f}, accuracy {best.accuracy:.3f}")
                if step - best.step >= how.patience * how.check_every:
                    break
    return best


def _look(classifier: Classifier, stop: Examples, step: int, best: Progress) -> None:
    """Keep the classifier if its loss on the held-out notes, rare labels weighted up, is the smallest so far."""
    logits, weight = predict(classifier, stop.mels), torch.from_numpy(_balanced(stop.label.cpu().numpy())).float()
    loss = float((F.cross_entropy(logits, stop.label, reduction="none") * weight.to(logits.device)).sum())
    if loss < best.loss:
        best.loss, best.step = loss, step
        best.accuracy = float((logits.argmax(1) == stop.label).float().mean())
        best.state = {name: tensor.detach().clone() for name, tensor in classifier.state_dict().items()}


def _device(module: torch.nn.Module) -> torch.device:
    return next(module.parameters()).device


def _balanced(label: np.ndarray) -> np.ndarray:
    """A probability for each clip, between equal shares for all labels and equal shares for all clips.

    A label with one recording, if drawn as often as the others, would claim every clip that resembles it.
    """
    _, inverse, count = np.unique(label, return_inverse=True, return_counts=True)
    weight = count[inverse] ** (BALANCE - 1.0)
    return weight / weight.sum()


def _write(folder: Path, config: ClassifierConfig, training: dict, state: dict[str, Tensor]) -> None:
    stored = safetensors.torch.save(state)
    training = training | {"weights_sha256": hashlib.sha256(stored).hexdigest()}
    document = {"format": FORMAT, "model": config.to_dict(), "training": training}
    with staged(folder) as partial:
        write_atomically(partial / WEIGHTS_FILE, stored)
        write_atomically(partial / CONFIG_FILE, (json.dumps(document, indent=2) + "\n").encode())
        write_atomically(partial / "README.md", _card(folder.name, config, training).encode())


def _card(name: str, config: ClassifierConfig, training: dict) -> str:
    labels = "\n".join(f"| {label} | {share:.3f} |" for label, share in training["test_accuracy_by_label"].items())
    return f"""# {name}

This classifier judges GANs. It has {training["parameters"]:,} parameters and hears log-mel spectrograms of clips of
{config.num_samples:,} samples at {config.sample_rate:,} Hz. It makes no sound, and no GAN was trained with it.

| | |
| --- | --- |
| data | {training["data"]} (SHA-256 of its clips `{training["data_sha256"][:16]}`) |
| accuracy on the test split | {training["test_accuracy"]:.4f} of {training["test_clips"]} clips |
| accuracy on training notes held out to stop by | {training["held_out_accuracy"]:.4f} of \
{training["held_out_clips"]} clips |
| training | {training["steps"]:,} steps, {training["minutes"]} minutes on {training["machine"]}, float16 weights |

| label | accuracy |
| --- | --- |
{labels}

Made by

    python -m training classifier --data DATA --out checkpoints/{name}
"""
