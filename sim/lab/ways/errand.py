"""Long work of a panel: in a thread of its own, with a bar that says how far it is and a stop button."""

from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Event, Thread

import ipywidgets as widgets


class Errand(widgets.HBox):
    """Goes through the steps of some work, each of which yields the share done; hidden while idle.

    One at a time: a new one stops the one before. Work that is stopped does not go on after its present step.
    """

    def __init__(self, label: str) -> None:
        self._bar = widgets.FloatProgress(min=0.0, max=1.0, description=label)
        self._button = widgets.Button(description="Stop", tooltip=f"Stop: {label}")
        self._stopped: Event = Event()
        self._thread = Thread()
        self._button.on_click(lambda _: self._stopped.set())
        super().__init__([self._bar, self._button])
        self.add_class("crm-errand")
        self.layout.display = "none"

    def start(self, steps: Iterator[float], done: Callable[[str], None], text: str) -> None:
        """Begin; at the end `done` is told the text, that it was stopped, or what went wrong, in words."""
        self.stop()
        self._stopped = Event()
        self._bar.value = 0.0
        self.layout.display = None
        self._thread = Thread(target=self._work, args=(steps, done, text), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End what is at work, and wait for that."""
        self._stopped.set()
        self.wait()

    def wait(self) -> None:
        """Until nothing is at work."""
        if self._thread.is_alive():
            self._thread.join()

    def _work(self, steps: Iterator[float], done: Callable[[str], None], text: str) -> None:
        try:
            done(text if self._all(steps) else "Stopped.")
        except (ValueError, OSError) as error:
            done(str(error))
        finally:
            self.layout.display = "none"

    def _all(self, steps: Iterator[float]) -> bool:
        """Whether all steps were taken."""
        stopped = self._stopped
        with closing(steps):  # type: ignore[type-var]
            for share in steps:
                self._bar.value = share
                if stopped.is_set():
                    return share >= 1.0
        return True
