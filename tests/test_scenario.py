"""Levers are declared completely; a scenario validates, never alters, and says what is wrong."""

import copy
import math
import re
import sys
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim import Lever, Scenario, ScenarioError
from sim.compiled import LOOPS
from sim.scenario import SECTIONS
from sim.world.operands import operands

LEVERS = sim.levers()
SECTION_OF = {type(getattr(Scenario(), name)): name for name in SECTIONS}
NUMBERS = [one for one in LEVERS if one.kind in (int, float)]
SHARES = [one for one in NUMBERS if (one.low, one.high) == (0, 1)]
CELLS = {
    f"{phase} / {factor}"
    for phase in ("acquisition", "retention", "extension")
    for factor in ("marketing orientation", "value creation", "innovative IT")
}
PURE_NUMBERS = {
    f"market.{name}"
    for name in ("rate_shape", "dropout_a", "dropout_b", "life_shape", "spend_shape", "spend_heterogeneity")
} | {"market.renewal_alpha", "market.renewal_beta"}
CHURN_MODELS = "one of 'bg/nbd', 'pareto/nbd', 'sbg'"
START = "clock.start"


def refusal(levers: Any) -> str:
    """The one sentence with which a change is refused."""
    with pytest.raises(ScenarioError) as caught:
        Scenario().change(levers)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_levers_are_named_by_section_and_field_each_once() -> None:
    names = [one.name for one in LEVERS]
    assert len(set(names)) == len(names) > 40
    assert {name.partition(".")[0] for name in names} == set(SECTIONS)
    assert names == [
        f"{section}.{field}"
        for section in SECTIONS
        for field in type(getattr(Scenario(), section)).model_fields
    ]
    assert sim.levers() is LEVERS


@pytest.mark.parametrize("lever", LEVERS, ids=lambda one: one.name)
def test_a_lever_is_declared_completely(lever: Lever) -> None:
    assert re.fullmatch(r"[A-Z][^.]*[^.\s]", lever.label)
    assert re.fullmatch(r"[A-Za-z][^\n]*\.", lever.what)
    assert "  " not in lever.what
    assert lever.source.strip() and not lever.source.endswith(".")
    assert lever.cell is None or lever.cell in CELLS
    assert (lever.unit == "") == (lever not in NUMBERS or lever.name in PURE_NUMBERS)
    assert Scenario()[lever.name] == lever.default
    assert type(Scenario()[lever.name]) is (str if lever.choices else lever.kind)


@pytest.mark.parametrize("lever", NUMBERS, ids=lambda one: one.name)
def test_a_number_has_bounds_a_step_and_a_default_within_them(lever: Lever) -> None:
    assert lever.low is not None and lever.high is not None and lever.step is not None
    assert math.isfinite(lever.low) and math.isfinite(lever.high)
    assert lever.low <= lever.default <= lever.high
    assert 0 < lever.step <= lever.high - lever.low
    assert lever.kind is float or lever.step == int(lever.step)


def test_choices_and_dates_have_neither_bounds_nor_step() -> None:
    others = [one for one in LEVERS if one not in NUMBERS]
    assert {one.name: one.choices for one in others} == {
        "market.churn_model": ("bg/nbd", "pareto/nbd", "sbg"),
        "extension.termination_way": ("reprice", "self-service", "part"),
        "loyalty.redemption": ("reward", "amount"),
        "loyalty.expiry": ("none", "fixed", "rolling", "lot"),
        "privileges.period": ("rolling", "calendar"),
        "privileges.landing": ("soft", "reset"),
        "discounts.audience": ("everybody", "members", "lapsing"),
        START: (),
    }
    assert all(one.low is one.high is one.step is None for one in others)


def test_a_strength_is_a_number_that_may_be_0() -> None:
    strengths = [one for one in LEVERS if one.strength]
    assert len(strengths) > 3
    assert all(one in NUMBERS and one.low <= 0 <= one.high for one in strengths)


