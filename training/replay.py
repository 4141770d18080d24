"""Rounds recorded as CUDA graphs: one launch starts thousands of small kernels that would each need their own."""

from collections.abc import Callable, Hashable

import torch
from torch import Tensor


class Replay:
    """Plays functions of a few kinds: each kind is run the first time, recorded the second, replayed from then on.

    The first time settles what a recording cannot: cuDNN's choices, optimisers' state, tables made once. A recording
    reads and writes tensors at fixed addresses, and repeats the numbers that the host gave it. So a recorded function
    may change tensors in place only, changing numbers must be tensors, and a state must be restored before the first
    call. All recordings share their memory, since no two play at once.

    Args:
        device: a CUDA device.
        rng: the random generator in use, besides the device's own.
    """

    def __init__(self, device: torch.device, rng: torch.Generator):
        self.rng, self.stream = rng, torch.cuda.Stream(device)
        self.pool = torch.cuda.graph_pool_handle()
        self.recordings: dict[Hashable, tuple | None] = {}

    def __call__(self, kind: Hashable, play: Callable[[], tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """The results of `play()`, or of its recording if this kind has come before.

        Raises:
            ValueError: this kind cannot be recorded.
        """
        if kind not in self.recordings:
            self.recordings[kind] = None
            return self._played(play)
        self.recordings[kind] = graph, results = self.recordings[kind] or self._recorded(play)
        graph.replay()
        return tuple(result.clone() for result in results)  # the next replay of any kind overwrites them

    def _played(self, play: Callable[[], tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """Run `play()` on the recording stream: caches such as cuBLAS's workspace belong to a stream."""
        around = torch.cuda.current_stream(self.stream.device)
        self.stream.wait_stream(around)
        with torch.cuda.stream(self.stream):
            results = play()
        around.wait_stream(self.stream)
        return results

    def _recorded(self, play: Callable[[], tuple[Tensor, ...]]) -> tuple[torch.cuda.CUDAGraph, tuple[Tensor, ...]]:
        """Record `play()` without running it: its graph, and the tensors where its results will be."""
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.device(self.stream.device):
                graph.register_generator_state(self.rng)
                with torch.cuda.graph(graph, pool=self.pool, stream=self.stream):
                    results = play()
        except RuntimeError as error:  # a failed recording leaves generators and streams unusable
            why = str(error).partition("\n")[0]
            raise ValueError(f"training cannot be recorded as a CUDA graph; use --set graphs=false ({why})") from error
        return graph, results
