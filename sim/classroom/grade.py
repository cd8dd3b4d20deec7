"""Grading: a folder of notebooks in, one row a student out.

nbgrader's autograder would keep a database, run every check in the student's own process, and give all
students one world; here every student has another, and a check that runs beside the student's code can be
made to say what the student likes. So masters keep nbgrader's format, and this module restores what is
locked, runs each notebook in a kernel of its own (`attempt`), and lets another process judge the answers
(`judge`).
"""

import json
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import joblib
import pandas as pd
from nbformat import NotebookNode
from tqdm.auto import tqdm

from sim.classroom import sandbox
from sim.classroom.attempt import STARTING, Attempt, attempt
from sim.classroom.card import CARD, Card
from sim.classroom.cards import LessonFailed, cards
from sim.classroom.judge import SETUP
from sim.classroom.master import Cell, Master
from sim.classroom.roster import Names
from sim.classroom.submission import Unreadable, read_submission, short, stamp_of, steps, tampered, untouched
from sim.classroom.world import canonical, world

AT_A_TIME = joblib.cpu_count()
"""Submissions that run at the same time: the processors that this program may use, or LOKY_MAX_CPU_COUNT."""
JUDGING = 2
"""The judge may take so many times as long as a cell of the student."""

# The statuses of a submission, the gravest first: a row has the first that is true of it.
NOT_SUBMITTED = "not submitted"
UNREADABLE = "unreadable"
UNKNOWN = "unknown student"
OTHER_EXERCISE = "other exercise"
OTHER_WORLD = "other student's world"
CRASHED = "crashed"
TIMED_OUT = "timed out"
TAMPERED = "tampered"
NOT_ATTEMPTED = "not attempted"
GRADED = "graded"
STATUSES = (
    *(NOT_SUBMITTED, UNREADABLE, UNKNOWN, OTHER_EXERCISE, OTHER_WORLD),
    *(CRASHED, TIMED_OUT, TAMPERED, NOT_ATTEMPTED, GRADED),
)
NOT_REACHED = "not reached"
OUTCOME = " outcome"
"""Behind the name of a question: the column that says what became of it."""

Verdicts = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Marking:
    """How to grade: the exercise, the instructor's key, and the seconds a cell may take."""

    master: Master
    key: str = ""
    timeout: float = 30.0


@dataclass
class Paper:
    """One file of the folder and what is known of it so far."""

    file: str
    student: str
    status: str = ""
    notes: list[str] = field(default_factory=list)
    notebook: NotebookNode | None = None
    verdicts: Verdicts = field(default_factory=dict)

    def refuse(self, status: str, note: str) -> None:
        """It is not run."""
        self.status, self.notebook = status, None
        self.notes.append(note)


class GradingInterrupted(KeyboardInterrupt):
    """Somebody stopped the grading; `finished` has a row for each submission that was done."""

    def __init__(self, finished: pd.DataFrame, total: int) -> None:
        super().__init__(f"stopped with {len(finished)} of {total} submissions graded")
        self.finished = finished


def read_papers(folder: Path, names: Names) -> list[Paper]:
    """The notebooks of a folder, in the order of their names; ValueError if there are none."""
    if not folder.is_dir():
        raise ValueError(f"{str(folder)!r} is not a folder of submissions")
    paths = sorted(one for one in folder.iterdir() if _is_notebook(one))
    if not paths:
        raise ValueError(f"{str(folder)!r} holds no file that ends in .ipynb")
    return [_paper(path, names) for path in paths]


def guess(papers: Sequence[Paper], what: str) -> str:
    """The `assignment` or `exercise` that the stamps name; ValueError unless they name one."""
    named = Counter(stamp_of(one.notebook).get(what, "") for one in papers if one.notebook is not None)
    named.pop("", None)
    if len(named) != 1:
        found = ", ".join(sorted(named)) or "none"
        option = "lesson" if what == "assignment" else what
        raise ValueError(f"the notebooks name {found} as their {option}; say which with --{option}")
    return next(iter(named))