EVERYTHING = {
    "acquisition.opening_customers": 60,
    "acquisition.organic_leads_per_month": 20,
    **{f"acquisition.{channel}_spend_per_month": 500 for channel in ("paid", "trial", "deal")},
    "experience.failure_rate": 0.1,
    "experience.delight_rate": 0.1,
    "word_of_mouth.referrals_per_promoter": 0.1,
    "word_of_mouth.detractor_drag": 1,
    "fulfilment.capacity": 2,
    "sales.representatives": 1,
    "service.complaint_share": 0.5,
    "service.questions": 0.1,
    "service.failed_logins": 0.1,
    "extension.offers_share": 0.5,
    "extension.upsell_share": 0.2,
    "extension.termination_share": 1,
    "loyalty.points_per_unit": 5,
    "loyalty.bonus_share": 0.5,
    "loyalty.redemption_hassle": 1,
    "loyalty.fraud_rate": 0.1,
    "loyalty.pending_days": 1,
    "loyalty.expiry": "lot",
    "loyalty.expiry_months": 2,
    "privileges.silver_spend": 10,
    "privileges.validity_months": 1,
    "discounts.depth": 0.2,
    "rebates.rate": 0.1,
    "market.return_rate": 0.1,
    "market.term_bills": 2,
    "clock.months": 6,
}


class Watched:
    """The operands of interpreted loops, which note what is read."""

    def __init__(self, section: str, operands: Any, found: set[str]) -> None:
        self._section, self._operands, self._found = section, operands, found

    def __getitem__(self, first: int) -> Any:
        return self

    def __setitem__(self, name: str, value: float) -> None:
        self._operands[name] = value

    def __getattr__(self, name: str) -> Any:
        self._found.add(f"{self._section}.{name}")
        return getattr(self._operands[0], name)


def interpret_loops(patch: pytest.MonkeyPatch, found: set[str]) -> None:
    """Loops in plain Python, as nobody can watch what is compiled; what they read of levers is noted."""
    for loop in (one for one in LOOPS if one.__module__.startswith("sim.world")):
        patch.setattr(sys.modules[loop.__module__], loop.__name__, loop.py_func)

    def watched(levers: Any, **more: float) -> Watched:
        return Watched(SECTION_OF[type(levers)], operands(levers, **more), found)

    for name, module in list(sys.modules.items()):
        if name.startswith("sim.world") and hasattr(module, "operands"):
            patch.setattr(module, "operands", watched)


@pytest.fixture(scope="module")
def read() -> set[str]:
    """Levers whose values are looked at while companies live and their books are kept."""
    found: set[str] = set()

    def look(self: Any, field: str) -> Any:
        if field in type(self).model_fields:
            found.add(f"{SECTION_OF.get(type(self))}.{field}")
        return object.__getattribute__(self, field)

    with pytest.MonkeyPatch.context() as patch:
        interpret_loops(patch, found)
        for section in SECTION_OF:
            patch.setattr(section, "__getattribute__", look)
        for churn_model in ("bg/nbd", "pareto/nbd", "sbg"):
            scenario = sim.load("coffee").change({**EVERYTHING, "market.churn_model": churn_model})
            sim.simulate(scenario, 7).kpis()
    return found


@pytest.mark.parametrize("lever", LEVERS, ids=lambda one: one.name)
def test_every_lever_is_read_by_the_world_or_the_books(lever: Lever, read: set[str]) -> None:
    assert lever.name in read


def test_levers_say_in_words_what_is_allowed() -> None:
    allowed = {one.name: one.allowed for one in LEVERS}
    assert allowed["market.churn_model"] == CHURN_MODELS
    assert allowed["clock.months"] == "a whole number from 1 to 240 months"
    assert allowed["finance.gross_margin"] == "0 to 1 share of sales"
    assert allowed["surveys.response_bias"] == "-2 to 2 log-odds per point"
    assert allowed[START] == "a date from 1900-01-01 to 2199-12-31"


# Values.


@settings(max_examples=300)
@given(st.data())
def test_any_number_within_the_bounds_is_kept_exactly(data: st.DataObject) -> None:
    lever = data.draw(st.sampled_from(NUMBERS))
    within = st.integers if lever.kind is int else st.floats
    value = data.draw(within(lever.low, lever.high))
    found = Scenario().change({lever.name: value})[lever.name]
    assert (found, type(found)) == (value, lever.kind)


@settings(max_examples=300)
@given(st.data())
def test_any_number_outside_the_bounds_is_refused_with_name_value_and_what_is_allowed(
    data: st.DataObject,
) -> None:
    lever = data.draw(st.sampled_from(NUMBERS))
    numbers = st.integers() if lever.kind is int else st.floats()
    value = data.draw(numbers.filter(lambda x: not lever.low <= x <= lever.high))
    assert refusal({lever.name: value}) == f"{lever.name} is {value!r}; allowed: {lever.allowed}"


