"""Training by several processes, on one machine or many: each computes a part of every batch.

All draw the same random numbers for the whole batch and take their own part, so that two processes follow one; what
looks at a whole batch is in `training.whole_batch`.
"""

import contextlib
import os
from collections.abc import Iterator
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn

TIMEOUT = timedelta(minutes=30)  # the others wait while the first one scores and saves


class Workers:
    """The processes that train together, and which of them this one is.

    Attributes:
        rank: this process's number; 0 alone writes.
        count: how many there are; 1 makes everything here do nothing.
    """

    def __init__(self, rank: int = 0, count: int = 1):
        self.rank, self.count = rank, count

    @property
    def first(self) -> bool:
        return self.rank == 0

    def check_batch(self, batch_size: int, paired: bool) -> None:
        """ValueError unless a batch can be shared evenly, and where clips come in pairs without parting one."""
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
        """Replace the gradients by their mean over the processes, in one message."""
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
        """How many clips of each label the whole batch has, [labels], and the mean of their values, 0 for none.

        Args:
            values: of this process's clips, [batch, ...].
            label: indices [batch].
        """
        count = values.new_zeros(labels).index_add_(0, label, torch.ones_like(label, dtype=values.dtype))
        total = values.new_zeros(labels, *values.shape[1:]).index_add_(0, label, values)
        count, total = (self.mean(part) * self.count for part in (count, total))
        return count, total / count.clamp_min(1).view(-1, *[1] * (values.dim() - 1))

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether the flag is up in any process."""
        return flag if self.count == 1 else self.mean(torch.tensor(float(flag), device=device)).item() > 0

    def of_first(self, value):
        """What the first process has, for all: numbers and texts."""
        if self.count == 1:
            return value
        values = [value]
        dist.broadcast_object_list(values)
        return values[0]

    def wait(self) -> None:
        """Go on when all are here."""
        if self.count > 1:
            dist.barrier()


@contextlib.contextmanager
def workers(device: torch.device) -> Iterator[Workers]:
    """The processes that torchrun started, connected; this one alone where it did not.

    Raises:
        ConnectionError: a process is gone; all others end too.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Workers()
        return
    # Adam imports this too, and its default arguments would keep the group that is there by then: gloo's threads would
    # outlive it, and one that lets go of a tensor while Python shuts down aborts a training that is done
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


def local_device(device: torch.device) -> torch.device:
    """A process's own GPU of its machine, where devices are GPUs."""
    if device.type == "cuda" and "LOCAL_RANK" in os.environ:
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    return device
