"""Training recordings at the pitch of a sound: whether it is one of them, transposed as a sampler would."""

import numpy as np
import soxr

from audiogan.audio import from_pcm16
from audiogan.dataset import PreparedData
from audiogan.evaluation import nearest
from audiogan.evaluation.clips import Clips
from audiogan.evaluation.reference import share_by_label

SEMITONES = 3.0  # how far a recording is transposed to meet a sound
SECONDS = 0.5  # of their beginnings, which are compared
SAME = 0.99  # correlation; other recordings of the same note have 0.6, the half of them


def shares(clips: Clips, data: PreparedData, train: np.ndarray) -> dict[str, np.ndarray]:
    """Share of the kept clips that replay a training clip of their label: `replayed`, [labels].

    A note has another note's recording where a sampler plays several keys from one. What was asked for without a pitch
    is compared with the recordings as they are.

    Args:
        train: rows of the training clips.
    """
    label, pitch = clips.label[: len(clips.audio)], clips.pitch[: len(clips.audio)]
    best = np.zeros(len(label))
    for number in np.unique(label):
        rows = train[data.label[train] == number]
        for wanted in np.unique(pitch[label == number]):
            own = np.flatnonzero((label == number) & ((pitch == wanted) | (np.isnan(pitch) & np.isnan(wanted))))
            recordings = _transposed(data, rows, wanted)
            if len(recordings):
                heard = from_pcm16(clips.audio[own])[:, : recordings.shape[1]]
                best[own] = np.sqrt(1 - nearest.waveform_error(heard, recordings, data.sample_rate).min(1))
    return {"replayed": share_by_label(best > SAME, label, len(data.labels))}


def _transposed(data: PreparedData, rows: np.ndarray, pitch: float) -> np.ndarray:
    """Beginnings of the clips that are near a pitch, at that pitch: float32 [clips, time]; of all for NaN."""
    span = int(min(SECONDS * data.sample_rate, data.num_samples / 2 ** (SEMITONES / 12)))
    if np.isnan(pitch):
        return from_pcm16(data.clips[rows][:, :span])
    rows = rows[np.abs(data.pitch[rows] - pitch) <= SEMITONES]
    moved = np.zeros((len(rows), span), np.float32)
    for clip, row in zip(moved, rows, strict=True):
        played = 2 ** ((pitch - data.pitch[row]) / 12)  # so many times as fast
        audio = soxr.resample(from_pcm16(data.clips[row]), played, 1.0, quality="MQ")[:span]
        clip[: len(audio)] = audio
    return moved
