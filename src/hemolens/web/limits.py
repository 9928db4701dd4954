"""How often, and how often at the same time, one client may ask; kept in memory."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hemolens.web.problems import Refused

MAX_KEYS = 10_000


class Allowance:
    """A number of times, which fills up again as time goes by (a token bucket for each key).

    Parameters
    ----------
    n : int
        How often at once.
    seconds : float
        How long it takes until an empty allowance is full again.
    clock : callable
        Seconds; never goes back.

    """

    def __init__(self, n: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._n, self._per_second, self._clock = n, n / seconds, clock
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Use one; when none is left, say in how many seconds there is (0 where it was granted)."""
        with self._lock:
            now = self._clock()
            left = self._now_left(key, now)
            if left < 1:
                return (1 - left) / self._per_second
            self._make_room(now)
            self._left[key] = left - 1, now
            return 0.0

    def give_back(self, key: str) -> None:
        """Undo :meth:`take`."""
        with self._lock:
            now = self._clock()
            self._left[key] = min(self._now_left(key, now) + 1, self._n), now

    def _now_left(self, key: str, now: float) -> float:
        left, at = self._left.get(key, (self._n, now))
        return min(left + (now - at) * self._per_second, self._n)

    def _make_room(self, now: float) -> None:
        if len(self._left) >= MAX_KEYS:
            self._left = {key: kept for key, kept in self._left.items() if self._now_left(key, now) < self._n}


class Simultaneous:
    """How many of something each key may have at the same time.

    Parameters
    ----------
    most : int
    what : str
        In the plural, for the refusal.

    """

    def __init__(self, most: int, what: str) -> None:
        self._most, self._what = most, what
        self._running: Counter[str] = Counter()

    @contextmanager
    def one(self, key: str) -> Iterator[None]:
        """Have one while the block runs; only in the thread of the event loop.

        Raises
        ------
        Refused
            There are as many as there may be.

        """
        if self._running[key] >= self._most:
            raise Refused(429, f"{self._most} {self._what} at a time: wait until one ends", retry_after_s=1)
        self._running[key] += 1
        try:
            yield
        finally:
            self._running[key] -= 1
            if not self._running[key]:
                del self._running[key]
