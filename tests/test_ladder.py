"""The product ladder of a scenario: kept by changes and files, refused in one sentence if impossible."""

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import sim
from sim import Scenario, ScenarioError, run_files
from sim.levers.extension import MOST_RUNGS, Rung
from worlds import some_examples

NAMES = st.text(min_size=1, max_size=40)
NUMBERS = {"price": st.floats(0, 10, exclude_min=True), "need": st.floats(0, 1)}
RUNGS = st.builds(Rung, name=NAMES, **NUMBERS)
LADDERS = st.lists(RUNGS, max_size=MOST_RUNGS, unique_by=lambda rung: rung.name).map(tuple)

COMMENTED = """\
name = "mine"

# Dearer from rung to rung.
[[ladder]]
name = "beans"           # for those with a mill
price = 5e-1
need = 0.6

[clock]
months = 6               # half a year

[[ladder]]
name = "mill"
price = 2                # twice the basket
need = 0.25
"""
BEANS, MILL = Rung(name="beans", price=0.5, need=0.6), Rung(name="mill", price=2, need=0.25)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def refusal(**values: Any) -> str:
    """The one sentence with which a scenario is refused."""
    with pytest.raises(ScenarioError) as caught:
        Scenario(**values)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def rung(**values: Any) -> dict[str, Any]:
    return {"name": "mill", "price": 2.0, "need": 0.25, **values}


# What a ladder is.


def test_a_scenario_has_no_ladder_unless_it_states_one() -> None:
    assert Scenario().ladder == ()


def test_the_ladder_is_no_lever() -> None:
    assert not any(one.name.startswith("ladder") for one in sim.levers())
    with pytest.raises(ScenarioError, match=r"^ladder is not a lever"):
        Scenario().change({"ladder": ()})


def test_rungs_may_be_given_as_rungs_or_as_tables() -> None:
    assert Scenario(ladder=[rung(), BEANS]).ladder == (MILL, BEANS)


def test_a_rung_cannot_be_altered_in_place() -> None:
    with pytest.raises(ValidationError):
        MILL.price = 3.0


def test_scenarios_with_other_ladders_are_other_scenarios() -> None:
    assert Scenario(ladder=[MILL]) == Scenario(ladder=[MILL])
    assert Scenario(ladder=[MILL]) != Scenario(ladder=[BEANS])
    assert Scenario(ladder=[MILL, BEANS]) != Scenario(ladder=[BEANS, MILL])


@given(LADDERS)
def test_no_change_of_levers_or_name_touches_the_ladder(ladder: tuple[Rung, ...]) -> None:
    scenario = Scenario(ladder=ladder)
    changed = scenario.change({"extension.offers_share": 0.5}).rename("other", "").base()
    assert changed.ladder == scenario.ladder == ladder


def test_a_scenario_made_of_the_parts_of_another_is_equal() -> None:
    scenario = Scenario(ladder=[MILL, BEANS])
    assert Scenario(**dict(scenario)) == scenario


# What a ladder cannot be.

PRICE = "allowed: above 0, up to 10: share of the customer's mean basket that it adds"
NEED = "allowed: 0 to 1: share of customers who truly need it"
NAME = "allowed: a text of 1 to 40 characters"
LADDER = "allowed: [[ladder]] tables with name, price, need"

WRONG: dict[str, tuple[Any, str]] = {
    "a price below 0": ([rung(price=-1)], f"ladder.1.price is -1; {PRICE}"),
    "a price of 0": ([rung(price=0)], f"ladder.1.price is 0; {PRICE}"),
    "a price beyond 10": ([rung(price=10.5)], f"ladder.1.price is 10.5; {PRICE}"),
    "the second rung": ([rung(), rung(name="b", need=1.5)], f"ladder.2.need is 1.5; {NEED}"),
    "a need below 0": ([rung(need=-0.1)], f"ladder.1.need is -0.1; {NEED}"),
    "no number": ([rung(need=math.nan)], f"ladder.1.need is nan; {NEED}"),
    "beyond all numbers": ([rung(price=math.inf)], f"ladder.1.price is inf; {PRICE}"),
    "text for a number": ([rung(price="2")], f"ladder.1.price is '2'; {PRICE}"),
    "true for a number": ([rung(need=True)], f"ladder.1.need is True; {NEED}"),
    "an empty name": ([rung(name="")], f"ladder.1.name is ''; {NAME}"),
    "a long name": ([rung(name="m" * 41)], f"ladder.1.name is '{'m' * 41}'; {NAME}"),
    "a number for a name": ([rung(name=5)], f"ladder.1.name is 5; {NAME}"),
    "no need": ([{"name": "mill", "price": 2.0}], f"ladder.1.need is missing; {NEED}"),
    "something else": ([rung(cost=1)], "ladder.1.cost is not part of a rung; allowed: name, price, need"),
    "a name twice": ([rung(), BEANS, rung()], "ladder.3.name is 'mill'; allowed: each name once"),
    "too many": ([rung(name=f"{n}") for n in range(9)], "ladder has 9 rungs; allowed: at most 8"),
    "a rung that is no table": ([rung(), 1], f"ladder.2 is 1; {LADDER}"),
    "a number for a ladder": (5, f"ladder is 5; {LADDER}"),
    "one table": ({"name": "a"}, f"ladder is {{'name': 'a'}}; {LADDER}"),
    "several": ([rung(price=-1, need=2)], f"ladder.1.price is -1; {PRICE} (and 1 more)"),
}