@pytest.mark.parametrize("lever", NUMBERS, ids=lambda one: one.name)
def test_only_the_bounds_themselves_and_what_is_between_is_accepted(lever: Lever) -> None:
    below, above = np.nextafter(lever.low, -np.inf), np.nextafter(lever.high, np.inf)
    for value in (below, above) if lever.kind is float else (lever.low - 1, lever.high + 1):
        assert lever.name in refusal({lever.name: value})
    for bound in (lever.low, lever.high):
        assert Scenario().change({lever.name: bound})[lever.name] == bound


NOT_A_NUMBER = [
    True,
    False,
    "0.5",
    "",
    b"1",
    None,
    math.nan,
    math.inf,
    -math.inf,
    [0.5],
    {"a": 0.5},
    1j,
    date.today(),
]


@pytest.mark.parametrize("value", NOT_A_NUMBER, ids=repr)
@pytest.mark.parametrize("name", ["finance.gross_margin", "clock.months"])
def test_what_is_no_number_is_refused_where_a_number_should_be(name: str, value: object) -> None:
    allowed = {one.name: one.allowed for one in LEVERS}[name]
    assert refusal({name: value}) == f"{name} is {value!r}; allowed: {allowed}"


@pytest.mark.parametrize("value", [2.5, 1e300, 0.9999999, np.float64(3.1)])
def test_a_fraction_is_refused_where_a_whole_number_should_be(value: float) -> None:
    expected = f"clock.months is {float(value)!r}; allowed: a whole number from 1 to 240 months"
    assert refusal({"clock.months": value}) == expected


@pytest.mark.parametrize("value", ["BG/NBD", "bg", "", None, 1, True, ["bg/nbd"]])
def test_a_choice_must_be_one_of_its_words(value: object) -> None:
    expected = f"market.churn_model is {value!r}; allowed: {CHURN_MODELS}"
    assert refusal({"market.churn_model": value}) == expected


BAD_DATES = ["2025-02-30", "31.1.2025", "tomorrow", "", 86400, 0.0, True, None, datetime(2025, 1, 1, 12)]


@pytest.mark.parametrize("value", [*BAD_DATES, date(1899, 12, 31), date(2200, 1, 1), date.max], ids=repr)
def test_a_date_must_be_a_day_of_the_calendar_in_range(value: object) -> None:
    expected = f"clock.start is {value!r}; allowed: a date from 1900-01-01 to 2199-12-31"
    assert refusal({START: value}) == expected


@pytest.mark.parametrize(
    "value",
    [
        "2024-02-29",
        date(2024, 2, 29),
        datetime(2024, 2, 29),
        pd.Timestamp("2024-02-29"),
        np.datetime64("2024-02-29"),
    ],
    ids=repr,
)
def test_a_day_may_be_given_as_date_text_or_timestamp(value: object) -> None:
    start = Scenario().change({START: value})[START]
    assert (start, type(start)) == (date(2024, 2, 29), date)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("finance.gross_margin", np.float64(0.25), 0.25),
        ("finance.gross_margin", np.float32(0.25), 0.25),
        ("finance.gross_margin", np.int8(1), 1.0),
        ("finance.gross_margin", 1, 1.0),
        ("clock.months", np.int64(12), 12),
        ("clock.months", np.uint8(12), 12),
        ("clock.months", np.float64(12), 12),
        ("clock.months", 12.0, 12),
        ("market.churn_model", np.str_("pareto/nbd"), "pareto/nbd"),
    ],
    ids=repr,
)
def test_numpy_scalars_become_plain_values(name: str, value: object, kept: object) -> None:
    found = Scenario().change({name: value})[name]
    assert (found, type(found)) == (kept, type(kept))


# Names.


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("loyalty.point_per_unit", "loyalty.points_per_unit"),
        ("points_per_unit", "loyalty.points_per_unit"),
        ("months", "clock.months"),
        ("clock.Months", "clock.months"),
        ("clock.start.year", "clock.start"),
    ],
)
def test_a_misspelt_lever_is_refused_with_a_hint(name: str, hint: str) -> None:
    expected = f"{name} is not a lever; did you mean {hint}?"
    assert refusal({name: 1}) == expected
    with pytest.raises(ScenarioError, match=re.escape(expected)):
        Scenario()[name]


@pytest.mark.parametrize(
    "name", ["name", "market", "loyalty", "starting_customers", "", ".", "§§§", 5, None, ("a",)]
)
def test_what_is_no_lever_is_refused_and_never_hinted_at_itself(name: Any) -> None:
    sentence = refusal({name: 1})
    assert sentence.startswith(f"{name} is not a lever")
    assert f"did you mean {name}?" not in sentence