def grade(papers: Sequence[Paper], marking: Marking) -> pd.DataFrame:
    """Run and judge the papers; one row each, as `table` has them.

    GradingInterrupted after Ctrl-C; LessonFailed if code of the lesson fails in a student's company.
    """
    for paper in papers:
        _compare_stamp(paper, marking)
    waiting = [one for one in papers if one.notebook is not None]
    done = [one for one in papers if one.notebook is None]
    students, master = sorted({one.student for one in waiting}), marking.master
    try:
        held = cards(students, [master.lesson], marking.key, master.questions)
        with closing(_finished(waiting, held, marking)) as finished:
            done.extend(finished)
    except KeyboardInterrupt:
        raise GradingInterrupted(table(done, master), len(papers)) from None
    return table(papers, master)


def _finished(
    papers: Sequence[Paper], held: Mapping[str, Card], marking: Marking
) -> Generator[Paper, None, None]:
    """The papers as they are done; whoever wants no more stops those that run."""
    stop = Event()
    with _temporary_folder() as place, ThreadPoolExecutor(AT_A_TIME) as pool:
        jobs = {
            pool.submit(_run_and_judge, one, marking, _Place(place / str(n), held[one.student], stop)): one
            for n, one in enumerate(papers)
        }
        bar = tqdm(as_completed(jobs), total=len(jobs), desc="submissions", disable=None, leave=False)
        try:
            for job in bar:
                job.result()
                yield jobs[job]
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def absent(roster: Sequence[str], papers: Sequence[Paper]) -> list[Paper]:
    """A paper without a file for each student of the roster who handed in nothing."""
    came = {canonical(one.student) for one in papers}
    return [Paper("", one, NOT_SUBMITTED) for one in roster if canonical(one) not in came]


def table(papers: Sequence[Paper], master: Master) -> pd.DataFrame:
    """One row a paper: who, what became of it, points and outcome of each question, the score.

    Columns: student, file, status (one of STATUSES), detail (what is behind the status), QUESTION (points),
    `QUESTION outcome` (right; wrong, with the named mistake if it is one; not attempted; not reached, because
    the notebook ended before; empty if it was not run), ..., score, max_score.
    """
    ordered = sorted(papers, key=lambda one: (canonical(one.student), one.file))
    marks = [name for one in master.graded for name in (one.question, one.question + OUTCOME)]
    columns = ["student", "file", "status", "detail", *marks, "score", "max_score"]
    return pd.DataFrame([_row(one, master.graded) for one in ordered], columns=columns)


def _row(paper: Paper, cells: Sequence[Cell]) -> dict[str, Any]:
    row: dict[str, Any] = {"student": paper.student, "file": paper.file, "status": paper.status}
    row["detail"] = "; ".join(paper.notes)
    score = 0.0
    for cell in cells:
        verdict = paper.verdicts.get(cell.question, {"outcome": "", "said": ""})
        points = cell.points if verdict["outcome"] == "right" else 0.0
        score += points
        row[cell.question] = points
        row[cell.question + OUTCOME] = ": ".join(filter(None, (verdict["outcome"], verdict["said"])))
    return row | {"score": score, "max_score": sum(one.points for one in cells)}


def _is_notebook(path: Path) -> bool:
    return path.suffix.lower() == ".ipynb" and not path.name.startswith(".")


def _paper(path: Path, names: Names) -> Paper:
    student = names.student(path.stem)
    paper = Paper(path.name, student or path.stem)
    if student is None:
        paper.refuse(UNKNOWN, "the name of the file does not say whose it is")
        return paper
    try:
        paper.notebook = read_submission(path)
    except Unreadable as error:
        paper.refuse(UNREADABLE, str(error))
    return paper


def _compare_stamp(paper: Paper, marking: Marking) -> None:
    """Refuse what was made from another exercise, or in another world than the file's student has."""
    if paper.notebook is None:
        return
    stamp, master = stamp_of(paper.notebook), marking.master
    own = short(world(paper.student, master.lesson.name, marking.key).token)
    made = (stamp.get("assignment"), stamp.get("exercise"))
    if not stamp:
        paper.notes.append("no stamp")
    elif made != (master.lesson.name, master.exercise):
        paper.refuse(OTHER_EXERCISE, f"this is {made[0]}, {made[1]}")
    elif stamp.get("world") != own:
        whose = stamp.get("student", "")
        other = (
            f"made for {whose!r}" if canonical(whose) != canonical(paper.student) else "made with another key"
        )
        paper.refuse(OTHER_WORLD, other)