@pytest.mark.parametrize(("ladder", "sentence"), WRONG.values(), ids=WRONG)
def test_an_impossible_ladder_is_refused_with_rung_value_and_what_is_allowed(
    ladder: Any, sentence: str
) -> None:
    assert refusal(ladder=ladder) == sentence


def test_eight_rungs_and_the_bounds_themselves_are_accepted() -> None:
    ladder = [rung(name="m" * (n + 33), price=10, need=n % 2) for n in range(MOST_RUNGS)]
    assert len(Scenario(ladder=ladder).ladder) == MOST_RUNGS == 8


@pytest.mark.parametrize("line", ["price = -1", "price = 0.0", "need = 2", "name = 3"])
def test_an_impossible_rung_in_a_file_is_refused_by_its_place(line: str, path: Path) -> None:
    field, _, value = line.partition(" = ")
    own = "\n".join(line if one.startswith(field) else one for one in MILL_LINES)
    expected = rf"^ladder\.2\.{field} is {value}; allowed: "
    with pytest.raises(ScenarioError, match=expected):
        sim.load(written(path, f"[[ladder]]\n{BEANS_TEXT}[[ladder]]\n{own}\n"))


BEANS_TEXT = 'name = "beans"\nprice = 0.5\nneed = 0.6\n'
MILL_LINES = ['name = "mill"', "price = 2.0", "need = 0.25"]


# Files.


@settings(some_examples, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LADDERS)
def test_a_scenario_with_any_ladder_comes_back_from_its_file_exactly(
    path: Path, ladder: tuple[Rung, ...]
) -> None:
    scenario = Scenario(ladder=ladder)
    assert sim.load(sim.save(scenario, path)) == scenario


def test_the_ladders_comments_numbers_and_places_survive_load_change_and_save(path: Path) -> None:
    scenario = sim.load(written(path, COMMENTED))
    assert scenario.ladder == (BEANS, MILL)
    sim.save(scenario.change({"clock.months": 12}), path)
    kept = path.read_text(encoding="utf-8").splitlines()
    changed = [line for line in COMMENTED.splitlines() if line not in kept]
    assert changed == ["months = 6               # half a year"]
    assert sim.load(path).ladder == (BEANS, MILL)


SHAPES = {
    "inline tables": "ladder = [{name='beans', price=0.5, need=0.6}, {name='mill', price=2, need=0.25}]",
    "tables": f"[[ladder]]\n{BEANS_TEXT}[[ladder]]\n" + "\n".join(MILL_LINES),
    "after the sections": f"[clock]\nmonths = 3\n[[ladder]]\n{BEANS_TEXT}[[ladder]]\n"
    + "\n".join(MILL_LINES),
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_any_way_to_write_the_ladder_can_be_loaded_changed_and_saved(text: str, path: Path) -> None:
    scenario = sim.load(written(path, text)).change({"clock.months": 9})
    assert scenario.ladder == (BEANS, MILL)
    sim.save(scenario, path)
    once = path.read_bytes()
    assert sim.load(path) == scenario
    sim.save(sim.load(path), path)
    assert path.read_bytes() == once


def test_a_ladder_that_is_gone_is_gone_from_the_file(path: Path) -> None:
    scenario = sim.load(written(path, COMMENTED)).model_copy(update={"ladder": ()})
    sim.save(scenario, path)
    assert sim.load(path) == scenario
    assert "ladder" not in path.read_text(encoding="utf-8")


def test_a_saved_run_keeps_the_ladder_of_its_scenario(tmp_path: Path) -> None:
    scenario = Scenario(ladder=[BEANS, MILL])
    run_files.write(tmp_path / "run", scenario, 7, {})
    assert run_files.read(tmp_path / "run", ()) == (scenario, 7, {})
