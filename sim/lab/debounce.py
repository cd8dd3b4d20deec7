"""Many moves, one answer: a hand on a slider is faster than any simulation."""

import asyncio
from collections.abc import Callable


class Debounce:
    """Runs `action` once for a burst of calls.

    In a running asyncio loop, such as a notebook kernel's, a call returns at once and the action runs
    `wait_s` seconds after the first call of the burst; calls meanwhile add nothing. Calls that arrive while
    the action runs are queued by the loop and make one more burst: the last move always counts, and nothing
    piles up. Further calls do not make a burst longer, so that a picture follows the hand that moves. Without
    a loop the action runs within the call.

    Calls may come from several threads, each with a loop and bursts of its own; the action must allow for it.
    """

    def __init__(self, action: Callable[[], None], wait_s: float) -> None:
        self._action = action
        self._wait_s = wait_s
        self._timers: dict[asyncio.AbstractEventLoop, asyncio.TimerHandle] = {}

    def __call__(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # nobody to call back later
            self._action()
            return
        if loop not in self._timers:
            self._timers[loop] = loop.call_later(self._wait_s, self._run, loop)

    def cancel(self) -> None:
        """Forget the bursts that wait."""
        while self._timers:
            self._timers.popitem()[1].cancel()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        del self._timers[loop]
        self._action()
