"""A tally's answers for those who ask over HTTP: each is made once; whoever asks meanwhile waits without a thread."""

import asyncio
from collections.abc import Callable
from typing import Any

from audiogan.listening.store import StoreError
from audiogan.ui.tally import Counted, Tally, saved_as
from audiogan.ui.threads import Threads

SECONDS = 50.0  # that anybody waits, in line too: less than a proxy does
LATE = "the results take too long: try again in a moment"


class Desk:
    """Counts in one thread, draws in another and writes in a third: none waits for the others, nor Gradio for any."""

    def __init__(self, tally: Tally):
        self.tally = tally
        self._counting, self._drawing, self._writing = (Threads(1, name) for name in ("count", "draw", "write"))
        self._coming: dict[tuple, asyncio.Task] = {}

    async def page(self, block: str) -> str:
        """The HTML of a block.

        Raises:
            StoreError: the votes cannot be read, or not in time.
        """
        return await self._made(await self._counted(), "page", block)

    async def file(self, name: str, block: str) -> tuple[bytes, str]:
        """One of `result_files.KINDS` about a block, and what to save it as.

        Raises:
            ValueError: there is nothing to put in it yet.
            StoreError: the votes cannot be read, or not in time.
        """
        counted = await self._counted()
        return await self._made(counted, name, block), saved_as(counted, name, block)

    async def _counted(self) -> Counted:
        """The numbers; older ones while they are being counted anew for somebody else."""
        latest, key = self.tally.latest, ("count",)
        if latest and (key in self._coming or not self.tally.is_old):
            return latest
        return await self._once(key, self._counting, self.tally.now)

    async def _made(self, counted: Counted, name: str, block: str) -> str | bytes:
        if (name, block) in counted.made:
            return counted.made[name, block]
        threads = self._drawing if name.startswith("figure") else self._writing
        return await self._once((id(counted), name, block), threads, self.tally.made, counted, name, block)

    async def _once(self, key: tuple, threads: Threads, function: Callable, *arguments) -> Any:
        if key not in self._coming:
            self._coming[key] = asyncio.create_task(threads.run(SECONDS, function, *arguments))
            self._coming[key].add_done_callback(lambda done: self._forget(key, done))
        try:
            return await asyncio.shield(self._coming[key])
        except TimeoutError:
            raise StoreError(LATE) from None

    def _forget(self, key: tuple, done: asyncio.Task) -> None:
        del self._coming[key]
        if not done.cancelled():
            done.exception()  # whoever asked may have left
