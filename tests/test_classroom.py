"""The classroom: a world per student, the card, the answer sheet, and checks that answer in words."""

import json
import math
import os
import pickle
import subprocess
import sys
import unicodedata
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.classroom import Assignment, CardError, NotAttempted, WrongAnswer, assignments, mine, world
from sim.classroom import recipes as recipes_module
from sim.classroom.box import INK, LOOKS, Box
from sim.classroom.card import CARD
from sim.classroom.recipes import check_recipe, recipe
from sim.classroom.sheet import RIGHT, entry, verdict
from sim.classroom.world import Remembering
from sim.scenario import levers

NAME = assignments()[0]
SPENT = 4321.5
STUDENTS = [f"student {number}" for number in range(1000)]

# A world per student.


@pytest.mark.parametrize("assignment", assignments())
def test_every_recipe_can_be_made(assignment: str) -> None:
    check_recipe(assignment)


@pytest.mark.parametrize("other", ["ana", " ANA ", "Ana\t", "a\u00adna", "\ufeffana", "\uff41na"])
def test_capitals_spaces_and_what_nobody_sees_make_no_other_world(other: str) -> None:
    assert world(other, NAME) == world("Ana", NAME)


@given(name=st.text(min_size=1, max_size=12))
def test_the_way_unicode_is_stored_makes_no_other_world(name: str) -> None:
    stored = [unicodedata.normalize(form, f"x{name}") for form in ("NFC", "NFD", "NFKC", "NFKD")]
    stored = [one for one in stored if one.isprintable()]
    assert len({world(one, NAME).token for one in stored}) <= 1


@pytest.mark.parametrize("other", ["anna", "a na", "añà", "ana1", "ana 1", "1ana", "an"])
def test_ids_that_differ_make_other_worlds(other: str) -> None:
    assert world(other, NAME).token != world("ana", NAME).token


def test_the_name_of_the_world_of_an_accented_id_is_readable() -> None:
    assert world("  Zoë   MÜLLER ", NAME).student == "zoë müller"


def test_a_thousand_students_have_a_thousand_worlds_and_another_key_changes_all() -> None:
    ours, theirs = ({one: world(one, NAME, key) for one in STUDENTS} for key in ("ours", "theirs"))
    assert len({one.token for one in (*ours.values(), *theirs.values())}) == 2 * len(STUDENTS)
    assert len({one.seed for one in (*ours.values(), *theirs.values())}) == 2 * len(STUDENTS)


@pytest.mark.parametrize("assignment", assignments())
def test_each_lever_that_varies_takes_its_values_equally_often(assignment: str) -> None:
    """Chi-square of 1,000 draws; its mean is the degrees of freedom, its variance twice that."""
    companies = [world(one, assignment) for one in STUDENTS]
    for lever, (low, high, step) in recipe(assignment).vary.items():
        drawn = pd.Series([one._between(lever, low, high, step) for one in companies])
        cells = round((high - low) / step) + 1
        counts = drawn.value_counts()
        assert (drawn.min(), drawn.max()) == (pytest.approx(low), pytest.approx(high))
        expected = len(STUDENTS) / cells
        squares = ((counts - expected) ** 2 / expected).sum() + expected * (cells - len(counts))
        assert abs(squares - (cells - 1)) / math.sqrt(2 * (cells - 1)) < 4


def test_a_world_has_the_levers_of_its_recipe_and_the_drawn_ones() -> None:
    found, company = recipe(NAME), world("ana", NAME)
    for lever, value in found.levers.items():
        assert company.scenario[lever] == value
    for lever, (low, high, step) in found.vary.items():
        steps = (company.scenario[lever] - low) / step
        assert low <= company.scenario[lever] <= high
        assert steps == pytest.approx(round(steps))


def test_a_whole_numbered_lever_is_drawn_whole(recipes: Path) -> None:
    recipes.write_text('[it]\nscenario = "pizza"\nvary = {"clock.months" = [3, 9, 2]}\n', encoding="utf-8")
    drawn = {world(one, "it").scenario["clock.months"] for one in STUDENTS[:60]}
    assert drawn == {3, 5, 7, 9}
    assert {type(one) for one in drawn} == {int}


