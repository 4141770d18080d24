"""A line of people who wait: the oldest of each address by turns, so that nobody waits for all that another asks."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field


@dataclass(eq=False)
class Job:
    """A request in line.

    Attributes:
        answer: what is to be called with the request.
        address: where it came from.
        ticket: what its page calls it by; may be empty.
        shares: whether it computes together with others, see `Tiles`.
        context: of its request; tells ZeroGPU whose quota it is.
        told: the answer, once it is there.
    """

    answer: Callable[[dict], dict]
    request: dict
    address: str = ""
    ticket: str = ""
    shares: bool = False
    context: Context = field(default_factory=copy_context)
    told: asyncio.Future = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Line:
    """Jobs by the address that they came from."""

    def __init__(self):
        self._lines: OrderedDict[str, deque[Job]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def add(self, job: Job) -> None:
        """Behind its address's other jobs."""
        self._lines.setdefault(job.address, deque()).append(job)

    def take(self, may_begin: Callable[[Job], bool]) -> Job | None:
        """The oldest job that may begin of the address whose turn it is; that address is last from now on."""
        for address, jobs in self._lines.items():
            job = next(filter(may_begin, jobs), None)
            if job:
                del self._lines[address]
                jobs.remove(job)
                if jobs:
                    self._lines[address] = jobs
                return job
        return None

    def make_room(self, address: str) -> Job | None:
        """Take out the newest job of whoever has most in line, for one of an address that has fewer by two or more.

        None where nobody has so many: then it is the newcomer who has to go.
        """
        longest = max(self._lines.values(), key=len, default=())
        return longest.pop() if len(longest) >= len(self._lines.get(address, ())) + 2 else None

    def place(self, ticket: str) -> int | None:
        """The place of a job, 1 for the next; None where it waits no more."""
        for mine, jobs in self._lines.items():
            for at, job in enumerate(jobs):
                if job.ticket and job.ticket == ticket:
                    others = (len(line) for name, line in self._lines.items() if name != mine)
                    return at + 1 + sum(min(other, at + 1) for other in others)
        return None

    def last_place(self, address: str) -> int:
        """The place that the address's next job would have."""
        mine = len(self._lines.get(address, ())) + 1
        return mine + sum(min(len(line), mine) for name, line in self._lines.items() if name != address)
