"""Which training clips a model's sounds are nearest to: to hear and see whether it copies."""

from dataclasses import dataclass

import numpy as np

from audiogan.dataset import PreparedData
from audiogan.evaluation import nearest
from audiogan.evaluation.clips import Clips

SAMPLES = 8


@dataclass(frozen=True)
class Neighbour:
    """A model's clip and the training clip nearest to it.

    Attributes:
        label: what both are.
        sample: number of the model's clip.
        clip, source: number and source of the training clip in the data's index.
        distance_db: of their log-mel spectra, after best lag and gain.
        audio, real: int16 [time].
    """

    label: str
    sample: int
    clip: int
    source: str
    distance_db: float
    audio: np.ndarray
    real: np.ndarray

    def describe(self) -> dict:
        """The same as JSON types, without the audio."""
        names = ("label", "sample", "clip", "source")
        return {name: getattr(self, name) for name in names} | {"distance_db": round(self.distance_db, 2)}


def closest(clips: Clips, train: Clips, rows: np.ndarray, data: PreparedData, count: int = SAMPLES) -> list[Neighbour]:
    """The clips nearest to any training clip, at most one a label: the most suspicious ones, nearest first.

    Args:
        clips: a model's; those whose audio was kept are looked at.
        train: features of training clips.
        rows: their numbers in the data set.
    """
    kept, found = clips.label[: len(clips.audio)], []
    for own, columns in nearest.by_label(kept, train.label):
        distance = nearest.spectral_distance(clips.features.spectra[own], train.features.spectra[columns])
        least, place = nearest.nearest(distance)
        best = int(least.argmin())
        found.append((float(least[best]), int(own[best]), int(rows[columns[place[best]]])))
    return [
        Neighbour(
            label=data.labels[clips.label[sample]],
            sample=sample,
            clip=clip,
            source=data.index[clip]["source"],
            distance_db=distance,
            audio=clips.audio[sample],
            real=np.array(data.clips[clip]),
        )
        for distance, sample, clip in sorted(found)[:count]
    ]
