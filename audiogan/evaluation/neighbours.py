"""A model's sounds beside the real ones nearest to them: possible copies, and failures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiogan.dataset import PreparedData
from audiogan.evaluation import nearest
from audiogan.evaluation.clips import Clips

SAMPLES, FAILURES = 8, 3


@dataclass(frozen=True)
class Neighbour:
    """A model's clip and the real clip nearest to it.

    Attributes:
        label: of both.
        sample: number of the model's clip.
        clip, source: number and source of the real clip in the data's index.
        distance_db: of their log-mel spectra, at the best lag and gain.
        audio, real: int16 [time].
        file: the name of the model's clip if it is a file, else empty.
    """

    label: str
    sample: int
    clip: int
    source: str
    distance_db: float
    audio: np.ndarray
    real: np.ndarray
    file: str = ""

    def describe(self) -> dict:
        """The same as JSON types, without the audio."""
        names = ("label", "sample", "clip", "source")
        described = {name: getattr(self, name) for name in names} | {"distance_db": round(self.distance_db, 2)}
        return described | ({"file": self.file} if self.file else {})


def closest(
    clips: Clips,
    train: Clips,
    rows: np.ndarray,
    data: PreparedData,
    count: int = SAMPLES,
    files: Sequence[str] = (),
) -> list[Neighbour]:
    """The most suspicious clips: those nearest to any training clip, equally many of each label, nearest first.

    Args:
        clips: a model's; only those whose audio was kept are examined.
        train: features of training clips.
        rows: their numbers in the data set.
        files: the names of the clips' files, if they have any.
    """
    return _pairs(sorted(_of_each_label(clips, train, rows, count, nearest_first=True))[:count], clips, data, files)


def farthest(
    clips: Clips,
    held_out: Clips,
    rows: np.ndarray,
    data: PreparedData,
    count: int = FAILURES,
    files: Sequence[str] = (),
) -> list[Neighbour]:
    """The failures: clips least like any held-out clip, the worst first. Arguments as of `closest`."""
    found = sorted(_of_each_label(clips, held_out, rows, count, nearest_first=False), reverse=True)
    return _pairs(found[:count], clips, data, files)


def _of_each_label(
    clips: Clips, real: Clips, rows: np.ndarray, count: int, nearest_first: bool
) -> list[tuple[float, int, int]]:
    """Equally many clips of each label, `count` or more in all: distance, number of the clip, and of its real one."""
    kept, found = clips.label[: len(clips.audio)], []
    share = -(-count // len(np.unique(kept)))
    for own, columns in nearest.by_label(kept, real.label):
        distance = nearest.spectral_distance(clips.features.spectra[own], real.features.spectra[columns])
        least, place = nearest.nearest(distance)
        order = np.argsort(least if nearest_first else -least, kind="stable")[:share]
        found += [(float(least[one]), int(own[one]), int(rows[columns[place[one]]])) for one in order]
    return found


def _pairs(
    found: list[tuple[float, int, int]], clips: Clips, data: PreparedData, files: Sequence[str]
) -> list[Neighbour]:
    """The same with their sounds."""
    return [
        Neighbour(
            label=data.labels[clips.label[sample]],
            sample=sample,
            clip=clip,
            source=data.index[clip]["source"],
            distance_db=distance,
            audio=clips.audio[sample],
            real=np.array(data.clips[clip]),
            file=files[sample] if files else "",
        )
        for distance, sample, clip in found
    ]