FEW = {"clock.months": 2, "acquisition.opening_customers": 30}


def test_twins_of_a_company_have_the_same_customers() -> None:
    company = world("ana", NAME)
    assert company.simulate(FEW).transactions.equals(company.simulate(FEW).transactions)


def test_a_remembering_company_lives_each_history_once_and_none_that_it_was_given() -> None:
    company = Remembering.of(world("ana", NAME))
    run = company.simulate(FEW)
    assert company.simulate(dict(reversed(FEW.items()))) is run
    company.remember({}, run)
    assert company.run is run


@pytest.mark.parametrize("student", ["", "  ", "\u200b\n"])
def test_an_empty_id_is_refused(student: str) -> None:
    with pytest.raises(ValueError, match=r"student is .*; allowed: any id that is not empty"):
        world(student, NAME)


@pytest.mark.parametrize("ids", [{"student": 17}, {"student": None}, {"key": b"secret"}, {"key": None}])
def test_an_id_or_key_that_is_no_text_is_refused(ids: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=r"(student|key) is .*; allowed: text"):
        world(**({"student": "ana", "assignment": NAME} | ids))  # type: ignore[arg-type]


def test_an_unknown_assignment_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=rf"assignment is '33_x'; allowed: .*{NAME}"):
        world("ana", "33_x")


# Recipes.


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of recipes in place of the bundled one."""
    monkeypatch.setattr(recipes_module, "RECIPES", tmp_path / "assignments.toml")
    return tmp_path / "assignments.toml"


PIZZA = 'scenario = "pizza"\n'
FAILURES = PIZZA + 'vary = {"experience.failure_rate" = '


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('scenario = "pizzza"', "no scenario 'pizzza'; there are airline"),
        ("set = {}", "scenario is"),
        (PIZZA + "very = {}", "very is {}"),
        (PIZZA + 'set = {"clock.month" = 3}', r"clock.month is not a lever; did you mean clock.months\?"),
        (PIZZA + 'set = {"clock.months" = 0}', "clock.months is 0; allowed: a whole number"),
        (PIZZA + 'vary = {"clock.month" = [3, 6, 1]}', "clock.month is not a lever"),
        (PIZZA + 'vary = {"clock.months" = [0, 6, 1]}', "clock.months is 0; allowed"),
        (PIZZA + 'vary = {"clock.months" = [3, 4.0, 0.5]}', "clock.months is 3.5; allowed"),
        (FAILURES + "[0.5, 1.5, 0.5]}", "failure_rate is 1.5; allowed"),
        (FAILURES + "[0.1, 0.2, 0.03]}", "3.33333 steps"),
        (FAILURES + "[0.2, 0.1, 0.1]}", "allowed: low < high"),
        (FAILURES + "[0.1, 0.2, 0]}", "allowed: low < high"),
        (FAILURES + "[0.1, 0.2]}", "vary.experience.failure_rate"),
        (FAILURES + "[0.1, nan, 0.1]}", "is nan"),
        (FAILURES + "[0.1, true, 0.1]}", "is True"),
        (FAILURES + '"0.1 to 0.2"}', "is '0.1 to 0.2'"),
    ],
    ids=str,
)
def test_a_recipe_that_cannot_be_is_refused_in_words(recipes: Path, text: str, complaint: str) -> None:
    recipes.write_text(f"[it]\n{text}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=complaint) as refusal:
        check_recipe("it")
    assert str(refusal.value).startswith("recipe of it: ")
    assert "\n" not in str(refusal.value)


# The card.


def questions() -> Assignment:
    """One question of each kind; the right amount is SPENT."""
    quiz = Assignment(NAME)
    quiz.number("spent", "EUR a year", 0.5, hints=["Add up.", "A year has 12 months."])
    quiz.choice("who", ["the loyal", "the new"])

    @quiz.judged("half")
    def half(company: object, function: object) -> str | None:
        """Right if it halves."""
        return None if function(8) == 4 else "the half of 8 is 4"  # type: ignore[operator]

    @quiz.judged("two")
    def two(company: object, first: object, second: object) -> str | None:
        """Right if the same."""
        return None if first == second else "they differ"

    return quiz


def answered() -> Assignment:
    quiz = questions()
    quiz.right("spent")(lambda company: SPENT)
    quiz.right("who")(lambda company: "the loyal")
    quiz.mistake("spent", "this is a month, asked for is a year")(lambda company: SPENT / 12)
    return quiz


def a_card() -> dict[str, object]:
    company = world("ana", NAME)
    sheets = {NAME: answered().answers(company)}
    return {"version": 1, "student": "ana", "worlds": {NAME: company.token}, "sheets": sheets}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A student's folder, and Python working two folders deeper."""
    deeper = tmp_path / "my exercises é" / "03 retention"
    deeper.mkdir(parents=True)
    monkeypatch.chdir(deeper)
    (tmp_path / CARD).write_text(json.dumps(a_card()), encoding="utf-8")
    return tmp_path


