"""Grading a folder of notebooks: whatever was handed in, the right row comes out."""

import io
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import joblib
import nbformat
import pandas as pd
import pytest
from nbformat import NotebookNode

import sim
from sim.classroom import grade as grading
from sim.classroom import sandbox
from sim.classroom.master import Master
from sim.classroom.report import read_grades
from sim.classroom.roster import Names
from sim.classroom.submission import Unreadable, read_submission, steps, tampered, untouched
from sim.classroom.world import World
from submissions import (
    EXERCISE,
    KEY,
    LESSON,
    cell_of,
    handed_in,
    master_of,
    right_number,
    save,
    small_exercises,
    without,
)
from terminal import type_in

TIMEOUT = 12
COPIES = [f"copy {number:02}" for number in range(13)]
"""Students who handed in what Ana made in her company."""
IDLE = [f"idle {number}" for number in range(5)]
"""Students of the roster who handed in nothing."""
LOOP = """\
import time
while True:
    time.sleep(0.1)
"""
STUBBORN = """\
import time
while True:
    try:
        time.sleep(1)
    except KeyboardInterrupt:
        pass
"""
FORGED = """\
import builtins, checks, sim.classroom, sim.classroom.assignment
from sim.classroom.assignment import Assignment
check = checks.check = Assignment.check = builtins.check = lambda *answers: None
sim.classroom.assignment._judged = lambda *answers: None
digits = 1
"""


@pytest.fixture(scope="module")
def exercises(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_exercises(tmp_path_factory.mktemp("my exercises é"))


@pytest.fixture(scope="module")
def master(exercises: Path) -> Master:
    return master_of(exercises)


@pytest.fixture(scope="module", autouse=True)
def tiny_companies() -> Iterator[None]:
    """The exercise asks for the seed alone, so companies can be small; no other process makes the sheets."""
    tiny = sim.load("retail").change({"acquisition.opening_customers": 5, "clock.months": 1})
    with pytest.MonkeyPatch.context() as patch, joblib.parallel_config("threading", n_jobs=1):
        patch.setattr(World, "scenario", tiny)
        yield


def all_kinds(master: Master) -> dict[str, NotebookNode]:
    """A notebook of each kind that has to be run, by the name of the student."""
    tampered_with = handed_in(master, "tam", {"digits": "digits = 1", "plan": "plan = {}"})
    cell_of(tampered_with, "digits-check").source = "pass"
    unstamped = handed_in(master, "Ana Núñez")
    del unstamped.metadata["crm"]
    cell_of(unstamped, "digits").source = f"digits = {right_number('Ana Núñez')}"
    return {
        "Ana Núñez": handed_in(master, "Ana Núñez"),
        "half right": handed_in(
            master,
            "half right",
            {
                "digits": f"digits = {right_number('half right')} / 1000",
                "plan": 'plan = {"discounts.depth": 0.2}',
                "double": "def double(number):\n    return abs(2 * number)",
            },
        ),
        "untouched": handed_in(master, "untouched", {}),
        "looping": handed_in(master, "looping", {"digits": LOOP, "plan": 'plan = {"discounts.depth": 0.2}'}),
        "stubborn": handed_in(master, "stubborn", {"plan": STUBBORN}),
        "rude": handed_in(
            master,
            "rude",
            {
                "digits": "import sys\nsys.exit(0)",
                "plan": "print('x' * 10**7)\nplan = {'discounts.depth': 0.2}",
                "double": "double = input('name? ')",
            },
        ),
        "gone": handed_in(master, "gone", {"plan": "import os\nos._exit(0)"}),
        "tam": without(tampered_with, "plan-check"),
        "forger": handed_in(master, "forger", {"digits": FORGED, "double": "double = lambda number: 0"}),
        "typist": unstamped,  # Ana's numbers and functions, without her stamp
    }


def unreadable_files(folder: Path) -> set[str]:
    """Files that are no notebooks, or not for this exercise; returns whose they are."""
    files = {
        "zero": b"",
        "half": b'{"cells": [',
        "list": b"[]",
        "number": b"7",
        "latin": "é".encode("latin-1"),
        "nothing": b"{}",
        "strange": json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [7]}).encode(),
        "deep": b"[" * 100_000,
    }
    for name, content in files.items():
        (folder / f"{name}.ipynb").write_bytes(content)
    (folder / "folder.ipynb").mkdir()
    (folder / "readme.txt").write_text("not graded")
    (folder / "._zero.ipynb").write_bytes(b"what macOS leaves in zips")
    return {*files, "folder"}


