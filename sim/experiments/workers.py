"""Runs lived by joblib's workers: local processes unless `joblib.parallel_config` says otherwise."""

import gc
import multiprocessing
import signal
import threading
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import joblib
from joblib.externals.loky import get_reusable_executor
from joblib.parallel import BACKENDS, get_active_backend

from sim import compiled_files
from sim.experiments import fingerprint
from sim.scenario import Scenario

if TYPE_CHECKING:
    from sim.run import Run

Summary = Callable[["Run"], Any]

ROUND = 8
"""Runs a worker gets in a round, of backends that give nothing back before all is done, such as Ray's."""

_AS = {True: "generator_unordered", False: "list"}
_TURN = threading.RLock()
"""All threads share the worker processes, and who stops early ends them: so the others wait meanwhile."""


@dataclass(frozen=True)
class Job:
    """One run to live, and what to make of it."""

    scenario: Scenario
    seed: int
    summary: Summary


@dataclass(frozen=True)
class Outcome:
    """What became of a job: the summary, or an error in one line."""

    key: int
    summary: Any = None
    error: str | None = None


def live(jobs: Mapping[int, Job]) -> Generator[Outcome, None, None]:
    """The outcomes of all jobs, as they finish.

    A job whose run or summary raises has that as its error. One that takes its worker process down with it
    (out of memory, a crash) does so, too: all jobs that were under way at that moment are lived again, each
    alone, so that the others do not suffer for it.
    """
    _compile_first()
    waiting = dict(jobs)
    while waiting:
        started: dict[int, Job] = {}
        try:
            for outcome in _stream(waiting, started):
                del started[outcome.key], waiting[outcome.key]
                yield outcome
        except BrokenExecutor:
            if not started:
                raise
            for key in list(started):
                yield _alone(key, waiting.pop(key))


def _compile_first() -> None:
    """Unless all loops are kept: else every worker would compile them, at the same time and in silence."""
    if not compiled_files.are_complete():
        from sim.world.warm_up import prepare  # here, as the caller needs no simulator otherwise

        prepare()


@contextmanager
def borrowed() -> Iterator[None]:
    """Workers for this block alone: local processes end with it, and do not wait five minutes for more."""
    if not _has_processes(get_active_backend()[0]):
        yield
        return
    with _turn():
        try:
            yield
        finally:
            get_reusable_executor().shutdown(wait=True, kill_workers=True)


def _has_processes(backend: Any) -> bool:
    """Whether it has the local processes that all threads share."""
    return isinstance(backend, BACKENDS.get("loky", ()))


@contextmanager
def _turn() -> Iterator[None]:
    """Alone with the worker processes; waits in short steps, as Windows interrupts no long one."""
    while not _TURN.acquire(timeout=0.1):
        pass
    try:
        yield
    finally:
        _TURN.release()


def _alone(key: int, job: Job) -> Outcome:
    try:
        (outcome,) = _stream({key: job}, {})
    except BrokenExecutor as error:
        died = f"its worker process died: out of memory, killed or crashed ({type(error).__name__})"
        return Outcome(key, error=died)
    return outcome


def _stream(jobs: Mapping[int, Job], started: dict[int, Job]) -> Iterator[Outcome]:
    """The outcomes as they finish; `started` is filled with the jobs that are handed to workers."""
    backend, n_jobs = get_active_backend()
    wanted = -1 if n_jobs is None else n_jobs  # joblib's own default would be one
    streams = backend.supports_return_generator
    turn = _turn() if _has_processes(backend) else nullcontext()
    # Nothing is batched: a run is long enough, and what is finished can be kept at once.
    with turn, joblib.Parallel(wanted, return_as=_AS[streams], batch_size=1) as parallel:
        waiting = list(jobs.items())
        size = len(waiting) if streams else ROUND * joblib.effective_n_jobs(wanted)
        for first in range(0, len(waiting), size):
            with _inherited_silence() if streams else nullcontext():
                outcomes = parallel(_tasks(waiting[first : first + size], started))
            yield from _round(outcomes)


@contextmanager
def _inherited_silence() -> Iterator[None]:
    """Processes that are started meanwhile ignore Ctrl-C from their birth on; this takes milliseconds."""
    if not _in_main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _round(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """The same; if nobody wants the rest, joblib stops the workers and need not warn of it."""
    try:
        yield from outcomes
    finally:
        if isinstance(outcomes, Generator):
            with warnings.catch_warnings(action="ignore"):
                outcomes.close()


def _tasks(jobs: Iterable[tuple[int, Job]], started: dict[int, Job]) -> Iterator[Any]:
    for key, job in jobs:
        started[key] = job
        yield joblib.delayed(_live)(key, job, fingerprint.engine())


def _live(key: int, job: Job, engine: str) -> Outcome:
    """In a worker. An error is a result, as raising it would stop all other jobs."""
    _leave_interrupts_to_the_caller()
    try:
        if fingerprint.engine() != engine:
            raise RuntimeError(
                f"this worker has sim {fingerprint.engine()}; the experiment was started in {engine}"
            )
        outcome = Outcome(key, job.summary(simulate(job.scenario, job.seed)))
        _keep_what_is_imported()
        return outcome
    except (Exception, SystemExit) as error:
        return Outcome(key, error=_one_line(error))


def simulate(scenario: Scenario, seed: int) -> "Run":
    """The run, in the process that lives it."""
    from sim import run  # here, as the caller, who waits for the first result, shall not import it beforehand

    return run.simulate(scenario, seed)


@cache
def _keep_what_is_imported() -> None:
    """After a worker's first run: the garbage collector passes over all that lasts from now on.

    Else it would go through the whole simulator again and again, and take it apart while the caller waits for
    the worker's end.
    """
    if multiprocessing.parent_process() is not None:
        gc.collect()
        gc.freeze()


def _leave_interrupts_to_the_caller() -> None:
    """Ctrl-C reaches all processes of a terminal; the caller stops its workers, who need not cry out."""
    if multiprocessing.parent_process() is not None and _in_main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _in_main_thread() -> bool:
    """Only there signals can be set."""
    return threading.current_thread() is threading.main_thread()


def _one_line(error: BaseException) -> str:
    """The error and the first line of its text."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
