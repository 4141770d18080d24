"""Rounds recorded as CUDA graphs: one launch starts thousands of small kernels that each took one of their own."""

from collections.abc import Callable, Hashable

import torch
from torch import Tensor


class Replay:
    """Plays what comes in a few kinds: each as it is the first time, recorded the second, from then on replayed.

    The first time settles what a recording cannot: cuDNN's choices, optimisers' state, tables made once. A recording
    reads and writes where those tensors were in memory, and repeats the numbers that the host gave it: what is replayed
    may change tensors in place only, numbers that change are tensors, and a state is restored before all of it. All
    recordings share their memory, since no two play at once.

    Args:
        device: a CUDA device.
        rng: whose numbers are drawn, beside the device's own generator's.
    """

    def __init__(self, device: torch.device, rng: torch.Generator):
        self.rng, self.stream = rng, torch.cuda.Stream(device)
        self.pool = torch.cuda.graph_pool_handle()
        self.recordings: dict[Hashable, tuple | None] = {}

    def __call__(self, kind: Hashable, play: Callable[[], tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """What `play()` returns; for a kind that is recorded, what its recording gives.

        Raises:
            ValueError: this kind cannot be recorded.
        """
        if kind not in self.recordings:
            self.recordings[kind] = None
            return self._played(play)
        self.recordings[kind] = graph, results = self.recordings[kind] or self._recorded(play)
        graph.replay()
        return tuple(result.clone() for result in results)  # the next replay of any kind writes over them

    def _played(self, play: Callable[[], tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """On the stream that records: what is kept from here, such as cuBLAS's workspace, is kept by stream."""
        around = torch.cuda.current_stream(self.stream.device)
        self.stream.wait_stream(around)
        with torch.cuda.stream(self.stream):
            results = play()
        around.wait_stream(self.stream)
        return results

    def _recorded(self, play: Callable[[], tuple[Tensor, ...]]) -> tuple[torch.cuda.CUDAGraph, tuple[Tensor, ...]]:
        """A graph of `play()`, which has not happened yet, and where its results will be."""
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.device(self.stream.device):
                graph.register_generator_state(self.rng)
                with torch.cuda.graph(graph, pool=self.pool, stream=self.stream):
                    results = play()
        except RuntimeError as error:  # half a recording leaves generators and streams unusable: nothing can go on
            why = str(error).partition("\n")[0]
            raise ValueError(f"no round can be recorded as a CUDA graph; use --set graphs=false ({why})") from error
        return graph, results