@pytest.fixture(scope="module")
def forty(exercises: Path, master: Master, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The grades of forty students, as the command writes them."""
    folder = tmp_path_factory.mktemp("handed in ü")
    kinds = all_kinds(master)
    for student, notebook in kinds.items():
        save(notebook, folder / f"{student}.ipynb")
    for student in COPIES:
        save(kinds["Ana Núñez"], folder / f"{student}.ipynb")
    broken = unreadable_files(folder)
    others = handed_in(master, "elsewhere")
    others.metadata["crm"]["exercise"] = "2_others"
    save(others, folder / "elsewhere.ipynb")
    save(handed_in(master, "keyless", key=""), folder / "keyless.ipynb")
    save(handed_in(master, "Ana Núñez"), folder / "nobody.ipynb")
    (folder / "key.txt").write_text(f"\ufeff{KEY}\n", encoding="utf-8")
    roster = sorted({*kinds, *COPIES, *broken, *IDLE, "elsewhere", "keyless"})
    (folder / "roster.csv").write_text("\n".join(["student", *roster]), encoding="utf-8-sig")
    reply = type_in(
        *("class", "grade", folder, "--key-file", folder / "key.txt", "--students", folder / "roster.csv"),
        *("--out", folder / "grades.csv", "--timeout", TIMEOUT, "--exercises", exercises),
        *("--lesson", LESSON, "--exercise", EXERCISE),
    )
    assert reply.code == 0, reply.err
    assert "1 were released with another key" in reply.err
    return read_grades(folder / "grades.csv").set_index("student")


def test_forty_submissions_get_the_status_that_is_true_of_them(forty: pd.DataFrame) -> None:
    expected = {
        **dict.fromkeys(COPIES, "other student's world"),
        **dict.fromkeys(IDLE, "not submitted"),
        **dict.fromkeys(["zero", "half", "list", "number", "latin", "nothing", "strange"], "unreadable"),
        **dict.fromkeys(["deep", "folder"], "unreadable"),
        **dict.fromkeys(["Ana Núñez", "half right", "rude", "forger", "typist"], "graded"),
        **dict.fromkeys(["looping", "stubborn"], "timed out"),
        **{"elsewhere": "other exercise", "keyless": "other student's world", "nobody": "unknown student"},
        **{"untouched": "not attempted", "gone": "crashed", "tam": "tampered"},
    }
    assert forty["status"].to_dict() == expected
    assert len(expected) == 40


def test_forty_submissions_get_the_points_they_earned(forty: pd.DataFrame) -> None:
    earned = {"Ana Núñez": 5, "half right": 3, "looping": 2, "rude": 2, "typist": 4}
    assert forty["score"][forty["score"] > 0].to_dict() == earned
    assert set(forty["max_score"]) == {5}


def test_the_outcome_names_the_mistake_and_hides_hidden_tests(forty: pd.DataFrame) -> None:
    half = forty.loc["half right"]
    assert half["digits outcome"] == "wrong: these are thousands of customers"
    assert half["plan outcome"] == "right"
    assert (half["double outcome"], half["double-hidden outcome"]) == ("right", "wrong")


def test_a_question_that_loops_costs_only_its_own_points(forty: pd.DataFrame) -> None:
    looping = forty.loc["looping"]
    assert "timed out at digits" in looping["detail"]
    assert looping["plan outcome"] == "right"


def test_what_comes_after_the_end_of_a_notebook_is_not_reached(forty: pd.DataFrame) -> None:
    for student in ("stubborn", "gone"):
        assert forty.loc[student, "digits outcome"] == "not attempted"
        assert forty.loc[student, "plan outcome"] == "not reached"


def test_a_forged_check_earns_nothing(forty: pd.DataFrame) -> None:
    forger = forty.loc["forger"]
    assert forger["digits outcome"] == "wrong"  # no more is known
    assert forger["double outcome"] == "wrong: function(21) is not 42"
    assert forger["score"] == 0


def test_numbers_typed_in_from_another_company_are_wrong(forty: pd.DataFrame) -> None:
    typist = forty.loc["typist"]
    assert "no stamp" in typist["detail"]
    assert typist["digits outcome"].startswith("wrong")


def test_changed_and_deleted_cells_are_named_and_restored(forty: pd.DataFrame) -> None:
    tam = forty.loc["tam"]
    assert tam["detail"].startswith("digits-check changed; plan-check missing")
    assert tam["digits outcome"].startswith("wrong")
    assert tam["plan outcome"].startswith("wrong")


def test_a_copy_says_whose_company_it_was_made_for(forty: pd.DataFrame) -> None:
    assert forty.loc[COPIES[0], "detail"] == "made for 'Ana Núñez'"
    assert forty.loc["keyless", "detail"] == "made with another key"


# What is run of a notebook, without running it.


def sources(notebook: NotebookNode, master: Master) -> list[str]:
    return [one.code if one.hands_in is None else f"<{one.question}>" for one in steps(notebook, master)]


def test_a_solved_notebook_runs_as_it_is_with_answers_taken_where_checks_stand(master: Master) -> None:
    shown = sources(handed_in(master, "ana", {"digits": "digits = 1"}), master)
    assert shown[1:5] == ["digits = 1", "<digits>", "plan = ...\n# your code here", "<plan>"]


def test_missing_cells_come_back_where_they_were(master: Master) -> None:
    notebook = without(handed_in(master, "ana"), "digits-check", "double-check", "double-hidden")
    del notebook.cells[:2]
    assert sources(notebook, master) == sources(handed_in(master, "ana"), master)
    assert tampered(notebook, master) == [
        f"{one} missing" for one in ("digits-check", "double-check", "double-hidden")
    ]


def test_cells_are_known_by_their_text_where_a_platform_dropped_all_marks(master: Master) -> None:
    notebook = handed_in(master, "ana")
    for number, cell in enumerate(notebook.cells):
        cell.metadata, cell["id"] = NotebookNode(), f"x{number}"
    assert sources(notebook, master)[-2:] == ["<double>", "<double-hidden>"]
    assert tampered(notebook, master) == []


def test_of_a_check_that_is_there_twice_the_last_one_counts(master: Master) -> None:
    notebook = handed_in(master, "ana", {"digits": "digits = 1"})
    notebook.cells += [cell_of(notebook, "digits"), cell_of(notebook, "digits-check")]
    shown = sources(notebook, master)
    assert shown.count("<digits>") == 1
    assert shown[-2:] == ["digits = 1", "<digits>"]
    assert tampered(notebook, master) == []


def test_blanks_at_line_ends_are_no_tampering(master: Master) -> None:
    notebook = handed_in(master, "ana")
    cell_of(notebook, "plan-check").source += "  \n"
    assert tampered(notebook, master) == []


def test_a_question_is_untouched_until_its_cell_or_its_name_is_used(master: Master) -> None:
    notebook = handed_in(master, "ana", {"digits": "digits = 1"})
    assert untouched(notebook, master) == {"plan", "double", "double-hidden"}
    notebook.cells.append(nbformat.v4.new_code_cell("plan['discounts.depth'] = 0.2"))
    assert untouched(notebook, master) == {"double", "double-hidden"}


def test_cells_of_the_students_own_run_where_they_stand(master: Master) -> None:
    notebook = handed_in(master, "ana")
    notebook.cells.insert(2, nbformat.v4.new_code_cell("import math"))
    assert sources(notebook, master)[1] == "import math"
    assert tampered(notebook, master) == []


def test_a_notebook_of_format_3_is_read(master: Master, tmp_path: Path) -> None:
    old = nbformat.v3.new_notebook(
        worksheets=[nbformat.v3.new_worksheet(cells=[nbformat.v3.new_code_cell(input="digits = 3")])]
    )
    path = tmp_path / "old.ipynb"
    path.write_text(nbformat.v3.writes_json(old), encoding="utf-8")
    assert "digits = 3" in sources(read_submission(path), master)


def test_cells_with_one_id_are_all_read(master: Master, tmp_path: Path) -> None:
    notebook = handed_in(master, "ana")
    for cell in notebook.cells:
        cell["id"] = "same"
    path = tmp_path / "ana.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert sources(read_submission(path), master) == sources(handed_in(master, "ana"), master)


def test_a_huge_file_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.classroom.submission.LARGEST", 10)
    (tmp_path / "a.ipynb").write_text("{}" * 10)
    with pytest.raises(Unreadable, match="too large"):
        read_submission(tmp_path / "a.ipynb")


# Names of files.


@pytest.mark.parametrize(
    ("stem", "student"),
    [
        ("Núñez Ana_12345_assignsubmission_file_1_repeat", "nuñez ana"),
        ("hana", None),
        ("ANA", "ana"),
        ("ana  (2)", "ana"),
        ("ana maria_1", "ana maria"),
        ("ana and ben", None),
        ("20231_late", "20231"),
        ("120231", None),
    ],
)
def test_the_longest_id_of_the_roster_in_a_name_is_the_student(stem: str, student: str | None) -> None:
    names = Names(["ana", "ben", "ana maria", "Nu\u0301n\u0303ez Ana", "nuñez ana", "20231"])
    found = names.student(stem)
    assert found == student or (found == "Nu\u0301n\u0303ez Ana" and stem.startswith("Núñez"))


def test_a_pattern_finds_the_id() -> None:
    assert Names(pattern="_([a-z]+)_").student("hw_ana_7") == "ana"
    assert Names(pattern="_([a-z]+)_").student("7") is None


# The sandbox.


def test_the_sandbox_hides_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "secret")
    assert "secret" not in sandbox.environment(tmp_path).values()
    assert sandbox.environment(tmp_path)["HOME"] == str(tmp_path)


def test_the_sandbox_cuts_the_network_wherever_it_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        call = f"import socket; socket.create_connection({server.getsockname()!r}, 5)"
        tried = subprocess.run([*sandbox.network_cutter(), sys.executable, "-c", call], capture_output=True)
    assert (tried.returncode != 0) == (sandbox.network_cutter() != ())


def test_the_sandbox_limits_memory_on_linux() -> None:
    wish = ("timeit", "-n", "1", "-r", "1", f"bytes({2 * sandbox.MEMORY_LIMIT})")
    command = [one for one in sandbox.command(*wish) if one not in sandbox.network_cutter()]
    tried = subprocess.run(command, capture_output=True, check=False)
    assert (b"MemoryError" in tried.stderr) == sys.platform.startswith("linux")


# Interruption and lessons that fail.


def test_interrupted_grading_keeps_the_rows_that_are_done(
    master: Master, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(paper: grading.Paper, *_: object) -> None:
        if paper.student == "ben":
            raise KeyboardInterrupt
        paper.status = grading.GRADED

    monkeypatch.setattr(grading, "_run_and_judge", run)
    monkeypatch.setattr(grading, "AT_A_TIME", 1)
    for student in ("ana", "ben", "cai"):
        save(handed_in(master, student, key=""), tmp_path / f"{student}.ipynb")
    reply = type_in(
        *("class", "grade", tmp_path, "--out", tmp_path / "grades.csv"), "--exercises", master.lesson.parent
    )
    done = read_grades(tmp_path / "grades.csv")["student"].tolist()
    assert reply.code == 130
    assert f"stopped with {len(done)} of 3 submissions graded" in reply.err
    assert "ben" not in done


def test_a_lesson_whose_answers_fail_is_not_blamed_on_students(tmp_path: Path) -> None:
    exercises = small_exercises(tmp_path / "broken")
    (exercises / LESSON / "answers.py").write_text("from checks import quiz\n", encoding="utf-8")
    save(handed_in(master_of(exercises), "ana", key=""), tmp_path / "ana.ipynb")
    reply = type_in("class", "grade", tmp_path, "--exercises", exercises)
    assert (reply.code, reply.out) == (1, "")
    assert "the answers of 03_retention fail for 'ana'" in reply.err.splitlines()[-1]


def test_without_what_only_instructors_need_one_line_says_how_to_install_it(
    exercises: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nbgrader", None)
    for module in ("exercises", "master", "answer_key"):
        monkeypatch.delitem(sys.modules, f"sim.classroom.{module}", raising=False)
    for module in [one for one in sys.modules if one.startswith("nbgrader.")]:
        monkeypatch.delitem(sys.modules, module)
    reply = type_in("class", "key", "ana", "--lesson", LESSON, "--exercises", exercises)
    assert (reply.code, reply.out, len(reply.err.splitlines())) == (2, "", 1)
    assert 'pip install "crm-flight-simulator[classroom]"' in reply.err


# Wrong use.


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere",), "is not a folder of submissions"),
        ((".",), "holds no file that ends in .ipynb"),
        (("SUBS", "--lesson", "3"), "lesson is '3'"),
        (("SUBS", "--exercise", "9_none"), "exercise is '9_none'"),
        (("SUBS", "--key-file", "none.txt"), "No such file"),
        (("SUBS", "--students", "none.csv"), "No such file"),
        (("SUBS", "--pattern", "("), "regular expression"),
        (("SUBS", "--pattern", "a"), "one with one (group)"),
        (("SUBS", "--out", "grades.xlsx"), "ends in .csv"),
        (("SUBS", "--timeout", "0"), "timeout"),
        (("SUBS", "--exercises", "nowhere"), "no lesson with masters"),
    ],
    ids=str,
)
def test_wrong_use_of_grade_gets_one_line(
    arguments: tuple[str, ...], says: str, master: Master, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "SUBS").mkdir()
    save(handed_in(master, "ana"), tmp_path / "SUBS" / "ana.ipynb")
    given = arguments if "--exercises" in arguments else (*arguments, "--exercises", master.lesson.parent)
    reply = type_in("class", "grade", *given)
    *warnings, last = reply.err.splitlines()
    assert (reply.code, reply.out) == (2, "")
    assert says in last
    assert all("without a key" in one for one in warnings)


def test_an_exercise_cannot_be_guessed_from_stamps_that_differ(master: Master, tmp_path: Path) -> None:
    other = handed_in(master, "ben")
    other.metadata["crm"]["exercise"] = "2_other"
    save(handed_in(master, "ana"), tmp_path / "ana.ipynb")
    save(other, tmp_path / "ben.ipynb")
    reply = type_in("class", "grade", tmp_path, "--exercises", master.lesson.parent)
    assert reply.code == 2
    assert "the notebooks name 1_numbers, 2_other as their exercise; say which with --exercise" in reply.err


# The key and the report.


def test_the_key_shows_right_answers_and_known_mistakes(exercises: Path, tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text(KEY, encoding="utf-8")
    asked = ("class", "key", "ANA", "--lesson", LESSON, "--key-file", tmp_path / "key.txt")
    reply = type_in(*asked, "--exercises", exercises, "--format", "json")
    answers = json.loads(reply.out)["answers"]
    right = next(one for one in answers if one["verdict"] == "right")
    assert (right["question"], right["answer"]) == ("digits", right_number("ana"))
    assert {one["verdict"] for one in answers} == {
        "right",
        "these are thousands of customers",
        "judged in the company",
    }
    assert f"{right_number('ana')}" in type_in(*asked, "--exercises", exercises, "--exercise", EXERCISE).out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ana", "--lesson", "x"), "lesson is 'x'"),
        ((" ", "--lesson", LESSON), "student is ' '"),
        (("ana", "--lesson", LESSON, "--exercise", "7"), "exercise is '7'"),
    ],
    ids=str,
)
def test_wrong_use_of_key_gets_one_line(arguments: tuple[str, ...], says: str, exercises: Path) -> None:
    reply = type_in("class", "key", *arguments, "--exercises", exercises)
    assert reply.code == 2
    assert says in reply.err.splitlines()[-1]


def test_the_report_counts_outcomes_and_names_mistakes(forty: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "grades.csv"
    forty.reset_index().to_csv(path, index=False, encoding="utf-8-sig")
    text = type_in("class", "report", path).out
    assert "| plan | 5 |" in text  # Ana, half right, looping, rude, typist
    assert "these are thousands of customers" in text
    assert all(one in text.partition("Nothing attempted")[2] for one in [*IDLE, "untouched"])


def test_the_report_as_a_page_escapes_what_students_wrote(forty: pd.DataFrame, tmp_path: Path) -> None:
    evil = forty.reset_index()
    evil.loc[evil["status"] == "not submitted", "student"] = "<script>alert(1)</script>"
    evil.to_csv(tmp_path / "grades.csv", index=False)
    reply = type_in("class", "report", tmp_path / "grades.csv", "--out", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert reply.code == 0
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "http" not in page


@pytest.mark.parametrize("content", ["", "a,b\n1,2", "student,status,score,max_score\n", "\xff\xfe"])
def test_a_report_on_something_else_gets_one_line(content: str, tmp_path: Path) -> None:
    (tmp_path / "grades.csv").write_bytes(content.encode("latin-1"))
    reply = type_in("class", "report", tmp_path / "grades.csv")
    assert (reply.code, reply.out, len(reply.err.splitlines())) == (2, "", 1)


def test_a_table_of_grades_is_safe_in_a_spreadsheet(master: Master, tmp_path: Path) -> None:
    (tmp_path / "=1+1.ipynb").write_bytes(b"")
    which = ("--lesson", LESSON, "--exercise", EXERCISE, "--exercises", master.lesson.parent)
    reply = type_in("class", "grade", tmp_path, *which)
    assert reply.code == 0
    assert pd.read_csv(io.StringIO(reply.out))["student"].tolist() == ["'=1+1"]