@given(st.text())
def test_any_unknown_name_is_refused_by_name(name: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario().change({name: 1})
    assert str(caught.value).startswith(f"{name} is not a lever")


def test_an_unknown_section_and_an_unknown_field_are_refused_when_a_scenario_is_made() -> None:
    with pytest.raises(ScenarioError, match=r"^markt is not a lever; did you mean market\?$"):
        Scenario(markt={})
    with pytest.raises(
        ScenarioError, match=r"^market.rate_shap is not a lever; did you mean market.rate_shape\?$"
    ):
        Scenario(market={"rate_shap": 1.0})
    with pytest.raises(ScenarioError, match=r"^market is 5; input should be a valid dictionary"):
        Scenario(market=5)
    with pytest.raises(ScenarioError, match=r"^name is 5; input should be a valid string$"):
        Scenario(name=5)


@given(st.sets(st.sampled_from(SHARES), min_size=2, max_size=6))
def test_several_errors_are_counted_and_the_first_is_told(wrong: set[Lever]) -> None:
    first = next(one for one in LEVERS if one in wrong)
    expected = f"{first.name} is 7; allowed: {first.allowed} (and {len(wrong) - 1} more)"
    assert refusal({one.name: 7 for one in wrong}) == expected


def test_scenario_errors_are_value_errors() -> None:
    assert issubclass(ScenarioError, ValueError)


# A scenario.


def test_change_gives_a_new_scenario_and_leaves_the_old_one_alone() -> None:
    old = sim.load("coffee")
    before = old.model_dump()
    new = old.change({"loyalty.points_per_unit": 2.0, "clock.months": 6})
    assert old.model_dump() == before
    assert (new["loyalty.points_per_unit"], new["clock.months"]) == (2.0, 6)
    assert (new.name, new.description, new.currency) == (old.name, old.description, old.currency)
    changed = {one.name for one in LEVERS if new[one.name] != old[one.name]}
    assert changed == {"loyalty.points_per_unit", "clock.months"}


def test_a_refused_change_changes_nothing() -> None:
    old = Scenario()
    with pytest.raises(ScenarioError):
        old.change({"clock.months": 6, "finance.gross_margin": 2})
    assert old == Scenario()


@given(st.data())
def test_a_change_and_its_opposite_cancel(data: st.DataObject) -> None:
    lever = data.draw(st.sampled_from(NUMBERS))
    value = data.draw((st.integers if lever.kind is int else st.floats)(lever.low, lever.high))
    changed = Scenario().change({lever.name: value})
    assert (changed == Scenario()) == (value == lever.default)
    assert changed.change({lever.name: lever.default}) == Scenario()
    assert Scenario().change({}) == Scenario()


@pytest.mark.parametrize("name", sim.scenarios().index)
def test_base_sets_every_strength_to_0_and_nothing_else(name: str) -> None:
    scenario = sim.load(name)
    base = scenario.base()
    assert {one.name for one in LEVERS if one.strength and base[one.name] != 0} == set()
    assert [base[one.name] for one in LEVERS if not one.strength] == [
        scenario[one.name] for one in LEVERS if not one.strength
    ]
    assert base.base() == base
    assert base.name == name


def test_a_scenario_cannot_be_altered_in_place() -> None:
    scenario = Scenario()
    for part, field in ((scenario, "name"), (scenario, "market"), (scenario.market, "rate_shape")):
        with pytest.raises(ValueError, match="frozen"):
            setattr(part, field, 1)
        with pytest.raises(ValueError, match="frozen"):
            delattr(part, field)
    with pytest.raises((ValueError, AttributeError)):
        scenario.surprise = 1  # type: ignore[attr-defined]
    assert scenario == Scenario()


def test_scenarios_are_equal_when_all_they_hold_is_equal() -> None:
    assert Scenario() == Scenario()
    assert Scenario() != Scenario(name="other")
    assert Scenario() != Scenario().change({"clock.months": 23})
    assert Scenario() != "unnamed"
    assert sim.load("coffee") == sim.load("coffee") != sim.load("retail")


def test_rename_gives_the_same_levers_under_another_name() -> None:
    renamed = sim.load("coffee").rename("tea", "A tea house.")
    assert (renamed.name, renamed.description) == ("tea", "A tea house.")
    assert [renamed[one.name] for one in LEVERS] == [sim.load("coffee")[one.name] for one in LEVERS]


def test_a_copy_of_a_scenario_is_equal_and_still_validates() -> None:
    scenario = sim.load("coffee").change({"clock.months": 6})
    twin = copy.deepcopy(scenario)
    assert twin == scenario
    with pytest.raises(ScenarioError):
        twin.change({"clock.months": 0})
