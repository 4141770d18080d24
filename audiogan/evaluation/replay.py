"""Find sounds that are training recordings, transposed as a sampler would transpose them."""

import numpy as np
import soxr

from audiogan.audio import from_pcm16
from audiogan.dataset import PreparedData
from audiogan.evaluation import nearest
from audiogan.evaluation.clips import Clips
from audiogan.evaluation.reference import share_by_label

SEMITONES = 3  # the most that a recording is transposed
SECONDS = 0.5  # length of the beginnings compared
SAME = 0.99  # correlation; the median for other recordings of the same note is 0.6
ROUNDING = 1e-3  # more than a correlation's error in float32


def shares(clips: Clips, data: PreparedData, train: np.ndarray) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Share of the kept clips that replay a training clip of their label: `replayed`, over all and by label.

    Notes share a recording if a sampler plays several keys from it.

    Args:
        train: rows of the training clips.
    """
    label, pitch = clips.label[: len(clips.audio)], clips.pitch[: len(clips.audio)]
    replayed = np.zeros(len(label), bool)
    for number in np.unique(label):
        recordings = Recordings(data, train[data.label[train] == number])
        for wanted in np.unique(pitch[label == number]):
            own = (label == number) & ((pitch == wanted) | (np.isnan(pitch) & np.isnan(wanted)))
            replayed[own] = recordings.have(from_pcm16(clips.audio[own]), wanted)
    return {"replayed": replayed.mean()}, {"replayed": share_by_label(replayed, label, len(data.labels))}


class Recordings:
    """Beginnings of training clips, to search for a sound.

    Args:
        rows: which clips of the data.
    """

    def __init__(self, data: PreparedData, rows: np.ndarray):
        self.pitch, self.sample_rate = data.pitch[rows].astype(float), data.sample_rate
        self.span = int(min(SECONDS * data.sample_rate, data.num_samples / 2 ** (SEMITONES / 12)))
        self.audio = from_pcm16(data.clips[rows][:, : self.span])
        self.magnitudes = nearest.magnitudes(self.audio, data.sample_rate)

    def have(self, sounds: np.ndarray, pitch: float) -> np.ndarray:
        """Which sounds [n, time] are one of them, transposed: bool [n].

        Args:
            pitch: the MIDI number that was asked for. If it is NaN, recordings with a pitch are tried at whole
                semitones, the others as they are.
        """
        found = np.zeros(len(sounds), bool)
        for semitones, among in self._moves(pitch):
            moved = np.stack([_moved(sound, semitones, self.span) for sound in sounds])
            most = nearest.magnitudes(moved, self.sample_rate) @ self.magnitudes[among].T
            for place, columns in enumerate(most > SAME - ROUNDING):
                if columns.any() and not found[place]:
                    rivals = self.audio[among][columns]
                    error = nearest.waveform_error(moved[place : place + 1], rivals, self.sample_rate)
                    found[place] = 1 - error.min() > SAME**2
        return found

    def _moves(self, pitch: float) -> list[tuple[float, np.ndarray]]:
        """Semitones to transpose sounds by, each with a mask of the recordings to compare then."""
        if not np.isnan(pitch):
            away = self.pitch - pitch
            return [(move, away == move) for move in np.unique(away[np.abs(away) <= SEMITONES])]
        tonal = np.isfinite(self.pitch)
        return [(move, tonal | (move == 0)) for move in range(-SEMITONES, SEMITONES + 1)]


def _moved(sound: np.ndarray, semitones: float, span: int) -> np.ndarray:
    """The beginning of a sound [time], transposed up by `semitones`: [span]."""
    if not semitones:
        return sound[:span]
    faster = 2 ** (semitones / 12)
    audio = soxr.resample(sound[: int(2 * span * faster)], faster, 1.0, quality="MQ")[:span]
    return np.pad(audio, (0, span - len(audio)))
