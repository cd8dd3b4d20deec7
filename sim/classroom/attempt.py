"""A submission at work: its cells run one by one in a kernel of its own, in a folder of its own."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from threading import Event
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from sim.classroom import sandbox
from sim.classroom.parcel import MIME, Parcel
from sim.classroom.submission import Step

STARTING = 180
"""Seconds a kernel may take to start on a busy computer."""
GRACE = 5
"""Seconds a cell that was stopped may take to end."""
IN_TOTAL = 5
"""A notebook may take so many times as long as one of its cells."""
_POLL = 0.25


class TimedOut(Exception):
    """The time is over."""


class Died(Exception):
    """The kernel is no more."""


@dataclass
class Attempt:
    """What came of it: the answers by question, what went wrong, and how it ended.

    `ending` is "" for the end of the notebook, or "timed out" or "crashed" in the `question` it names.
    """

    answers: dict[str, dict[str, Parcel]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    ending: str = ""
    question: str = ""


class _SandboxedKernel(KernelManager):
    """Python's kernel in the sandbox; without network it is spoken to through sockets in the file system."""

    @property
    def kernel_spec(self) -> KernelSpec:
        quiet = "--HistoryManager.enabled=False"
        argv = sandbox.command("ipykernel_launcher", "-f", "{connection_file}", quiet)
        return KernelSpec(argv=argv, display_name="Python", language="python")


def attempt(steps: Sequence[Step], folder: Path, timeout: float, stop: Event) -> Attempt:
    """Run the steps in the folder, each at most `timeout` seconds and all at most five times that.

    A cell that takes too long is interrupted and the next one follows, as each question can be right alone; a
    cell that cannot be interrupted ends the attempt. `stop` ends it at once.
    """
    found = Attempt()
    try:
        with _kernel(folder) as (manager, client):
            until = time.monotonic() + IN_TOTAL * timeout
            for step in steps:
                found.question = step.question
                seconds = min(timeout, until - time.monotonic())
                _take(step, found, _Watch(manager, client, seconds, stop))
    except TimedOut:
        found.ending = "timed out"
    except (Died, RuntimeError):  # RuntimeError is jupyter_client's for a kernel that died while starting
        found.ending = "crashed"
    return found


@dataclass
class _Watch:
    """Waits for a cell with an eye on the clock, on the kernel, and on whoever wants to stop."""

    manager: KernelManager
    client: BlockingKernelClient
    seconds: float
    stop: Event

    def run(self, code: str) -> dict[str, Any]:
        """Run code to its end; returns what it published of interest: an error, the answers."""
        if self.seconds <= 0:
            raise TimedOut
        sent = self.client.execute(code, store_history=False, allow_stdin=False, stop_on_error=False)
        try:
            return self._until_idle(sent, self.seconds)
        except TimedOut:
            self.manager.interrupt_kernel()
            self._until_idle(sent, GRACE)
            raise _Interrupted from None

    def _until_idle(self, sent: str, seconds: float) -> dict[str, Any]:
        published: dict[str, Any] = {}
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.stop.is_set():
            message = self._next()
            if message is None or message["parent_header"].get("msg_id") != sent:
                continue
            content = message["content"]
            if content.get("execution_state") == "idle":
                return published
            if message["msg_type"] == "error":
                published["error"] = content["ename"]
            published |= content.get("data", {}) if message["msg_type"] == "display_data" else {}
        raise TimedOut

    def _next(self) -> dict[str, Any] | None:
        try:
            message: dict[str, Any] = self.client.get_iopub_msg(timeout=_POLL)
        except Empty:
            if not self.manager.is_alive():
                raise Died from None
            return None
        return message


class _Interrupted(Exception):
    """The cell took too long and was interrupted; the kernel lives."""


def _take(step: Step, found: Attempt, watch: _Watch) -> None:
    try:
        published = watch.run(step.code if step.hands_in is None else _handing_in(step.hands_in))
    except _Interrupted:
        found.slow.append(step.question)
        return
    if step.hands_in is not None:
        answers = published.get(MIME)
        found.answers[step.question] = answers if isinstance(answers, dict) else {}
    elif "error" in published:
        found.errors.append(
            f"{published['error']} at {step.question}" if step.question else published["error"]
        )


def _handing_in(names: Sequence[str]) -> str:
    return f"__import__('sim.classroom.parcel', fromlist=['_']).hand_in(globals(), {list(names)!r})"


@contextmanager
def _kernel(folder: Path) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    """A kernel whose working folder is this one; killed with all it started."""
    place = folder.parent / "kernel"
    manager = _SandboxedKernel(connection_file=f"{place}.json")
    if sandbox.network_cutter():
        manager.transport, manager.ip = "ipc", str(place)
    manager.start_kernel(cwd=str(folder), env=sandbox.environment(folder.parent))
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=STARTING)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
