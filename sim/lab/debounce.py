"""Many moves, one answer: a hand on a slider is faster than any simulation."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

PAUSE_S = 0.01
"""Longer than a kernel takes from one waiting message to the next, too short to be felt."""
LONGEST_S = 0.04


class _Burst(NamedTuple):
    """Calls that wait: the action runs when `timer` says so, at `latest` (time of the loop)."""

    latest: float
    timer: asyncio.TimerHandle


class Debounce:
    """Runs `action` once for a burst of calls.

    In a running asyncio loop, such as a notebook kernel's, a call returns at once and the action runs as soon
    as no other call has come for `PAUSE_S`, `LONGEST_S` after the first call at the latest, so that a picture
    follows the hand that does not stop. A single move so waits hardly at all. Calls that arrive while the
    action runs are queued by the loop, come one right after the other when it is done and make one more
    burst: the last move always counts, and nothing piles up. Without a loop the action runs within the call.

    Calls may come from several threads, each with a loop and bursts of its own; the action must allow for it.
    """

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action
        self._bursts: dict[asyncio.AbstractEventLoop, _Burst] = {}

    def __call__(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # nobody to call back later
            self._action()
            return
        now, burst = loop.time(), self._bursts.get(loop)
        if burst:
            burst.timer.cancel()
        latest = burst.latest if burst else now + LONGEST_S
        timer = loop.call_at(min(now + PAUSE_S, latest), self._run, loop)
        self._bursts[loop] = _Burst(latest, timer)

    def cancel(self) -> None:
        """Forget the bursts that wait."""
        while self._bursts:
            self._bursts.popitem()[1].timer.cancel()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        del self._bursts[loop]
        self._action()
