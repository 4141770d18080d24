"""Clips of many callers, computed together: a tile takes as long with one clip as with eight."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

TILE = 8


class ClosedError(Exception):
    """No more tiles are computed: the process is about to end."""


@dataclass(eq=False)
class _Share:
    """One caller's clips, at most `TILE`; `audio` or `error` is set once their tile is computed."""

    z: np.ndarray
    labels: list[int]
    pitches: list[float]
    audio: np.ndarray | None = field(default=None, repr=False)
    error: BaseException | None = None

    @property
    def done(self) -> bool:
        return self.audio is not None or self.error is not None


class Tiles:
    """Computes clips in tiles of a fixed size. Safe to call from many threads.

    A lone caller has a tile of its own, with its clips in order from the first place on. Callers who wait for a
    running tile share the next one, first come, first served.

    Args:
        compute: maps z [TILE, latent_dim], label indices and pitches (NaN for none) to audio [TILE, num_samples].
    """

    def __init__(self, compute: Callable[[np.ndarray, list[int], list[float]], np.ndarray]):
        self._compute = compute
        self._turn, self._lock = threading.Lock(), threading.Lock()
        self._waiting: deque[_Share] = deque()
        self._closed = False

    def __call__(self, z: np.ndarray, labels: list[int], pitches: list[float]) -> np.ndarray:
        """Audio [clips, num_samples] of latents [clips, latent_dim], at most `TILE`, with their labels and pitches.

        Raises:
            ClosedError: after `close`.
        """
        share = _Share(z, labels, pitches)
        with self._lock:
            self._waiting.append(share)
        with self._turn:  # one tile at a time: threads would only fight for the cores
            while not share.done:
                self._compute_next()
        if share.error is not None:
            raise share.error
        return share.audio

    def close(self) -> None:
        """Let a running tile finish, and compute no other."""
        self._closed = True

    def _compute_next(self) -> None:
        """Compute a tile of the oldest share and of later ones that fit."""
        if self._closed:
            raise ClosedError
        with self._lock:
            chosen, room = [], TILE
            for share in list(self._waiting):
                if len(share.z) <= room:
                    chosen.append(share)
                    room -= len(share.z)
                    self._waiting.remove(share)
        try:
            audio = self._compute(*_padded(chosen, room))
        except BaseException as error:
            for share in chosen:
                share.error = error
            return
        first = 0
        for share in chosen:
            share.audio = audio[first : first + len(share.z)]
            first += len(share.z)


def _padded(shares: list[_Share], room: int) -> tuple[np.ndarray, list[int], list[float]]:
    """Shares in one tile, with the last clip repeated to fill it."""
    z = np.concatenate([share.z for share in shares])
    labels = [label for share in shares for label in share.labels]
    pitches = [pitch for share in shares for pitch in share.pitches]
    return np.pad(z, ((0, room), (0, 0)), mode="edge"), labels + labels[-1:] * room, pitches + pitches[-1:] * room
