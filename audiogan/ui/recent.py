"""Answers kept in memory for repeated requests: the most recently used, up to a number of bytes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

MAX_BYTES = 32 * 2**20
OBJECT_BYTES = 64  # of a Python object, approximately


class Recent:
    """The most recently used values, by key.

    Args:
        max_bytes: limit on all values and keys together; the least recently used are dropped.
        size_of: gives a value's bytes.
    """

    def __init__(self, max_bytes: int = MAX_BYTES, size_of: Callable[[Any], int] = len):
        self._max_bytes, self._size_of = max_bytes, size_of
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self.bytes = 0

    def get(self, key: Hashable) -> Any | None:
        """The value, now the most recently used; None if it is not here."""
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def put(self, key: Hashable, value: Any) -> None:
        """Keep a value, unless it alone exceeds the limit."""
        size = self._size_of(value) + len(repr(key)) + 8 * OBJECT_BYTES
        if size > self._max_bytes:
            return
        self.bytes += size - self._kept.pop(key, (None, 0))[1]
        self._kept[key] = value, size
        while self.bytes > self._max_bytes:
            self.bytes -= self._kept.popitem(last=False)[1][1]

    def __len__(self) -> int:
        return len(self._kept)


def size_of(value) -> int:
    """Approximate bytes of an answer, including the overhead of Python's objects."""
    if isinstance(value, dict):
        return sum(map(size_of, value)) + size_of([*value.values()])
    if isinstance(value, (list, tuple)):
        return OBJECT_BYTES + sum(map(size_of, value))
    return OBJECT_BYTES + (len(value) if isinstance(value, (str, bytes)) else 0)
