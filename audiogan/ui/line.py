"""A line of requests: addresses take turns, oldest request first, so that nobody waits for all that another asks."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field


@dataclass(eq=False)
class Job:
    """A request in line.

    Attributes:
        answer: called with the request.
        address: where it came from.
        ticket: its page's name for it; may be empty.
        shares: whether it computes together with others, see `Tiles`.
        context: of its request; tells ZeroGPU whose quota to use.
        told: the answer, once there is one.
    """

    answer: Callable[[dict], dict]
    request: dict
    address: str = ""
    ticket: str = ""
    shares: bool = False
    context: Context = field(default_factory=copy_context)
    told: asyncio.Future = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Line:
    """Jobs in line, by address."""

    def __init__(self):
        self._lines: OrderedDict[str, deque[Job]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def add(self, job: Job) -> None:
        """Add a job behind its address's other jobs."""
        self._lines.setdefault(job.address, deque()).append(job)

    def take(self, may_begin: Callable[[Job], bool]) -> Job | None:
        """Take out the oldest job that may begin, of the next address with one; that address then goes last."""
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
        """Take out the newest job of the address with most in line, for one whose address has at least two fewer.

        None if no address has so many: then the newcomer has to go.
        """
        longest = max(self._lines.values(), key=len, default=())
        return longest.pop() if len(longest) >= len(self._lines.get(address, ())) + 2 else None

    def place(self, ticket: str) -> int | None:
        """The place of a job, 1 for the next; None if it no longer waits."""
        for mine, jobs in self._lines.items():
            for at, job in enumerate(jobs):
                if job.ticket and job.ticket == ticket:
                    others = (len(line) for name, line in self._lines.items() if name != mine)
                    return at + 1 + sum(min(other, at + 1) for other in others)
        return None

    def last_place(self, address: str) -> int:
        """The place that an address's next job would have."""
        mine = len(self._lines.get(address, ())) + 1
        return mine + sum(min(len(line), mine) for name, line in self._lines.items() if name != address)