def test_the_nearest_card_says_whose_company_it_is(desk: Path) -> None:
    assert mine(NAME) == world("ana", NAME)


def test_a_card_saved_by_a_windows_editor_is_read(desk: Path) -> None:
    (desk / CARD).write_text(json.dumps(a_card(), indent=2), encoding="utf-8-sig", newline="\r\n")
    assert mine(NAME).student == "ana"


def test_without_a_card_one_is_told_where_to_get_it(desk: Path) -> None:
    (desk / CARD).unlink()
    with pytest.raises(FileNotFoundError, match=r"no student.json in .*03 retention or above.* copy"):
        mine(NAME)


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (b"", "is damaged"),
        (b"{'student': 1}", "is damaged"),
        (b"[1, 2]", "is not the card of a student"),
        ("é".encode("utf-16"), "is not a text file in UTF-8"),
        ({"student": 7}, "is damaged at student"),
        ({"worlds": []}, "is damaged at worlds"),
        ({"worlds": {NAME: "00"}}, f"is damaged at worlds.{NAME}"),
        ({"worlds": {NAME: "z" * 64}}, f"is damaged at worlds.{NAME}"),
        ({"worlds": {NAME: 3}}, f"is damaged at worlds.{NAME}"),
        ({"sheets": {NAME: ["right"]}}, f"is damaged at sheets.{NAME}"),
        ({"sheets": {NAME: {"ab": 1}}}, f"is damaged at sheets.{NAME}.ab"),
        ({"version": 2}, "is of version 2, this program reads 1"),
        ({"version": "1"}, "is damaged at version"),
        ({"worlds": {}}, f"holds nothing for '{NAME}', only for: nothing"),
        ({"worlds": {"00_x": "0" * 64}}, f"holds nothing for '{NAME}', only for: 00_x"),
    ],
)
def test_a_damaged_foreign_or_other_card_is_named(desk: Path, damage: object, complaint: str) -> None:
    written = damage if isinstance(damage, bytes) else json.dumps(a_card() | damage).encode()  # type: ignore[operator]
    (desk / CARD).write_bytes(written)
    with pytest.raises(CardError, match=complaint) as refusal:
        mine(NAME)
    assert "\n" not in str(refusal.value)
    assert CARD in str(refusal.value)


def test_a_card_without_the_sheet_or_an_older_one_says_so_instead_of_wrong(desk: Path) -> None:
    (desk / CARD).write_text(json.dumps(a_card() | {"sheets": {}}), encoding="utf-8")
    with pytest.raises(CardError, match=f"holds nothing for '{NAME}'"):
        questions().check("spent", SPENT)
    (desk / CARD).write_text(json.dumps(a_card()), encoding="utf-8")
    quiz = Assignment(NAME)
    quiz.number("spent", "EUR", 0.25)
    with pytest.raises(CardError, match=r"student.json is older than the question 'spent'; ask for"):
        quiz.check("spent", SPENT)


