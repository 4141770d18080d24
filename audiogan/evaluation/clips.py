"""Sets of clips that scores compare: the label and pitch asked of each, its features, and some of the audio."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from audiogan.audio import from_pcm16, to_pcm16
from audiogan.dataset import PreparedData
from audiogan.evaluation.features import BATCH, Extractor, Features

KEPT = 512  # clips whose audio is kept: for the scores that compare waveforms or track pitch


@dataclass(frozen=True)
class Clips:
    """A set of n clips in random order.

    Attributes:
        features: of all.
        label: index of the label asked for, or of the label heard if a model takes none: int [n].
        pitch: MIDI number asked for, NaN for none: float [n].
        note: name of the note or recording that sibling clips share; a generated clip has that of the real clip whose
            label and pitch it was asked for, "" for none: [n].
        audio: int16 [at most KEPT, time], the first ones.
        examples: int16 [time] by label index, the first clip of each.
    """

    features: Features
    label: np.ndarray
    pitch: np.ndarray
    note: np.ndarray
    audio: np.ndarray
    examples: dict[int, np.ndarray]

    def __len__(self) -> int:
        return len(self.label)

    @property
    def heard(self) -> np.ndarray:
        """The kept audio in [-1, 1]: float32 [at most KEPT, time]."""
        return from_pcm16(self.audio)

    def take(self, rows: np.ndarray) -> "Clips":
        """Some of the clips without their audio."""
        features = self.features.take(rows)
        return Clips(features, self.label[rows], self.pitch[rows], self.note[rows], self.audio[:0], {})


def gather(
    batches: Iterable[np.ndarray],
    extractor: Extractor,
    label: np.ndarray | None,
    pitch: np.ndarray,
    advance: Callable[[int], object],
) -> Clips:
    """Take features of a stream of audio, and discard most of the audio.

    Args:
        batches: audio [batch, time] in [-1, 1], as many clips in all as `pitch` has.
        label: indices of the labels asked for; None takes those that the classifier hears.
        advance: called with the number of clips done each time.
    """
    parts, kept, examples, done = [], [], {}, 0
    for audio in batches:
        pcm = to_pcm16(audio)
        parts.append(extractor(from_pcm16(pcm)))
        asked = parts[-1].posterior.argmax(1) if label is None else label[done : done + len(pcm)]
        for clip, index in zip(pcm, asked, strict=True):
            examples.setdefault(int(index), clip)
        kept.append(pcm[: max(0, KEPT - done)].copy())
        done += len(pcm)
        advance(len(pcm))
    features = Features.join(parts)
    label = features.posterior.argmax(1) if label is None else label
    return Clips(features, label, pitch, np.full(done, ""), np.concatenate(kept), examples)


def repeat(few: Clips, rows: np.ndarray, label: np.ndarray) -> Clips:
    """A set that holds the same few clips many times: row i is clip `rows[i]`."""
    nothing = np.full(len(rows), np.nan)
    audio = few.audio[rows[:KEPT]]
    examples = {int(index): few.audio[rows[label == index][0]] for index in np.unique(label)}
    return Clips(few.features.take(rows), label, nothing, np.full(len(rows), ""), audio, examples)


class RealClips:
    """Features of a prepared data set's clips, computed once.

    Args:
        data: the data set.
        rows: of the clips that may be asked for.
        advance: called with the number of clips done each time.
    """

    def __init__(self, data: PreparedData, rows: np.ndarray, extractor: Extractor, advance: Callable[[int], object]):
        self.data, self.rows = data, np.sort(rows)
        self.notes = np.array([note(row) for row in data.index])
        parts = []
        for audio in read_rows(data, self.rows):
            parts.append(extractor(audio))
            advance(len(audio))
        self.features = Features.join(parts)

    def take(self, rows: np.ndarray) -> Clips:
        """Clips of the data set, by their numbers in it."""
        label, audio = self.data.label[rows], np.array(self.data.clips[rows[:KEPT]])
        examples = {int(index): np.array(self.data.clips[rows[label == index][0]]) for index in np.unique(label)}
        features = self.features.take(np.searchsorted(self.rows, rows))
        return Clips(features, label, self.data.pitch[rows].astype(float), self.notes[rows], audio, examples)


def read_rows(data: PreparedData, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Audio of a data set's clips, in batches."""
    for start in range(0, len(rows), BATCH):
        yield from_pcm16(data.clips[rows[start : start + BATCH]])


def note(row: dict) -> str:
    """Name that a clip of index.csv shares with its siblings: the note played, or the recording at any tuning."""
    played = row["source"].partition(" bank ")[2].partition(" velocity ")[0]
    return f"{row['label']} {played or row['source'].partition(' tuning ')[0]}"
