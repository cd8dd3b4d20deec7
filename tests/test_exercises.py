"""Every exercise: complete, solved by its master, unsolved as released, in sync, and equally hard for all."""

import ast
import json
import math
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from difficulty import CLEAR, EXERCISES, NEARLY_ALL, answers, distances, same, sample, spread
from sim.classroom import NotAttempted, WrongAnswer
from sim.classroom.card import CARD
from sim.classroom.cards import LessonFailed, card
from sim.classroom.exercises import (
    build,
    guides,
    lessons,
    masters,
    notebooks,
    orphans,
    practice_card,
    solved_notebook,
    stale,
    student_notebook,
)
from sim.classroom.guide import GUIDE, TEMPLATE, markdown_table, shown
from sim.classroom.lesson_modules import beside, load_assignment
from sim.classroom.recipes import assignments
from sim.classroom.sheet import RIGHT, verdict
from terminal import type_in
from worlds import NIGHTLY

LESSONS = lessons(EXERCISES)
MASTERS = [one for lesson in LESSONS for one in masters(lesson)]
DEPTHS = ("apply", "investigate", "decide")
TITLE = re.compile(rf"^# Exercise \d+\.\d+: .+ \(({'|'.join(DEPTHS)})\)")

SIMULATED, CLOSED_FORM = (1000, 1000) if NIGHTLY else (6, 100)
"""How many students live in the suite where answers need a simulation, and where they do not."""
SAME = 0.25
"""At most so many pairs of students may have the same right answer within a tolerance."""
VARIATION = 2.5
"""The most that right answers may vary among students (coefficient of variation): the task stays the same.

Effects that are near 0 in some companies, as that of twice the points, vary most.
"""

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda one: one.name)
each_master = pytest.mark.parametrize(
    "master", MASTERS, ids=lambda one: f"{one.parent.parent.name}/{one.stem}"
)


@cache
def a_card(lesson: Path) -> str:
    """The card of a student of this lesson alone."""
    return card("a student", [lesson]).text()


