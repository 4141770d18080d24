"""Work shared among processes, in order, in bounded memory, leaving no process behind when the parent is killed."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from audiogan import cores

AHEAD = 4  # jobs per process
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def count(workers: int | None) -> int:
    """The number of processes: `workers`, or by default one per core."""
    return workers or cores.count()


def ordered_map(job: Callable, items: Iterable, workers: int | None = None, ahead: int = AHEAD) -> Iterator:
    """`map` on several processes (by default one per core; one is this process), a bounded number of items ahead.

    Args:
        ahead: results per process that may wait for an earlier one.

    Raises:
        ValueError: a process was killed.
    """
    if count(workers) == 1:
        yield from map(job, items)
        return
    pending: deque = deque()
    with _pool(count(workers)) as pool:
        for item in items:
            pending.append(pool.submit(job, item))
            if len(pending) > ahead * count(workers):
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


@contextlib.contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that end with the block, and at once if it fails."""
    others = set(multiprocessing.active_children())
    with _one_thread_each():
        pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin)
        try:
            yield pool
        except BaseException as error:
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            if isinstance(error, BrokenProcessPool):
                raise ValueError("a process that reads audio was killed: is there too little memory?") from None
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Leave Ctrl-C to the parent, and exit when it ends, however it ends: otherwise this process waits on the queue."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Keep matrix products from starting threads, since every core has a process; numpy reads this when it loads."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
