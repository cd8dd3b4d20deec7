"""Releasing: every student gets notebooks, checks, a company, and nothing that gives an answer away."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import joblib
import nbformat
import pytest

import sim
from sim.classroom import release as releasing
from sim.classroom.card import Card
from sim.classroom.cards import card, cards
from sim.classroom.exercises import lessons, masters, student_notebook
from sim.classroom.release import release
from sim.classroom.roster import folder_names, read_roster
from sim.classroom.submission import short
from sim.classroom.world import World, world
from submissions import EXERCISE, KEY, LESSON, right_number, small_exercises
from terminal import Reply, type_in

REAL = Path(__file__).resolve().parent.parent / "exercises"


@pytest.fixture
def exercises(tmp_path: Path) -> Path:
    return small_exercises(tmp_path / "my exercises é")


@pytest.fixture(autouse=True)
def tiny_companies() -> Iterator[None]:
    """The exercise asks for the seed alone, so companies can be small; no other process makes the sheets."""
    tiny = sim.load("retail").change({"acquisition.opening_customers": 5, "clock.months": 1})
    with pytest.MonkeyPatch.context() as patch, joblib.parallel_config("threading", n_jobs=1):
        patch.setattr(World, "scenario", tiny)
        yield


def files_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def released(exercises: Path, out: Path, *options: object) -> Reply:
    return type_in("class", "release", out, "--exercises", exercises, *options)


@pytest.fixture
def given(tmp_path: Path) -> tuple[object, ...]:
    """The options that name a roster of three, as Excel saves it, and the key."""
    roster, key = tmp_path / "my class.csv", tmp_path / "key.txt"
    roster.write_bytes("\ufeffname;Student\r\nA;Ana Núñez\r\nB;ben\r\n\r\nC;o'hara/7\r\n".encode())
    key.write_text(KEY + "\n", encoding="utf-8")
    return ("--students", roster, "--key-file", key)


def test_each_student_gets_the_notebooks_the_checks_and_a_card(
    exercises: Path, tmp_path: Path, given: tuple[object, ...]
) -> None:
    reply = released(exercises, tmp_path / "out", *given)
    assert reply.code == 0, reply.err
    wanted = {"student.json", f"{LESSON}/checks.py", f"{LESSON}/{EXERCISE}.ipynb"}
    assert {one.name for one in (tmp_path / "out").iterdir()} == {
        "Ana Núñez",
        "ben",
        "o_hara_7",
        "release.json",
    }
    assert all(set(files_of(tmp_path / "out" / one)) == wanted for one in ("Ana Núñez", "ben", "o_hara_7"))


def test_a_released_notebook_is_the_student_notebook_with_a_stamp(
    exercises: Path, tmp_path: Path, given: tuple[object, ...]
) -> None:
    released(exercises, tmp_path / "out", *given)
    notebook = nbformat.read(tmp_path / "out" / "ben" / LESSON / f"{EXERCISE}.ipynb", 4)
    mark = notebook.metadata.pop("crm")
    token = world("ben", LESSON, KEY).token
    assert mark == {"student": "ben", "assignment": LESSON, "exercise": EXERCISE, "world": short(token)}
    assert notebook == student_notebook(masters(exercises / LESSON)[0])


def test_the_key_is_nowhere_in_a_release(exercises: Path, tmp_path: Path, given: tuple[object, ...]) -> None:
    released(exercises, tmp_path / "out", *given)
    assert not any(KEY in text or KEY in path for path, text in files_of(tmp_path / "out").items())


def test_a_student_holds_no_other_students_token_and_no_plain_answer(
    exercises: Path, tmp_path: Path, given: tuple[object, ...]
) -> None:
    released(exercises, tmp_path / "out", *given)
    everything = "".join(files_of(tmp_path / "out" / "ben").values())
    assert world("ben", LESSON, KEY).token in everything
    assert world("Ana Núñez", LESSON, KEY).token not in everything
    assert str(right_number("ben")) not in everything


def secret_lines(master: Path) -> set[str]:
    """Lines of a master between the markers of solutions and hidden tests that students see nowhere."""
    hidden, inside = set(), False
    for line in master.read_text(encoding="utf-8").splitlines():
        if "### BEGIN" in line or "### END" in line:
            inside = "### BEGIN" in line
        elif inside and line.strip():
            hidden.add(line.strip())
    shown = "\n".join(one.source for one in student_notebook(master).cells)
    return {line for line in hidden if line not in map(str.strip, shown.splitlines())}


@pytest.mark.parametrize("source", ["small", "real"])
def test_no_file_of_a_release_holds_a_line_of_a_solution_or_a_hidden_test(
    source: str, exercises: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = lessons(exercises if source == "small" else REAL)
    tokens = {one.name: world("ana", one.name).token for one in folders}
    blank = {"ana": Card(student="ana", worlds=tokens, sheets={})}
    monkeypatch.setattr(releasing, "cards", lambda *_: blank)  # sheets are hashes: they hold no line
    release(folders, tmp_path / "out", ["ana"])
    notebooks = {path: text for path, text in files_of(tmp_path / "out").items() if path.endswith(".ipynb")}
    secrets = {one: secret_lines(one) for folder in folders for one in masters(folder)}
    assert len(notebooks) == len(secrets) > 0
    assert all(secrets.values()), "the search has lost the solutions"
    for master, lines in secrets.items():
        text = notebooks[f"ana/{master.parent.parent.name}/{master.stem}.ipynb"]
        sources = [line.strip() for cell in json.loads(text)["cells"] for line in cell["source"]]
        assert not lines & set(sources)
        assert "BEGIN SOLUTION" not in text and "HIDDEN TESTS" not in text
        assert all(not cell.get("outputs") for cell in json.loads(text)["cells"])


def test_a_zip_holds_the_same_and_has_the_same_bytes_again(
    exercises: Path, tmp_path: Path, given: tuple[object, ...]
) -> None:
    released(exercises, tmp_path / "out", *given)
    for name in ("one", "two"):
        assert released(exercises, tmp_path / name, *given, "--zip").code == 0
    path = tmp_path / "one" / "Ana Núñez.zip"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "unpacked")
    assert files_of(tmp_path / "unpacked" / "Ana Núñez") == files_of(tmp_path / "out" / "Ana Núñez")
    assert path.read_bytes() == (tmp_path / "two" / "Ana Núñez.zip").read_bytes()


def test_without_a_roster_there_is_one_folder_for_practice_and_a_warning(
    exercises: Path, tmp_path: Path
) -> None:
    reply = released(exercises, tmp_path / "out")
    assert reply.code == 0
    assert "without a key everybody can work out everybody's company" in reply.err
    assert (tmp_path / "out" / "practice" / "student.json").is_file()


def test_an_empty_key_warns(exercises: Path, tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text(" \n")
    assert "without a key" in released(exercises, tmp_path / "out", "--key-file", tmp_path / "key.txt").err


def test_a_release_can_be_renewed_and_extended(exercises: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    release([exercises / LESSON], out, ["ana"], KEY)
    before = files_of(out)
    release([exercises / LESSON], out, ["ana", "ben"], KEY)
    after = files_of(out)
    assert {path: after[path] for path in before if path != "release.json"} == {
        path: text for path, text in before.items() if path != "release.json"
    }
    assert json.loads(after["release.json"])["students"] == {"ana": "ana", "ben": "ben"}


def test_what_somebody_worked_on_is_not_overwritten(exercises: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    release([exercises / LESSON], out, ["ana"], KEY)
    worked = out / "ana" / LESSON / f"{EXERCISE}.ipynb"
    worked.write_text("work of hours")
    reply = released(exercises, out)  # practice is new, so nothing is lost
    assert reply.code == 0
    with pytest.raises(ValueError, match="was changed since it was released"):
        release([exercises / LESSON], out, ["ben", "ana"], KEY)
    assert worked.read_text() == "work of hours"
    assert not (out / "ben").exists()


def test_cards_of_a_class_are_those_of_each_student_alone(exercises: Path) -> None:
    both = cards(["ana", "ben"], [exercises / LESSON], KEY)
    assert both["ben"] == card("ben", [exercises / LESSON], KEY)
    assert both["ana"].worlds != both["ben"].worlds
    assert "right" in both["ana"].sheets[LESSON].values()


# Wrong use.


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--lesson", "3"), "lesson is '3'; allowed: 03_retention"),
        (("--students", "none.csv"), "No such file"),
        (("--students", "empty.csv"), "names no student"),
        (("--students", "twice.csv"), "twice"),
        (("--students", "latin.csv"), "not UTF-8"),
        (("--key-file", "none.txt"), "No such file"),
        (("--exercises", "nowhere"), "holds no lesson with masters"),
    ],
    ids=str,
)
def test_wrong_use_of_release_gets_one_line_and_writes_nothing(
    options: tuple[str, ...], says: str, exercises: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.csv").write_text("student\n\n")
    Path("twice.csv").write_text("ana\nANA \n")
    Path("latin.csv").write_bytes("é".encode("latin-1"))
    place = () if "--exercises" in options else ("--exercises", exercises)
    reply = type_in("class", "release", "out", *place, *options)
    *warnings, last = reply.err.splitlines()
    assert (reply.code, reply.out) == (2, "")
    assert says in last
    assert all("without a key" in one for one in warnings)
    assert not Path("out").exists()


@pytest.mark.parametrize("content", [None, "{}", "not json", "[]"])
def test_a_folder_with_something_else_is_left_alone(
    content: str | None, exercises: Path, tmp_path: Path
) -> None:
    out = tmp_path / "thesis"
    out.mkdir()
    (out / ("chapter.txt" if content is None else "release.json")).write_text(content or "years")
    before = files_of(out)
    reply = released(exercises, out)
    assert reply.code == 2
    assert "holds something else than a release" in reply.err
    assert files_of(out) == before


def test_a_file_is_no_place_for_a_release(exercises: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    reply = released(exercises, tmp_path / "out")
    assert reply.code == 2
    assert "is a file" in reply.err


def test_build_of_a_folder_without_masters_gets_one_line(tmp_path: Path) -> None:
    reply = type_in("class", "build", tmp_path)
    assert (reply.code, reply.out, len(reply.err.splitlines())) == (2, "", 1)


# Rosters and names of folders.


@pytest.mark.parametrize(
    ("text", "students"),
    [
        ("ana\nben\n", ["ana", "ben"]),
        ("\ufeffstudent\nana\n\n ben \n", ["ana", "ben"]),
        ('id,"Student",mark\n1,"Núñez, Ana",5\n2,ben,6', ["Núñez, Ana", "ben"]),
        ("student\tmark\nana\t1", ["ana"]),
        ("Núñez, Ana\nben", ["Núñez, Ana", "ben"]),
    ],
)
def test_a_roster_is_read_as_people_write_it(text: str, students: list[str], tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(text, encoding="utf-8")
    assert read_roster(tmp_path / "roster.csv") == students


def test_folders_have_names_that_every_file_system_takes_and_no_two_the_same() -> None:
    names = folder_names(["a/b", "a\\b", "CON", "..", "é", "x" * 300, "nul.txt", "ana."])
    assert list(names.values()) == ["a_b", "a_b-2", "_CON", "_", "é", "x" * 80, "_nul.txt", "ana"]
