"""Training by several processes, on one machine or many: each computes a part of every batch.

Each draws the same random numbers for the whole batch and takes its own part, so that several processes train as one
would. Layers that look at a whole batch are in `training.whole_batch`.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn

TIMEOUT = timedelta(minutes=30)  # the others wait while the first one scores and saves
POLL_SECONDS = 1.0
OUTCOME = "audiogan/outcome"  # of what the first process does ahead of the others: a key of their store


class Workers:
    """The processes that train together, and which of them this one is.

    Attributes:
        rank: this process's number; only 0 writes.
        count: number of processes; with 1, everything here does nothing.
    """

    def __init__(self, rank: int = 0, count: int = 1):
        self.rank, self.count = rank, count

    @property
    def first(self) -> bool:
        return self.rank == 0

    def check_batch(self, batch_size: int, paired: bool) -> None:
        """Raise ValueError unless a batch can be shared evenly, and without splitting a pair if `paired`.

        Args:
            paired: clips are drawn in pairs, or critics compare clips 2 i and 2 i + 1.
        """
        unit = self.count * (2 if paired else 1)
        if batch_size % unit:
            several = f"a multiple of {'twice ' * paired}the {self.count} processes"
            what = several if self.count > 1 else "even"
            raise ValueError(f"batch_size must be {what}{', for whole pairs' * paired}, not {batch_size}")

    def part(self, batch_size: int) -> slice:
        """This process's part of a batch."""
        size = batch_size // self.count
        return slice(self.rank * size, (self.rank + 1) * size)

    def average_gradients(self, module: nn.Module) -> None:
        """Replace the gradients with their mean over the processes, in one message."""
        if self.count == 1:
            return
        gradients = [parameter.grad for parameter in module.parameters() if parameter.grad is not None]
        flat = self.mean(torch.cat([gradient.flatten() for gradient in gradients]))
        for gradient, part in zip(gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True):
            gradient.copy_(part.view(gradient.shape))

    def mean(self, values: Tensor) -> Tensor:
        """The mean over the processes."""
        if self.count == 1:
            return values
        total = values.clone()
        dist.all_reduce(total)
        return total / self.count

    def by_label(self, values: Tensor, label: Tensor, labels: int) -> tuple[Tensor, Tensor]:
        """The number of clips of each label in the whole batch, [labels], and the mean of their values, 0 for none.

        Args:
            values: of this process's clips, [batch, ...].
            label: indices [batch].
        """
        count = values.new_zeros(labels).index_add_(0, label, torch.ones_like(label, dtype=values.dtype))
        total = values.new_zeros(labels, *values.shape[1:]).index_add_(0, label, values)
        count, total = (self.mean(part) * self.count for part in (count, total))
        return count, total / count.clamp_min(1).view(-1, *[1] * (values.dim() - 1))

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether the flag is set in any process."""
        return flag if self.count == 1 else self.mean(torch.tensor(float(flag), device=device)).item() > 0

    def of_first(self, value):
        """The first process's value, in every process: numbers and strings."""
        if self.count == 1:
            return value
        values = [value]
        dist.broadcast_object_list(values)
        return values[0]

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.count > 1:
            dist.barrier()


def process_count() -> int:
    """The number of processes that torchrun started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


@contextlib.contextmanager
def workers(device: torch.device) -> Iterator[Workers]:
    """Connect the processes that torchrun started; without torchrun, this process alone.

    Raises:
        ConnectionError: a process is gone; all others end too.
    """
    if process_count() == 1:
        yield Workers()
        return
    # Adam imports this too, but after the group is there, which its default arguments would keep alive: gloo's threads
    # would then outlive it, and one that frees a tensor while Python shuts down aborts a finished training
    import torch.distributed.nn  # noqa: F401

    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=TIMEOUT)
    try:
        yield Workers(dist.get_rank(), dist.get_world_size())
    except (dist.DistError, RuntimeError) as error:
        if isinstance(error, dist.DistError) or "gloo" in str(error) or "Connection" in str(error):
            rank, line = os.environ["RANK"], str(error).splitlines()[0]
            raise ConnectionError(f"process {rank} lost another one and stops: {line}") from None
        raise
    finally:
        dist.destroy_process_group()


@contextlib.contextmanager
def first_ahead(work: Callable[[], None]) -> Iterator[bool]:
    """Do `work` in the first of the processes that torchrun started, then the block in all of them.

    The others wait before they connect, since `work` may take longer than `TIMEOUT`.

    Yields:
        Whether this process is the first.

    Raises:
        ConnectionError: the first process failed, or is gone.
    """
    if process_count() == 1:
        work()
        yield True
        return
    store, rank, _ = next(dist.rendezvous("env://", timeout=TIMEOUT))  # held to the end, in case the first is its host
    if rank:
        _follow(store, rank)
    else:
        try:
            work()
        except BaseException:
            store.set(OUTCOME, "failed")
            raise
        store.set(OUTCOME, "done")
    yield rank == 0


def _follow(store: dist.Store, rank: int) -> None:
    """Wait for the first process's work; ConnectionError if that failed."""
    done = False
    with contextlib.suppress(RuntimeError):  # the store is gone, with the first process or its machine
        while not store.check([OUTCOME]):
            time.sleep(POLL_SECONDS)
        done = store.get(OUTCOME) == b"done"
    if not done:
        raise ConnectionError(f"process {rank} stops, since process 0 failed")


def local_device(device: torch.device) -> torch.device:
    """The process's own GPU on its machine, if the device is a GPU."""
    if device.type == "cuda" and "LOCAL_RANK" in os.environ:
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    return device
