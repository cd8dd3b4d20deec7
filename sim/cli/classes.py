"""The instructor's commands: `class build`, `release`, `grade`, `key`, `report`.

Grading brings Jupyter and nbgrader, which the other commands do without: each command here imports its own.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from sim.cli.arguments import new_file
from sim.cli.output import FAILED, INTERRUPTED, Format, one_line, put, rows, say, show

if TYPE_CHECKING:
    from sim.classroom.grade import Marking, Paper

app = typer.Typer(
    help="""Build, release and grade exercises: for instructors.

    \b
    crm-sim class release handout --students roster.csv --key-file key.txt --zip
    crm-sim class grade submissions --students roster.csv --key-file key.txt --out grades.csv
    crm-sim class report grades.csv --out report.html
    crm-sim class key "Ana Núñez" --lesson 03_retention --key-file key.txt
    crm-sim class build
    """,
    no_args_is_help=True,
)

Exercises = Annotated[
    Path, typer.Option(metavar="FOLDER", help="The folder of exercises, with their masters.")
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="A file with your secret key: another key, other companies.", show_default=False
    ),
]
Roster = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="A CSV file with a column `student`, or one id a line.", show_default=False
    ),
]


@app.command()
def build(
    exercises: Annotated[Path, typer.Argument(metavar="[EXERCISES]", help="The folder of exercises.")] = Path(
        "exercises"
    ),
) -> None:
    """Make the student notebooks, the guides and the card for practice anew from the masters.

    \b
    crm-sim class build
    crm-sim class build my_course/exercises
    """
    with _instructor():
        from sim.classroom import exercises as folder
        from sim.classroom.cards import LessonFailed
    if not folder.lessons(exercises):
        raise ValueError(f"{str(exercises)!r} holds no lesson with masters; name the folder of exercises")
    try:
        built = folder.build(exercises)
    except LessonFailed as error:
        raise _failed(error) from None
    for path in built:
        put(str(path))


@app.command()
def release(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder, or one of an earlier release.")],
    lesson: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this, such as 03_retention; several times.")
    ] = None,
    students: Roster = None,
    key_file: KeyFile = None,
    zipped: Annotated[bool, typer.Option("--zip", help="A zip a student in place of a folder.")] = False,
    exercises: Exercises = Path("exercises"),
) -> None:
    """Make a folder with the notebooks, the checks and an own company for each student of the roster.

    \b
    crm-sim class release handout --students roster.csv --key-file key.txt --zip
    crm-sim class release handout --lesson 03_retention --lesson 06_loyalty_programs --students roster.csv
    crm-sim class release practice

    Without a roster it is one folder for practice. Nothing in it gives an answer away, and the key is written
    nowhere.
    """
    with _instructor():
        from sim.classroom.cards import LessonFailed
        from sim.classroom.exercises import lessons as all_lessons
        from sim.classroom.master import find_lesson
        from sim.classroom.release import release as make
        from sim.classroom.roster import read_roster
    names = lesson or [one.name for one in all_lessons(exercises)] or [""]
    chosen = [find_lesson(exercises, name) for name in dict.fromkeys(names)]
    roster = read_roster(students) if students else ()
    try:
        found = make(chosen, out, roster, _key(key_file), zipped)
    except LessonFailed as error:
        raise _failed(error) from None
    table = pd.DataFrame(
        {"student": list(found.places), "place": [str(one) for one in found.places.values()]}
    )
    show("csv", "", table)
    say(f"{len(found.places)} released in {out}; keep {out / 'release.json'} to yourself")


@app.command()
def grade(  # noqa: PLR0913  every option is a question of its own
    submissions: Annotated[
        Path, typer.Argument(metavar="SUBMISSIONS", help="A folder of notebooks, one a student.")
    ],
    lesson: Annotated[str | None, typer.Option(metavar="NAME", help="Such as 03_retention.")] = None,
    exercise: Annotated[str | None, typer.Option(metavar="NAME", help="Such as 1_repeat.")] = None,
    key_file: KeyFile = None,
    students: Roster = None,
    pattern: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Where the id stands in a file's name, such as '^([^_]+)_'."),
    ] = None,
    out: Annotated[str | None, typer.Option(metavar="FILE.csv", help="Write the grades there.")] = None,
    timeout: Annotated[
        float,
        typer.Option(
            min=1, max=3600, metavar="SECONDS", help="What a cell may take; all of them 5 times that."
        ),
    ] = 30,
    exercises: Exercises = Path("exercises"),
) -> None:
    """Grade a folder of notebooks: one row a student, with points and outcome of every question.

    \b
    crm-sim class grade submissions --key-file key.txt --out grades.csv
    crm-sim class grade submissions --lesson 03_retention --exercise 1_repeat --students roster.csv
    crm-sim class grade submissions --pattern "^([^_]+)_" --timeout 60

    A file is named after its student, or holds an id of the roster in its name. Lesson and exercise are
    guessed from the notebooks. Students' code runs on this computer: see exercises/README.md first.
    """
    with _instructor():
        from sim.classroom import sandbox
        from sim.classroom.cards import LessonFailed
        from sim.classroom.grade import GradingInterrupted, Marking, absent, guess, read_papers, table
        from sim.classroom.grade import grade as grade_papers
        from sim.classroom.master import find_master
        from sim.classroom.roster import Names, read_roster
    file = new_file(out, ".csv") if out is not None else None
    roster = read_roster(students) if students else []
    papers = read_papers(submissions, Names(roster, pattern))
    named = lesson or guess(papers, "assignment"), exercise or guess(papers, "exercise")
    marking = Marking(find_master(exercises, *named), _key(key_file), timeout)
    if not sandbox.network_cutter():
        say("crm-sim: this computer does not let the network be cut; students' code could use it")
    try:
        graded = grade_papers(papers, marking)
    except LessonFailed as error:
        raise _failed(error) from None
    except GradingInterrupted as stopped:
        _deliver(stopped.finished, file)
        say(f"crm-sim: {stopped}")
        raise typer.Exit(INTERRUPTED) from None
    missing = table(absent(roster, papers), marking.master)
    _deliver(pd.concat([graded, missing]) if len(missing) else graded, file)
    _warn_of_key(papers, marking)


@app.command()
def key(
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="An id as in the roster.")],
    lesson: Annotated[str, typer.Option(metavar="NAME", help="Such as 03_retention.")],
    exercise: Annotated[str | None, typer.Option(metavar="NAME", help="Only its questions.")] = None,
    key_file: KeyFile = None,
    exercises: Exercises = Path("exercises"),
    form: Format = "table",
) -> None:
    """Show the right answers of one student, and the wrong ones that the checks know.

    \b
    crm-sim class key "Ana Núñez" --lesson 03_retention --key-file key.txt
    crm-sim class key 20231 --lesson 03_retention --exercise 1_repeat --format json
    """
    with _instructor():
        from sim.classroom.answer_key import answer_key, as_text
        from sim.classroom.master import find_lesson, find_master
    folder = find_lesson(exercises, lesson)
    questions = find_master(exercises, lesson, exercise).questions if exercise is not None else None
    found = answer_key(student, folder, _key(key_file), questions)
    show(form, as_text(found), found, {"student": student, "lesson": lesson, "answers": rows(found)})


@app.command()
def report(
    grades: Annotated[Path, typer.Argument(metavar="GRADES.csv", help="What `crm-sim class grade` wrote.")],
    out: Annotated[str | None, typer.Option(metavar="FILE.html|.md", help="Write it there.")] = None,
) -> None:
    """Report how each question went, which mistakes were common, and who attempted nothing.

    \b
    crm-sim class report grades.csv
    crm-sim class report grades.csv --out report.html
    """
    with _instructor():
        from sim.classroom.report import as_html, as_markdown, read_grades
    page = out is not None and not out.lower().endswith(".md")
    file = new_file(out, ".html" if page else ".md") if out is not None else None
    found = read_grades(grades)
    text = as_html(found) if page else as_markdown(found)
    if file is None:
        put(text)
        return
    from sim.scenario_files import replacing

    with replacing(file) as fresh:
        fresh.write_text(text, encoding="utf-8")
    say(f"report in {file}")


@contextmanager
def _instructor() -> Iterator[None]:
    """Says in one line what to install if what only instructors need is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        wanted = 'pip install "crm-flight-simulator[classroom]"'
        raise ValueError(f"{error.name} is not installed, which only instructors need: {wanted}") from None


def _failed(error: Exception) -> typer.Exit:
    """The exit after work that failed, which is said in one line."""
    say(f"crm-sim: {one_line(str(error))}")
    return typer.Exit(FAILED)


def _key(file: Path | None) -> str:
    from sim.classroom.roster import read_key

    found = read_key(file) if file is not None else ""
    if not found:
        say("crm-sim: without a key everybody can work out everybody's company; see --key-file")
    return found


def _deliver(graded: pd.DataFrame, file: Path | None) -> None:
    from sim.records.csv_files import write_csv

    if file is None:
        show("csv", "", graded)
        return
    write_csv(graded, file)
    counts = ", ".join(f"{number} {status}" for status, number in graded["status"].value_counts().items())
    say(f"{len(graded)} students in {file}: {counts}")


def _warn_of_key(papers: "Sequence[Paper]", marking: "Marking") -> None:
    """If no stamp fits, it is not forty copies but the wrong key."""
    from sim.classroom.grade import OTHER_WORLD

    strange = [one for one in papers if one.status == OTHER_WORLD and "another key" in "".join(one.notes)]
    if strange:
        lesson = marking.master.lesson.name
        say(f"crm-sim: {len(strange)} were released with another key; is this the key of {lesson}?")
