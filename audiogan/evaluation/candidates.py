"""What is scored: models, and the baselines that give scores a meaning. Labels and pitches follow the test split."""

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from audiogan import dsp
from audiogan.config import ModelConfig
from audiogan.dataset import PreparedData
from audiogan.evaluation.clips import Clips, RealClips, gather, note, read_rows, repeat
from audiogan.evaluation.features import Extractor
from audiogan.evaluation.manifold import mean_pairwise_distance
from audiogan.evaluation.reference import Reference
from audiogan.lengths import PEAK
from audiogan.renderer import finished
from audiogan.synthesis import Synthesizer

BASELINES = {
    "real_test": "the held-out recordings, scored by themselves; no distance to themselves",
    "real_train": "real training recordings against held-out ones: other notes of the same instruments; a model that "
    "is asked for the held-out notes' pitches can come closer",
    "real_halves": "two random halves of all real recordings: distances due to chance",
    "griffin_lim": "the clips of real_train through Griffin-Lim: the cost of estimating phases",
    "class_mean": "the mean waveform of each label's training clips, always the same",
    "noise": "white noise at the level of real recordings",
    "silence": "digital silence",
}
OF_ONE_KIND = {  # the same for data without labels to tell apart
    "real_train": "real training recordings against held-out ones",
    "class_mean": "the mean waveform of the training clips, always the same",
}
TILE = 32
PITCHES_A_LABEL, CLIPS_A_PITCH = 3, 8


@dataclass(frozen=True)
class Plan:
    """The request that every candidate gets.

    Attributes:
        data: the real clips.
        extractor: of features.
        num: clips of each candidate.
        seed: of everything random.
        rows: clips of the test split in random order, repeated as needed; sets labels and pitches to ask for, [num].
        advance: called with the number of clips done each time.
    """

    data: PreparedData
    extractor: Extractor
    num: int
    seed: int
    rows: np.ndarray
    advance: Callable[[int], object]

    @property
    def label(self) -> np.ndarray:
        return self.data.label[self.rows]

    @property
    def nothing(self) -> np.ndarray:
        """No pitch for any clip: [num] NaN."""
        return np.full(self.num, np.nan)


