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
    """

    def __init__(self, action: Callable[[], None], wait_s: float) -> None:
        self._action = action
        self._wait_s = wait_s
        self._timer: asyncio.TimerHandle | None = None

    def __call__(self) -> None:
        if self._timer is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # nobody to call back later
            self._action()
        else:
            self._timer = loop.call_later(self._wait_s, self._run)

    def cancel(self) -> None:
        """Forget the burst that waits, if one does."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        self._timer = None
        self._action()