def graded(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that carry points."""
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]


def asked(notebook: NotebookNode) -> Iterator[str]:
    """The names of the questions that the cells with points check."""
    for cell in graded(notebook):
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check":
                    yield ast.literal_eval(node.args[0])


def outcomes(notebook: NotebookNode, lesson: Path, desk: Path) -> dict[str, BaseException | None]:
    """What becomes of each grade cell that does something, by its id; all cells run in this process."""
    (desk / CARD).write_text(a_card(lesson), encoding="utf-8")
    namespace: dict[str, Any] = {}
    found: dict[str, BaseException | None] = {}
    with beside(lesson):
        for cell in (one for one in notebook.cells if one.cell_type == "code"):
            raised = error_of(cell.source, namespace)
            if cell in graded(notebook) and ast.parse(cell.source).body:
                found[cell.metadata.nbgrader.grade_id] = raised
    return found


def error_of(source: str, namespace: dict[str, Any]) -> BaseException | None:
    try:
        exec(compile(source, "cell", "exec"), namespace)
    except Exception as error:
        return error
    return None


# What a lesson has.


def test_there_are_exercises_for_these_lessons() -> None:
    names = [lesson.name for lesson in LESSONS]
    assert {"00_flight_deck", "03_retention", "06_loyalty_programs", "15_under_the_hood"} <= set(names)
    assert set(names) == set(assignments())


@each_lesson
def test_a_lesson_has_at_least_six_exercises_and_two_of_each_depth(lesson: Path) -> None:
    found = [TITLE.match(solved_notebook(one).cells[0].source) for one in masters(lesson)]
    assert None not in found
    depths = Counter(one[1] for one in found if one)
    assert sum(depths.values()) >= 6
    assert {depth: depths[depth] >= 2 for depth in DEPTHS} == dict.fromkeys(DEPTHS, True)


@each_lesson
def test_exercises_are_numbered_from_1_in_names_and_titles(lesson: Path) -> None:
    number = int(lesson.name.partition("_")[0])
    for place, one in enumerate(masters(lesson), 1):
        assert one.stem.startswith(f"{place}_")
        assert solved_notebook(one).cells[0].source.startswith(f"# Exercise {number}.{place}: ")


@each_lesson
def test_every_question_is_asked_by_exactly_one_exercise(lesson: Path) -> None:
    questions = [name for one in masters(lesson) for name in asked(solved_notebook(one))]
    assert sorted(questions) == sorted(load_assignment(lesson).questions)


@each_lesson
def test_every_question_has_hints_and_a_right_answer(lesson: Path) -> None:
    quiz = load_assignment(lesson)
    assert quiz.name == lesson.name
    for question in quiz.questions.values():
        assert question.hints, question.name
        assert all(isinstance(hint, str) and len(hint) > 5 for hint in question.hints)
        assert question.right is not None or not question.on_sheet, question.name


@each_lesson
def test_most_questions_of_number_know_a_mistake(lesson: Path) -> None:
    numbers = [one for one in load_assignment(lesson).questions.values() if one.unit]
    assert sum(bool(one.mistakes) for one in numbers) >= len(numbers) / 2


@each_master
def test_a_master_is_a_valid_notebook_whose_checks_are_locked_and_have_points(master: Path) -> None:
    notebook = solved_notebook(master)
    nbformat.validate(notebook)
    checks = [cell for cell in graded(notebook) if cell.cell_type == "code"]
    assert checks
    for cell in checks:
        assert cell.metadata.nbgrader.points > 0
        assert cell.metadata.nbgrader.locked or cell.metadata.nbgrader.solution
    assert len(set(ids := [cell.metadata.nbgrader.grade_id for cell in checks])) == len(ids)


# Solved and unsolved.


@each_master
def test_a_master_passes_all_its_checks(
    master: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = outcomes(solved_notebook(master), master.parents[1], tmp_path)
    assert found == dict.fromkeys(found)


@each_master
def test_an_unsolved_exercise_fails_each_check_and_says_so(
    master: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = outcomes(student_notebook(master), master.parents[1], tmp_path)
    assert found
    assert {name: type(error) for name, error in found.items() if not isinstance(error, ANSWERED)} == {}


ANSWERED = NotAttempted, WrongAnswer


def solution_lines(master: Path) -> set[str]:
    """The lines of solutions and hidden tests that stand nowhere else in the master."""
    hidden, shown, inside = [], [], False
    for line in master.read_text(encoding="utf-8").splitlines():
        inside = (inside or "### BEGIN " in line) and "### END " not in line
        (hidden if inside else shown).append(line.strip())
    return {line for line in hidden if len(line) > 3 and line not in shown}


@each_master
def test_what_is_released_holds_no_line_of_a_solution_or_hidden_test(master: Path) -> None:
    secret = solution_lines(master)
    assert len(secret) > 1
    lesson = master.parents[1]
    cells = [cell.source for cell in student_notebook(master).cells]
    released = {line.strip() for text in cells for line in text.splitlines()}
    assert secret & released == set()
    assert "### " not in "\n".join(cells)
    long = {line for line in secret if len(line) > 30}
    assert not any(line in text for text in cells for line in long)
    checks = (lesson / "checks.py").read_text(encoding="utf-8")
    assert long & {line.strip() for line in checks.splitlines()} == set()


@each_lesson
def test_what_students_get_does_not_import_the_answers(lesson: Path) -> None:
    tree = ast.parse((lesson / "checks.py").read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name for name in names if "answers" in name or "figures" in name} == set()


def test_in_a_real_kernel_in_a_folder_with_spaces_and_accents_a_master_passes(tmp_path: Path) -> None:
    lesson = LESSONS[0]
    desk = tmp_path / "my exercises é" / lesson.name
    desk.mkdir(parents=True)
    shutil.copy(lesson / "checks.py", desk)
    (desk.parent / CARD).write_text(a_card(lesson), encoding="utf-8")
    notebook = solved_notebook(masters(lesson)[0])
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(desk)}}).execute()
    shown = [out.data["text/html"] for cell in graded(notebook) for out in cell.outputs if "data" in out]
    assert shown
    assert all("data-outcome='right'" in one for one in shown)


# Generated files.


def test_the_student_notebooks_are_in_sync_with_the_masters() -> None:
    """Otherwise: crm-sim class build."""
    assert stale(notebooks(EXERCISES)) == []
    assert orphans(EXERCISES) == []


def test_the_practice_card_is_in_sync_with_the_answers() -> None:
    assert stale(practice_card(EXERCISES)) == []


def test_the_guides_are_in_sync_with_their_figures() -> None:
    assert stale(guides(EXERCISES)) == []


@each_lesson
def test_every_lesson_has_a_guide_with_plans_a_rubric_and_a_fall_back(lesson: Path) -> None:
    text = (lesson / TEMPLATE).read_text(encoding="utf-8").casefold()
    for part in ("50", "90", "rubric", "predict", "if they ask", "board", "projector"):
        assert part in text, part


MASTER = """# %% [markdown]
# # Exercise 3.1: one (apply)

# %% nbgrader={"grade": false, "grade_id": "one", "locked": false, "schema_version": 3, "solution": true, "task": false}
one = ...
### BEGIN SOLUTION
one = 1 + 0
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "one-check", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("one", one)
### BEGIN HIDDEN TESTS
assert one == 1
### END HIDDEN TESTS
"""  # noqa: E501


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder of exercises with one lesson of one exercise, whose question is closed-form."""
    lesson = tmp_path / "exercises é" / "03_retention"
    (lesson / "masters").mkdir(parents=True)
    files = {
        "masters/1_one.py": MASTER,
        "checks.py": "from sim.classroom import Assignment\nquiz = Assignment('03_retention')\n"
        "check, hint = quiz.check, quiz.hint\nquiz.number('one', 'units', 0.1)\n",
        "answers.py": "from checks import quiz\nquiz.right('one')(lambda company: 1.0)\n",
        "figures.py": "from checks import quiz\n\n"
        "def figures():\n    return {'name': quiz.name, 'share': '4.1 %'}\n",
        GUIDE + ".j2": "# Guide for {{ name }}\n{% if share %}\nIt is {{ share }}.\n{% endif %}\n",
    }
    for name, text in files.items():
        (lesson / name).write_text(text, encoding="utf-8", newline="\n")
    return lesson.parent


def test_build_writes_notebooks_guides_and_card_the_same_each_time(small: Path) -> None:
    written = build(small)
    lesson = small / "03_retention"
    assert written == [lesson / "1_one.ipynb", lesson / GUIDE, small / CARD]
    first = [path.read_bytes() for path in written]
    assert [path.read_bytes() for path in build(small)] == first
    assert not any(b"\r" in one for one in first)
    assert all(one.endswith(b"\n") and not one.endswith(b"\n\n") for one in first)
    text = (lesson / GUIDE).read_text(encoding="utf-8")
    assert text.startswith("<!-- Made from guide.md.j2")
    assert text.endswith("-->\n\n# Guide for 03_retention\nIt is 4.1 %.\n")
    assert "1 + 0" not in first[0].decode() and "assert one" not in first[0].decode()


def test_one_card_is_made_without_worker_processes(small: Path) -> None:
    answers_py = "import os\nfrom checks import quiz\nquiz.right('one')(lambda company: os.getpid())\n"
    (small / "03_retention" / "answers.py").write_text(answers_py, encoding="utf-8")
    made = card("ana", lessons(small))
    (sheet,), (token,) = made.sheets.values(), made.worlds.values()
    assert verdict(sheet, token, "one", os.getpid(), 0.1) == RIGHT


def test_what_is_out_of_sync_is_named(small: Path) -> None:
    build(small)
    lesson = small / "03_retention"
    made = {**notebooks(small), **guides(small), **practice_card(small)}
    assert stale(made) == []
    (lesson / GUIDE).write_bytes((lesson / GUIDE).read_bytes().replace(b"\n", b"\r\n"))
    (small / CARD).unlink()
    assert stale(made) == [lesson / GUIDE, small / CARD]
    (lesson / "masters" / "1_one.py").rename(lesson / "masters" / "1_other.py")
    assert stale(notebooks(small)) == [lesson / "1_other.ipynb"]
    assert orphans(small) == [lesson / "1_one.ipynb"]


def test_a_figure_that_nobody_gives_stops_the_build_and_nothing_is_written(small: Path) -> None:
    (small / "03_retention" / TEMPLATE).write_text("{{ nobody }}", encoding="utf-8")
    with pytest.raises(jinja2.UndefinedError, match="'nobody' is undefined"):
        build(small)
    assert not (small / CARD).exists()
    assert not (small / "03_retention" / "1_one.ipynb").exists()


@pytest.mark.parametrize(("name", "error"), [("answers", LessonFailed), ("figures", FileNotFoundError)])
def test_a_lesson_that_lacks_a_file_is_named(small: Path, name: str, error: type[Exception]) -> None:
    (small / "03_retention" / f"{name}.py").unlink()
    with pytest.raises(error, match=f"03_retention has no {name}.py"):
        build(small)


def test_answers_that_fail_stop_the_build_with_one_line(small: Path) -> None:
    (small / "03_retention" / "answers.py").write_text("from checks import nobody\n", encoding="utf-8")
    reply = type_in("class", "build", small)
    assert (reply.code, reply.out, len(reply.err.splitlines())) == (1, "", 1)
    assert "the answers of 03_retention fail for 'practice': ImportError" in reply.err


def test_lessons_do_not_see_each_others_checks(small: Path) -> None:
    other = small / "06_loyalty_programs"
    shutil.copytree(small / "03_retention", other)
    text = (other / "checks.py").read_text(encoding="utf-8").replace("03_retention", other.name)
    (other / "checks.py").write_text(text, encoding="utf-8")
    assert [load_assignment(one).name for one in lessons(small)] == ["03_retention", "06_loyalty_programs"]


def test_exercise_10_comes_after_9(small: Path) -> None:
    folder = small / "03_retention" / "masters"
    for number in (2, 10, 9):
        (folder / f"{number}_x.py").write_text(MASTER, encoding="utf-8")
    names = [one.stem for one in masters(small / "03_retention")]
    assert names == ["1_one", "2_x", "9_x", "10_x"]


def test_a_table_in_markdown_has_its_numbers_on_the_right_and_no_bar_in_a_cell() -> None:
    frame = pd.DataFrame(
        {"who": ["a|b", "c"], "n": [1200, 7], "share": [0.1234, 0.5], "mean": [1234.5678, np.nan]},
        index=pd.Index([1, 2], name="month"),
    )
    assert markdown_table(frame, {"share": ".1%"}).splitlines() == [
        "| month | who | n | share | mean |",
        "| ---: | --- | ---: | ---: | ---: |",
        r"| 1 | a\|b | 1,200 | 12.3% | 1,234.57 |",
        "| 2 | c | 7 | 50.0% | nan |",
    ]
    assert markdown_table(frame[["who"]].reset_index(drop=True)).splitlines()[0] == "| who |"


# Equally hard for everyone.


@cache
def given(lesson: Path) -> pd.DataFrame:
    """The answers of some students: of more where none needs a simulation."""
    return sample(lesson, SIMULATED if simulates(lesson) else CLOSED_FORM)


def simulates(lesson: Path) -> bool:
    code = (lesson / "answers.py").read_text(encoding="utf-8") + (lesson / "checks.py").read_text(
        encoding="utf-8"
    )
    return re.search(r"\.run\b|simulate\(", code) is not None


def most_by_chance(share: float, students: int) -> int:
    """How many of a sample may be so where the share in all is at its limit: 4 standard errors above."""
    return math.ceil(share * students + 4 * math.sqrt(share * (1 - share) * students))


@each_lesson
def test_right_answers_differ_among_students(lesson: Path) -> None:
    found = spread(lesson, given(lesson))
    pairs = math.comb(len(given(lesson)), 2)
    limit = most_by_chance(SAME, pairs) / pairs
    assert found.loc[found["same"] > limit, "same"].to_dict() == {}
    assert found.loc[found["distinct"] < 2, "distinct"].to_dict() == {}


@each_lesson
def test_right_answers_are_of_one_size(lesson: Path) -> None:
    found = spread(lesson, given(lesson))["variation"]
    assert found[~(found < VARIATION)].to_dict() == {}


@each_lesson
def test_wrong_answers_that_tempt_are_clear_of_the_right_one(lesson: Path) -> None:
    found = distances(lesson, given(lesson))
    limit = most_by_chance(1 - NEARLY_ALL, len(given(lesson))) / len(given(lesson))
    assert found.loc[found["near"] > limit, "near"].to_dict() == {}


@each_lesson
def test_another_key_changes_every_right_answer(lesson: Path) -> None:
    ours, theirs = (answers(lesson, "ana", key) for key in ("ours", "theirs"))
    rights = {name for name, sentence in ours if not sentence}
    assert {name for name in rights if ours[name, ""] == theirs[name, ""]} == set()


def test_the_measures_of_difficulty_find_what_is_too_near_and_too_much_the_same() -> None:
    columns = pd.MultiIndex.from_tuples([("q", ""), ("q", "tempting")])
    right = np.linspace(0, 99, 100)
    table = pd.DataFrame({0: right, 1: right + np.where(np.arange(100) < 10, 2.9, 3.1)}).set_axis(
        columns, axis=1
    )

    assert same(table["q", ""], 1.0) == pytest.approx(99 / 4950)
    assert same(table["q", ""] * 0, 1.0) == 1.0
    away = (table["q", "tempting"] - table["q", ""]).abs()
    assert (away < CLEAR).mean() == pytest.approx(0.1)


def test_nothing_of_the_lessons_stays_imported() -> None:
    load_assignment(LESSONS[0])
    assert not {"checks", "answers", "figures"} & set(sys.modules)
    assert not any(str(EXERCISES) in path for path in sys.path if os.path.isabs(path))


def test_a_guide_quotes_a_lesson_only_where_one_cell_is_meant(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["x = 1"]},
        {
            "cell_type": "code",
            "source": ["x = 1\n", "x"],
            "outputs": [{"data": {"text/plain": ["1  \n", "\n", "2"]}}],
        },
        {"cell_type": "code", "source": ["print(y)"], "outputs": [{"text": ["3\n"]}]},
    ]
    lesson = tmp_path / "lesson.ipynb"
    lesson.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    assert shown(lesson, "x = 1") == "1\n2"
    assert shown(lesson, "print(y)") == "3"
    for words, found in {"z": 0, "": 2}.items():
        with pytest.raises(
            ValueError, match=f"lesson.ipynb has {found} code cells with '{words}'; allowed: one"
        ):
            shown(lesson, words)