def draw_rows(rows: np.ndarray, num: int, seed: int) -> np.ndarray:
    """Rows in random order, repeated in new orders until there are `num`."""
    random = np.random.default_rng((seed, 0))
    return np.concatenate([random.permutation(rows) for _ in range(-(-num // len(rows)))])[:num]


def alike(data: PreparedData, rows: np.ndarray, wanted: np.ndarray, seed: int) -> np.ndarray:
    """A sample of `rows` without repetition: for each label as many as `wanted` has, if there are that many."""
    return rows[as_many(data.label[rows], data.label[wanted], np.random.default_rng((seed, 1)))]


def as_many(label: np.ndarray, wanted: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A sample of places in `label`, int [n]: for each label as many as `wanted` has, if there are that many."""
    chosen = []
    for number in np.unique(wanted):
        own = random.permutation(np.flatnonzero(label == number))
        chosen.append(own[: (wanted == number).sum()])
    return random.permutation(np.concatenate(chosen))


def silence(plan: Plan) -> Clips:
    audio = np.zeros((1, plan.data.num_samples), np.float32)
    few = gather([audio], plan.extractor, np.zeros(1, int), np.full(1, np.nan), plan.advance)
    return repeat(few, np.zeros(plan.num, int), plan.label)


def noise(plan: Plan, level_db: float) -> Clips:
    """White noise at an RMS level in dBFS."""
    random, scale = np.random.default_rng((plan.seed, 2)), np.float32(10 ** (level_db / 20))
    sizes = [min(TILE, plan.num - first) for first in range(0, plan.num, TILE)]
    batches = (scale * random.standard_normal((size, plan.data.num_samples), np.float32) for size in sizes)
    return gather(batches, plan.extractor, plan.label, plan.nothing, plan.advance)


def class_mean(plan: Plan) -> Clips:
    """The mean waveform of each label's training clips."""
    present, place = np.unique(plan.label, return_inverse=True)
    train = plan.data.rows("train")
    means = np.zeros((len(present), plan.data.num_samples), np.float32)
    for mean, number in zip(means, present, strict=True):
        own = train[plan.data.label[train] == number]
        for audio in read_rows(plan.data, own):
            mean += audio.sum(0) / max(1, len(own))
    few = gather([means], plan.extractor, present, np.full(len(present), np.nan), plan.advance)
    return repeat(few, place, plan.label)


def griffin_lim(plan: Plan, real: RealClips, rows: np.ndarray) -> Clips:
    """Real clips rebuilt from the magnitudes of their spectra, then finished like a model's."""
    data = plan.data
    peak = PEAK if data.meta.get("peak_normalized") else 0.0
    form = ModelConfig("specgan", num_samples=data.num_samples, sample_rate=data.sample_rate, output_peak=peak)
    rebuilt = (dsp.resynthesised(torch.from_numpy(audio)) for audio in read_rows(data, rows))
    batches = (finished(dsp.limit_peak(audio), form).numpy() for audio in rebuilt)
    pitch = data.pitch[rows].astype(float)
    clips = gather(batches, plan.extractor, data.label[rows], pitch, plan.advance)
    return dataclasses.replace(clips, note=real.notes[rows])


def halves(plan: Plan, real: RealClips, reference: Reference) -> tuple[Clips, Reference]:
    """Random real clips, and a reference made of others: some held out, the rest as if a model had trained on them."""
    rows = np.random.default_rng((plan.seed, 3)).permutation(real.rows)
    sizes = half_sizes(len(rows), len(reference.held_out), plan.num)
    held_out, candidate, rest = (real.take(part) for part in np.split(rows, np.cumsum(sizes)))
    form = reference.labels, reference.sample_rate, reference.seed, reference.fewest
    return candidate, Reference(held_out, rest, *form)


def half_sizes(real: int, held_out: int, num: int) -> tuple[int, int]:
    """How many real clips `halves` takes as the reference, and how many as the candidate."""
    first = min(held_out, real // 3)
    return first, min(num, (real - first) // 2)


def model(plan: Plan, synthesizer: Synthesizer) -> Clips:
    """A model's clips at the labels of the test split's clips, and at their pitches if it takes pitch."""
    names = [plan.data.labels[number] for number in plan.label] if synthesizer.labels else [None] * plan.num
    pitches = ask_pitches(synthesizer, names, plan.data.pitch[plan.rows], plan.seed)
    batches = _rendered(synthesizer, range(plan.num), names, pitches, plan.seed)
    label = plan.label if synthesizer.labels else None
    asked = np.array([math.nan if pitch is None else pitch for pitch in pitches])
    clips = gather(batches, plan.extractor, label, asked, plan.advance)
    if not synthesizer.labels:
        return clips
    return dataclasses.replace(clips, note=np.array([note(plan.data.index[row]) for row in plan.rows]))


def ask_pitches(synthesizer: Synthesizer, names: list, pitches: np.ndarray, seed: int) -> list[float | None]:
    """The pitch to ask for with each label: the real clip's, within the range that the model was trained on."""
    drawn = synthesizer.clip_pitches(range(len(names)), seed, names)
    asked = []
    for name, pitch, other in zip(names, pitches, drawn, strict=True):
        if synthesizer.pitch_range(name) is None:
            asked.append(None)
        elif math.isfinite(pitch):
            low, high = synthesizer.pitch_range(name)
            asked.append(float(min(max(pitch, low), high)))
        else:
            asked.append(other)
    return asked


def one_pitch(plan: Plan, synthesizer: Synthesizer, reference: Reference) -> dict[str, np.ndarray]:
    """Variety from z alone, at a few pitches of each label: mean pairwise distance against real clips', [labels].

    Returns:
        `diversity_one_pitch`, against real clips of one pitch; `diversity_from_z`, against all of the label.
    """
    spread = np.full(len(reference.labels), np.nan)
    for number, label in enumerate(reference.labels):
        own = reference.held_out.pitch[reference.held_out.label == number]
        if label in synthesizer.pitched_labels and np.isfinite(own).any():
            low, high = synthesizer.pitch_range(label)
            pitches = np.nanquantile(own, np.linspace(0.25, 0.75, PITCHES_A_LABEL)).round().clip(low, high)
            spread[number] = np.mean([_spread(plan, synthesizer, label, float(pitch)) for pitch in pitches])
    return {
        "diversity_one_pitch": spread / np.maximum(reference.spread_at_pitch, 1e-9),
        "diversity_from_z": spread / np.maximum(reference.spread, 1e-9),
    }


def _spread(plan: Plan, synthesizer: Synthesizer, label: str, pitch: float) -> float:
    asked = [label] * CLIPS_A_PITCH, [pitch] * CLIPS_A_PITCH
    (audio,) = _rendered(synthesizer, range(CLIPS_A_PITCH), *asked, plan.seed)
    return mean_pairwise_distance(plan.extractor(audio).embeddings["summary"])


def _rendered(synthesizer: Synthesizer, indices: range, names: list, pitches: list, seed: int) -> Iterator[np.ndarray]:
    for first in range(0, len(indices), TILE):
        part = slice(first, first + TILE)
        yield synthesizer.render(synthesizer.latents(indices[part], seed), names[part], pitches[part])


def median_level(clips: Clips) -> float:
    """Median RMS in dBFS."""
    return float(np.median(clips.features.measures["level_db"]))