@dataclass(frozen=True)
class _Place:
    """Where a paper is worked on, and with which card."""

    folder: Path
    card: Card
    stop: Event

    def room(self, name: str, checks: Path) -> Path:
        """A fresh folder with the student's card above it and the checks in it."""
        work = self.folder / name / "work"
        work.mkdir(parents=True)
        (work.parent / CARD).write_text(self.card.text(), encoding="utf-8")
        shutil.copy(checks, work)
        return work


def _run_and_judge(paper: Paper, marking: Marking, place: _Place) -> None:
    master, notebook = marking.master, paper.notebook
    assert notebook is not None
    checks = master.lesson / "checks.py"
    damage, idle = tampered(notebook, master), untouched(notebook, master)
    if idle >= {one.question for one in master.graded}:
        paper.verdicts = dict.fromkeys(idle, _NOTHING)
        paper.status = NOT_ATTEMPTED
        return
    made = attempt(steps(notebook, master), place.room("student", checks), marking.timeout, place.stop)
    if place.stop.is_set():
        return
    judged = _judged(made, marking, place.room("judge", checks))
    judged |= dict.fromkeys(idle, _NOTHING)
    paper.verdicts = {one.question: judged.get(one.question, _TOO_LATE) for one in master.graded}
    _conclude(paper, made, damage)


def _judged(made: Attempt, marking: Marking, folder: Path) -> Verdicts:
    """What the judge's process says of each answer it got; LessonFailed if it cannot begin."""
    if not made.answers:
        return {}
    seconds = STARTING + JUDGING * marking.timeout
    task = json.dumps(_task(made.answers, marking.master))
    verdicts: Verdicts = {}
    for line in _spoken(sandbox.command("sim.classroom.judge"), task, folder, seconds):
        verdicts.setdefault(line.pop("id"), line)
    if SETUP in verdicts:
        raise LessonFailed(f"the first cells of {marking.master.path} fail: {verdicts[SETUP]['said']}")
    return {name: verdicts.get(name, _NO_VERDICT) for name in made.answers}


def _task(answers: Mapping[str, Any], master: Master) -> dict[str, Any]:
    """What the judge is asked: each grade cell that was reached, with the answers it takes."""
    cells = [
        {
            "id": one.question,
            "source": one.source,
            "wanted": master.wanted(one),
            "answers": answers[one.question],
        }
        for one in master.graded
        if one.question in answers
    ]
    return {"setup": [one.source for one in master.setup], "cells": cells}


_NOTHING = {"outcome": NOT_ATTEMPTED, "said": ""}
_TOO_LATE = {"outcome": NOT_REACHED, "said": ""}
_NO_VERDICT = {"outcome": "wrong", "said": "judging it took too long, or broke Python"}


def _spoken(command: Sequence[str], task: str, folder: Path, seconds: float) -> list[dict[str, str]]:
    """The lines of JSON that a process says; fewer if its time is over."""
    said = folder.parent / "said"
    with said.open("wb") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=sandbox.environment(folder.parent),
            start_new_session=True,
        )
        try:
            with suppress(subprocess.TimeoutExpired, BrokenPipeError):  # what was said until then counts
                process.communicate(task.encode(), timeout=seconds)
        finally:
            sandbox.kill(process)
    return [json.loads(line) for line in said.read_text(encoding="utf-8").splitlines() if line.endswith("}")]


def _conclude(paper: Paper, made: Attempt, damage: Sequence[str]) -> None:
    """The status of a paper that was run, and the notes behind it."""
    outcomes = {one["outcome"] for one in paper.verdicts.values()}
    if made.ending:
        paper.notes.append(f"{made.ending} at {made.question or 'the start'}")
    paper.notes += [f"timed out at {one or 'the start'}" for one in made.slow]
    paper.notes += damage
    paper.notes += made.errors[:3]
    truths = {
        CRASHED: made.ending == CRASHED,
        TIMED_OUT: made.ending == TIMED_OUT or bool(made.slow),
        TAMPERED: bool(damage),
        NOT_ATTEMPTED: outcomes <= {NOT_ATTEMPTED},
        GRADED: True,
    }
    paper.status = next(status for status, true in truths.items() if true)


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    """Removed in the end, but for what a student's process still holds open."""
    place = Path(tempfile.mkdtemp(prefix="crm-"))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