def test_another_students_card_makes_right_answers_wrong(desk: Path) -> None:
    foreign = a_card() | {"worlds": {NAME: world("ben", NAME).token}}
    (desk / CARD).write_text(json.dumps(foreign), encoding="utf-8")
    with pytest.raises(CardError, match="ask for a new one"):
        questions().check("spent", SPENT)


# The sheet.


@given(right=st.floats(-1e6, 1e6), tolerance=st.floats(1e-3, 1e3), off=st.floats(-1, 1))
def test_what_lies_within_the_tolerance_is_right(right: float, tolerance: float, off: float) -> None:
    sheet = {entry("t", "q", right, tolerance): RIGHT}
    assert verdict(sheet, "t", "q", right + 0.999 * off * tolerance, tolerance) == RIGHT


@given(right=st.floats(-1e6, 1e6), tolerance=st.floats(1e-3, 1e3), off=st.floats(1.501, 1e6))
def test_what_is_off_by_more_than_one_and_a_half_tolerances_never_is(
    right: float, tolerance: float, off: float
) -> None:
    sheet = {entry("t", "q", right, tolerance): RIGHT}
    assert verdict(sheet, "t", "q", right + off * tolerance, tolerance) is None
    assert verdict(sheet, "t", "q", right - off * tolerance, tolerance) is None


@pytest.mark.parametrize("answer", [1e308, -1e308, 2.0**60, 1e17])
def test_a_number_beyond_the_grid_is_wrong_not_an_error(answer: float) -> None:
    assert verdict({entry("t", "q", 1.0, 1e-3): RIGHT}, "t", "q", answer, 1e-3) is None


def test_neither_another_token_nor_another_question_has_the_same_entries() -> None:
    hashes = {entry(token, name, 1.0, 0.1) for token in ("a", "b") for name in ("p", "q")}
    assert len(hashes) == 4


def test_the_sheet_holds_no_answer_in_plain_and_its_order_tells_nothing() -> None:
    sheet = answered().answers(world("ana", NAME))
    assert list(sheet) == sorted(sheet)
    assert sorted(sheet.values()) == [
        "asked",
        "asked",
        "right",
        "right",
        "this is a month, asked for is a year",
    ]
    assert all(len(one) == 16 for one in sheet)


def test_a_mistake_that_happens_to_be_right_is_right(desk: Path) -> None:
    quiz = answered()
    quiz.mistake("spent", "this is last year")(lambda company: SPENT)
    assert RIGHT in quiz.answers(world("ana", NAME)).values()
    assert "this is last year" not in quiz.answers(world("ana", NAME)).values()


@pytest.mark.parametrize("nothing", [math.nan, math.inf])
def test_a_mistake_that_has_no_value_in_a_company_is_left_out(nothing: float) -> None:
    quiz = answered()
    quiz.mistake("spent", "nobody")(lambda company: nothing)
    assert "nobody" not in quiz.answers(world("ana", NAME)).values()


# What authors are told.


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda quiz: quiz.number("spent", "EUR", 1.0), "question 'spent' is there already"),
        (lambda quiz: quiz.number("new", "EUR", 0.0), "tolerance 0.0; allowed"),
        (lambda quiz: quiz.number("new", "EUR", math.inf), "tolerance inf; allowed"),
        (lambda quiz: quiz.number("new", "", 1.0), "unit is ''"),
        (lambda quiz: quiz.number("new", "EUR", 1.0, hints="Add up."), "new: hints is a text; allowed"),
        (lambda quiz: quiz.choice("new", "yes"), "allowed: at least two words"),
        (lambda quiz: quiz.choice("new", ["yes", "Yes "]), "allowed: at least two words"),
        (lambda quiz: quiz.right("spend")(abs), "no question 'spend'; did you mean 'spent'"),
        (lambda quiz: quiz.mistake("spend", "no")(abs), "no question 'spend'; did you mean 'spent'"),
        (lambda quiz: quiz.mistake("spent", "right")(abs), "the sentence about a mistake is 'right'"),
    ],
)
def test_a_question_that_cannot_be_is_refused(wrong: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        wrong(questions())  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "right"), [("spent", math.nan), ("spent", "much"), ("who", "nobody"), ("who", 3.0)]
)
def test_a_right_answer_that_cannot_be_given_is_refused(name: str, right: object) -> None:
    quiz = answered()
    quiz.right(name)(lambda company: right)
    with pytest.raises(ValueError, match=f"{NAME}: right answer of '{name}' is"):
        quiz.answers(world("ana", NAME))


