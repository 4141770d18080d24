"""Threads for work that may wait long, each kind's own: what a database that says nothing holds, holds nothing else."""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any


class Threads:
    """At most so many, begun when they are needed. Unlike an executor's, none keeps the process from ending.

    Args:
        number: at most.
        name: of each thread.
    """

    def __init__(self, number: int, name: str):
        self._number, self._name, self._lock = number, name, threading.Lock()
        self._work: queue.SimpleQueue[tuple[Future, Callable]] = queue.SimpleQueue()
        self._begun = self._unfinished = 0  # threads, and what they are to do

    async def run(self, seconds: float, function: Callable, *arguments) -> Any:
        """What `function(*arguments)` returns or raises.

        Raises:
            TimeoutError: it took longer than so many seconds. What had begun goes on, what had not never will.
        """
        return await asyncio.wait_for(asyncio.wrap_future(self.submit(function, *arguments)), seconds)

    def submit(self, function: Callable, *arguments) -> Future:
        """Have it called in its turn."""
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
                except BaseException as error:  # whoever asked is told
                    future.set_exception(error)
            del future, call  # else they would live until the next comes
            with self._lock:
                self._unfinished -= 1
