"""Threads for work that may wait long, apart for each kind, so that a silent database blocks no other work."""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any


class Threads:
    """A pool of threads, started when needed. Unlike an executor's, none keeps the process from ending.

    Args:
        number: most threads.
        name: of each thread.
    """

    def __init__(self, number: int, name: str):
        self._number, self._name, self._lock = number, name, threading.Lock()
        self._work: queue.SimpleQueue[tuple[Future, Callable]] = queue.SimpleQueue()
        self._begun = self._unfinished = 0  # threads, and their calls

    async def run(self, seconds: float, function: Callable, *arguments) -> Any:
        """What `function(*arguments)` returns or raises.

        Raises:
            TimeoutError: it took longer than `seconds`. A call that had begun goes on; one that had not is dropped.
        """
        return await asyncio.wait_for(asyncio.wrap_future(self.submit(function, *arguments)), seconds)

    def submit(self, function: Callable, *arguments) -> Future:
        """Queue a call of `function(*arguments)`."""
        future: Future = Future()
        with self._lock:
            self._work.put((future, partial(function, *arguments)))
            self._unfinished += 1
            if self._begun < min(self._unfinished, self._number):
                self._begun += 1
                threading.Thread(target=self._serve, name=self._name, daemon=True).start()
        return future

    def _serve(self) -> None:
        while True:
            future, call = self._work.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call())
                except BaseException as error:  # reaches whoever asked
                    future.set_exception(error)
            del future, call  # else they would live until the next call
            with self._lock:
                self._unfinished -= 1