def test_a_question_nobody_can_answer_is_refused() -> None:
    with pytest.raises(ValueError, match=f"{NAME}: question 'spent' has no right answer"):
        questions().answers(world("ana", NAME))


# What a check says.


def said(desk: Path, name: str, *answers: object) -> str:
    with pytest.raises(WrongAnswer) as refusal:
        questions().check(name, *answers)
    return str(refusal.value)


@pytest.mark.parametrize(
    "answer",
    [SPENT, SPENT + 0.4, np.float64(SPENT), np.float32(SPENT), np.array(SPENT), Decimal("4321.5"),
     Fraction(8643, 2), pd.Series([SPENT]).sum(), 4321],
    ids=repr,
)  # fmt: skip
def test_every_kind_of_number_is_taken(
    desk: Path, answer: object, capsys: pytest.CaptureFixture[str]
) -> None:
    questions().check("spent", answer)
    assert capsys.readouterr().out == "[Right] spent\n"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (SPENT / 12, "this is a month, asked for is a year"),
        (100 * SPENT, "this is 100 times too large; asked for: EUR a year"),
        (SPENT / 100, "this is 100 times too small; asked for: EUR a year"),
        (-SPENT, "this is of the wrong sign; asked for: EUR a year"),
        (SPENT + 5, "asked for: EUR a year"),
        (0.0, "asked for: EUR a year"),
        (10**400, "got a number too large"),
        (1e308, "asked for: EUR a year"),
        (math.nan, "got NaN, which comes from 0/0"),
        (np.float64("inf"), "got infinity"),
        (Decimal("NaN"), "got NaN"),
        (Decimal("sNaN"), "got a number too large"),
        (True, "got True"),
        (np.True_, "got True"),
        ("4321.5", "got the text '4321.5': write a number, without quotes"),
        ("43 %", "without quotes and without the % sign"),
        (pd.Series([1.0, 2.0]), "got a Series of length 2"),
        (pd.Series([SPENT]), "got a Series of length 1, take the number out of it"),
        (pd.DataFrame({"a": [1, 2, 3]}), "got a DataFrame of length 3"),
        (np.array([1.0, 2.0]), "got a ndarray of length 2"),
        ([SPENT], "got a list of length 1, take the number out of it"),
        ({}, "got a dict of length 0"),
        (pd.Series([1.0]).mean, "is a pair of brackets () missing?"),
        (1 + 2j, "got complex"),
        (pd.NA, "got NAType"),
        (pd.Timedelta("1D"), "got Timedelta"),
    ],
    ids=repr,
)
def test_a_wrong_answer_gets_one_sentence_that_helps(desk: Path, answer: object, sentence: str) -> None:
    assert sentence in said(desk, "spent", answer)
    assert "\n" not in said(desk, "spent", answer)


def test_near_zero_a_factor_of_100_is_coincidence_and_not_named(desk: Path) -> None:
    quiz = questions()
    quiz.right("spent")(lambda company: 1.0)
    quiz.right("who")(lambda company: "the new")
    card = a_card() | {"sheets": {NAME: quiz.answers(world("ana", NAME))}}
    (desk / CARD).write_text(json.dumps(card), encoding="utf-8")
    assert "times too" not in said(desk, "spent", 100.0)
    assert "wrong sign" not in said(desk, "spent", -1.0)


@pytest.mark.parametrize("answer", ["the loyal", " The Loyal ", np.str_("the loyal")])
def test_capitals_and_spaces_around_a_word_do_not_count(desk: Path, answer: str) -> None:
    questions().check("who", answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("the new", "this is not what happens in your company"),
        ("the old", "got 'the old'; allowed: 'the loyal', 'the new'"),
        (3, "got int; allowed: 'the loyal', 'the new'"),
        (pd.Series(["the loyal"]), "got Series; allowed"),
    ],
    ids=repr,
)
def test_a_wrong_word_is_told_from_one_that_is_not_allowed(desk: Path, answer: object, sentence: str) -> None:
    assert sentence in said(desk, "who", answer)


def not_written(value: float) -> float:  # type: ignore[empty-body]
    """The half of it."""


def of_something(value: float) -> float:
    """The half of it."""
    return 3.0


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("spent", (...,)),
        ("spent", (None,)),
        ("half", (not_written,)),
        ("two", (1, ...)),
        ("two", ({"clock.months": ...}, 1)),
        ("two", ([1, ...], 1)),
    ],
)
def test_a_placeholder_is_not_attempted(
    desk: Path, name: str, answers: tuple[object, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotAttempted, match=f"{name}: not attempted yet"):
        questions().check(name, *answers)
    assert capsys.readouterr().out.startswith(f"[Not attempted] {name}: write your answer")


def test_a_short_function_is_an_attempt(desk: Path) -> None:
    assert "the half of 8 is 4" in said(desk, "half", of_something)
    questions().check("half", lambda value: value / 2)


def test_code_of_a_student_that_raises_is_wrong_and_says_where(desk: Path) -> None:
    def leaves(value: float) -> float:
        sys.exit("enough")

    assert "your code raised ZeroDivisionError: division by zero" in said(
        desk, "half", lambda value: value / 0
    )
    assert "your code raised SystemExit: enough" in said(desk, "half", leaves)
    assert "your code raised RecursionError" in said(desk, "half", endless)
    assert "your code raised TypeError" in said(desk, "half", 5)


def endless(value: float) -> float:
    return endless(value)


def test_an_interrupt_goes_through(desk: Path) -> None:
    def stopped(value: float) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        questions().check("half", stopped)


def test_a_question_that_does_not_exist_is_one_sentence(desk: Path) -> None:
    for asked in (questions().check, questions().hint):
        with pytest.raises(ValueError, match=f"{NAME} has no question 'spend'; did you mean 'spent'"):
            asked("spend")
        with pytest.raises(ValueError, match=f"{NAME} has no question 'zzz'; there are spent, who"):
            asked("zzz")


@pytest.mark.parametrize(
    ("name", "answers", "takes"), [("spent", (), 1), ("spent", (1, 2), 1), ("two", (1,), 2)]
)
def test_a_wrong_number_of_answers_is_one_sentence(
    desk: Path, name: str, answers: tuple[object, ...], takes: int
) -> None:
    with pytest.raises(ValueError, match=f"takes {takes} answers?; got {len(answers)}"):
        questions().check(name, *answers)


def test_a_judge_that_answers_neither_none_nor_a_sentence_is_the_authors_error(desk: Path) -> None:
    quiz = questions()
    quiz.judged("new")(lambda company, answer: True)  # type: ignore[arg-type,return-value]
    with pytest.raises(TypeError, match="the judge of 'new' returned True; allowed: None or a sentence"):
        quiz.check("new", 1)


def test_only_a_question_with_hints_points_to_them(desk: Path) -> None:
    assert "(try hint('spent'))" in said(desk, "spent", 1)
    assert "hint" not in said(desk, "who", "the new")


@pytest.mark.parametrize(
    ("name", "answer", "sentence", "is_named"),
    [
        ("spent", SPENT / 12, "this is a month, asked for is a year", True),
        ("spent", -SPENT, "this is of the wrong sign; asked for: EUR a year", True),
        ("spent", 1, "asked for: EUR a year", False),
        ("who", "the new", "this is not what happens in your company", False),
        ("half", lambda value: 1 / 0, "your code raised ZeroDivisionError: division by zero", True),
    ],
)
def test_a_wrong_answer_knows_its_sentence_and_whether_that_names_the_mistake(
    desk: Path, name: str, answer: object, sentence: str, is_named: bool
) -> None:
    with pytest.raises(WrongAnswer) as refusal:
        questions().check(name, answer)
    found = pickle.loads(pickle.dumps(refusal.value))
    assert str(found) == str(refusal.value)
    assert (found.question, found.is_named, found.has_hints) == (name, is_named, name == "spent")
    assert found.sentence.startswith(sentence)


@pytest.mark.parametrize(
    ("name", "number", "shown"),
    [
        ("spent", 1, "[Hint] 1 of 2 for spent: Add up."),
        ("spent", 2, "[Hint] 2 of 2 for spent: A year has 12 months."),
        ("spent", 3, "[Hint] spent has no hint 3: there are 2: ask for hint('spent', 1) first"),
        ("spent", 0, "[Hint] spent has no hint 0: there are 2"),
        ("spent", -1, "[Hint] spent has no hint -1: there are 2"),
        ("spent", "2", "[Hint] spent has no hint '2': there are 2"),
        ("who", 1, "[Hint] who has no hint 1: there are no hints"),
    ],
)
def test_a_hint_is_shown_or_said_to_be_missing(
    name: str, number: object, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    questions().hint(name, number)  # type: ignore[arg-type]
    assert capsys.readouterr().out.startswith(shown)


# Nothing leaks.


def test_nothing_of_the_right_answer_is_in_what_a_student_gets_to_see(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quiz = questions()
    for answer in (1.0, 100 * SPENT, -SPENT, SPENT / 12, "text", math.nan):
        with pytest.raises(WrongAnswer) as refusal:
            quiz.check("spent", answer)
        frame = refusal.tb
        while frame is not None:
            if "sim" in Path(frame.tb_frame.f_code.co_filename).parts:
                seen = {name: one for name, one in frame.tb_frame.f_locals.items() if name != "answers"}
                assert "4321.5" not in repr(seen)
            frame = frame.tb_next
        assert "4321" not in str(refusal.value)
        assert refusal.value.__cause__ is None
    for number in (1, 2, 3):
        quiz.hint("spent", number)
    assert "4321" not in capsys.readouterr().out
    assert "4321" not in (desk / CARD).read_text(encoding="utf-8")


def test_a_notebook_shows_the_sentence_and_no_traceback() -> None:
    wrong = WrongAnswer("spent", "no", is_named=False, has_hints=False)
    assert wrong._render_traceback_() == ["WrongAnswer: spent: no"]
    assert issubclass(WrongAnswer, AssertionError) and issubclass(NotAttempted, AssertionError)


# The box.


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("outcome", LOOKS)
def test_the_box_says_in_words_what_its_colour_says_and_is_readable_in_any_theme(outcome: str) -> None:
    word, background, edge = LOOKS[outcome]
    shown = Box(outcome, "spent", "no")._repr_html_()
    assert f"<strong>{word}</strong>" in shown
    assert f"color:{INK};background-color:{background}" in shown
    assert contrast(INK, background) >= 4.5
    assert contrast(edge, background) >= 3
    assert len({one[0] for one in LOOKS.values()}) == len(LOOKS)


def test_what_a_student_wrote_is_text_in_the_box_not_html() -> None:
    assert "<img" not in Box("wrong", "<img src=x>", "got '<img src=x>'")._repr_html_()


def test_a_check_in_a_plain_terminal_is_readable(desk: Path) -> None:
    """Outside IPython, in a terminal that has only ASCII."""
    program = f"""
from sim.classroom import Assignment
quiz = Assignment({NAME!r})
quiz.number("spent", "EUR a year", 0.5, hints=["Add up."])
quiz.hint("spent")
quiz.check("spent", {SPENT})
quiz.check("spent", 1)
"""
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment
    )
    assert done.stdout.splitlines() == [
        "[Hint] 1 of 1 for spent: Add up.",
        "[Right] spent",
        "[Not yet] spent: asked for: EUR a year",
    ]
    assert done.stderr.splitlines()[-1].endswith(
        "WrongAnswer: spent: asked for: EUR a year (try hint('spent'))"
    )


def test_no_lever_of_a_recipe_is_hidden_from_the_reference() -> None:
    known = {one.name for one in levers()}
    assert {lever for one in assignments() for lever in recipe(one).vary} <= known
