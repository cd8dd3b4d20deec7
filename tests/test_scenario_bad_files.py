"""Scenario files that cannot be: each is refused with one sentence that names file, line or lever."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sim
from sim import Scenario, ScenarioError
from sim.starting import StartingCustomers

GOOD = """\
# A scenario of my own.

name = "mine"            # what it is called

# What customers get:
[loyalty]
# ten coffees
points_per_unit = 1      # one a euro
reward_points = 60

[clock]
months = 6               # half a year
start = 2024-02-29
"""

KNOWN = pd.DataFrame(
    {
        "customer_id": ["ann", "bob", "cy"],
        "first_purchase": pd.to_datetime(["2024-01-01", "2024-01-09", "2024-02-01"]),
        "repeat_purchases": [0, 2, 26],
        "last_purchase_weeks": [0.0, 5.25, 30.857],
        "observed_weeks": [39.0, 38.0, 31.0],
        "repeat_amount_mean": [np.nan, 12.5, 35.22],
        "alive_probability": [1.0, 0.25, 0.9689],
    }
)

CALIBRATED = Scenario(name="mine", starting_customers=StartingCustomers(KNOWN))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(path: str | Path) -> str:
    """The one sentence with which a scenario is refused."""
    with pytest.raises(ScenarioError) as caught:
        sim.load(path)
    sentence = str(caught.value)
    assert "\n" not in sentence.strip()
    return sentence


# Names and files.


@pytest.mark.parametrize(
    "name", ["nope", "", "Coffee", "coffee.yaml", "../scenarios/coffee", "a\0b", "scenarios"]
)
def test_an_unknown_name_is_refused_with_the_names_there_are(name: str) -> None:
    bundled = "airline, coffee, grocery, hotel, pizza, retail, telco"
    assert refusal(name) == f"no scenario {name!r}; there are {bundled}, or give a .toml path"


def test_a_path_without_toml_is_no_scenario_even_if_one_lies_there(path: Path) -> None:
    sim.save(Scenario(), path)
    assert refusal(path.with_suffix("")).startswith("no scenario ")
    assert refusal(path.parent).startswith("no scenario ")


def test_a_missing_file_is_told_by_its_path(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.toml") == f"there is no file {tmp_path / 'none.toml'}"
    assert refusal(tmp_path / "none" / "none.toml").startswith("there is no file ")


NOT_TOML: dict[str, tuple[str | bytes, str]] = {
    "half a section": ("name = 'x'\n[market\nrate_shape = 1\n", "line 2"),
    "two equal signs": ("\n\na = = 1\n", "line 3"),
    "no value": ("[clock]\nmonths =\n", "line 2"),
    "a word without quotes": ("[market]\n\nchurn_model = bg/nbd\n", "line 3"),
    "an open string": ('name = "x\n', "line 1"),
    "an impossible day": ("[clock]\nstart = 2025-13-01\n", "line 2"),
    "a key twice": ("name = 'a'\nname = 'b'\n", "line 2"),
    "a key twice in a section": ("[clock]\nmonths = 1\nmonths = 2\n", "line 3"),
    "a section twice": ("[clock]\n[market]\n[clock]\n", "clock"),
    "nested beyond reason": ("a = " + "[" * 5000, ""),
    "binary": (b"\x00\xff\xfe\x89PNG", "utf-8"),
    "latin-1": ("name = 'café'".encode("latin-1"), "utf-8"),
    "utf-16": ("name = 'x'".encode("utf-16"), "utf-8"),
    "a control character": ("name = 'a\x00'", "line 1"),
}


@pytest.mark.parametrize(("text", "where"), NOT_TOML.values(), ids=NOT_TOML)
def test_what_is_not_toml_is_told_with_file_and_line(text: str | bytes, where: str, path: Path) -> None:
    sentence = refusal(written(path, text))
    assert sentence.startswith("mine.toml cannot be read as TOML: ")
    assert where in sentence


def test_a_number_of_5000_digits_is_refused(path: Path) -> None:
    assert len(refusal(written(path, "[clock]\nmonths = " + "9" * 5000))) < 200


def test_a_folder_or_an_unreadable_path_is_no_scenario(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    assert refusal(tmp_path / "folder.toml").startswith("folder.toml cannot be read as TOML: ")
    assert refusal("nul\0.toml").startswith("nul\0.toml cannot be read as TOML: ")


MONTHS = "allowed: a whole number from 1 to 240 months"
MARGIN = "allowed: 0 to 1 share of sales"
A_SECTION = "input should be a valid dictionary or instance of clock"

WRONG = {
    "unknown section": ("[markt]", "markt is not a lever; did you mean market?"),
    "unknown lever": ("[clock]\nmonth = 1", "clock.month is not a lever; did you mean clock.months?"),
    "unknown name at the top": ("months = 1", "months is not a lever; did you mean clock.months?"),
    "table for a number": ("[clock.months]\na = 1", f"clock.months is {{'a': 1}}; {MONTHS}"),
    "list for a number": ("[clock]\nmonths = [1]", f"clock.months is [1]; {MONTHS}"),
    "text for a number": ('[clock]\nmonths = "6"', f"clock.months is '6'; {MONTHS}"),
    "true for a number": ("[clock]\nmonths = true", f"clock.months is True; {MONTHS}"),
    "fraction": ("[clock]\nmonths = 6.5", f"clock.months is 6.5; {MONTHS}"),
    "nan": ("[finance]\ngross_margin = nan", f"finance.gross_margin is nan; {MARGIN}"),
    "beyond all floats": ("[finance]\ngross_margin = 1e999", f"finance.gross_margin is inf; {MARGIN}"),
    "out of bounds": ("[finance]\ngross_margin = -0.1", f"finance.gross_margin is -0.1; {MARGIN}"),
    "number for a date": (
        "[clock]\nstart = 86400", "clock.start is 86400; allowed: a date from 1900-01-01 to 2199-12-31"),
    "number for a section": ("clock = 5", f"clock is 5; {A_SECTION}"),
    "list for a section": ("[[clock]]\nmonths = 5", f"clock is [{{'months': 5}}]; {A_SECTION}"),
    "number for a name": ("name = 5", "name is 5; input should be a valid string"),
    "several": (
        "[clock]\nmonths = 0\nstep_days = 0\n[finance]\ngross_margin = 2",
        f"clock.months is 0; {MONTHS} (and 2 more)"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), WRONG.values(), ids=WRONG)
def test_an_impossible_value_in_a_file_is_told_by_its_dotted_name(
    text: str, sentence: str, path: Path
) -> None:
    assert refusal(written(path, text)) == sentence


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_is_refused_or_read_but_never_crashes(path: Path, data: st.DataObject) -> None:
    """Some bytes of a good file are overwritten."""
    content = bytearray(GOOD.encode())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    written(path, bytes(content))
    try:
        scenario = sim.load(path)
    except ScenarioError as error:
        assert "\n" not in str(error).strip()
    else:
        sim.save(scenario, path)
        assert sim.load(path) == scenario


# Starting customers.


def test_starting_customers_cannot_be_under_contract(path: Path) -> None:
    sim.save(CALIBRATED, path)
    text = path.read_text(encoding="utf-8").replace('churn_model = "bg/nbd"', 'churn_model = "sbg"')
    expected = "'bg/nbd' or 'pareto/nbd' where customers are taken over from a log"
    assert refusal(written(path, text)) == f"market.churn_model is 'sbg'; allowed: {expected}"
    with pytest.raises(ScenarioError, match="where customers are taken over from a log"):
        CALIBRATED.change({"market.churn_model": "sbg"})


OUTSIDE = ["../x.parquet", "/etc/x.parquet", "sub/x.parquet", "..", ".", "", "mine.toml", 5, ["x.parquet"]]


@pytest.mark.parametrize("name", OUTSIDE, ids=repr)
def test_starting_customers_must_lie_beside_the_file(name: object, tmp_path: Path) -> None:
    KNOWN.to_parquet(tmp_path / "x.parquet")
    (tmp_path / "deep" / "sub").mkdir(parents=True)
    KNOWN.to_parquet(tmp_path / "deep" / "sub" / "x.parquet")
    path = written(tmp_path / "deep" / "mine.toml", tomlkit.dumps({"starting_customers": name}))
    expected = f"starting_customers is {name!r}; allowed: the name of a parquet file beside mine.toml"
    assert refusal(path) == expected


def cut(parquet: Path) -> None:
    parquet.write_bytes(parquet.read_bytes()[:-20])


def change(**columns: object) -> Callable[[Path], None]:
    return lambda parquet: KNOWN.assign(**columns).to_parquet(parquet)


def without(column: str) -> Callable[[Path], None]:
    return lambda parquet: KNOWN.drop(columns=column).to_parquet(parquet)


A_COUNT = "allowed: a whole number from 0"

DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "cannot be read: "),
    "cut short": (cut, "cannot be read: "),
    "not parquet": (lambda parquet: parquet.write_text("a,b\n1,2\n"), "cannot be read: "),
    "empty": (lambda parquet: parquet.write_bytes(b""), "cannot be read: "),
    "a column missing": (without("observed_weeks"), "lack the column observed_weeks; needed: customer_id, "),
    "text for numbers": (change(alive_probability="high"), "alive_probability is "),
    "text for weeks": (change(observed_weeks="many"), "allowed: plain numbers"),
    "text for times": (change(first_purchase="then"), "allowed: plain timestamps"),
    "a chance above 1": (change(alive_probability=1.5), "ann: alive_probability is 1.5; allowed: 0 to 1"),
    "no chance": (change(alive_probability=np.nan), "ann: alive_probability is nan; allowed: 0 to 1"),
    "less than none": (change(repeat_purchases=-1), f"ann: repeat_purchases is -1; {A_COUNT}"),
    "half a purchase": (change(repeat_purchases=0.5), f"ann: repeat_purchases is 0.5; {A_COUNT}"),
    "after the end": (
        change(observed_weeks=20.0),
        "cy: last_purchase_weeks is 30.857; allowed: 0 to observed",
    ),
    "seen forever": (change(observed_weeks=np.inf), "ann: observed_weeks is inf; allowed: 0 or more"),
    "amounts below 0": (
        change(repeat_amount_mean=-1.0),
        "ann: repeat_amount_mean is -1.0; allowed: an amount",
    ),
    "an id twice": (
        change(customer_id=["ann", "bob", "ann"]),
        "ann: customer_id is ann; allowed: each id once",
    ),
    "no id": (change(customer_id=["ann", None, "cy"]), "allowed: each id once"),
}


@pytest.mark.parametrize(("damage", "sentence"), DAMAGE.values(), ids=DAMAGE)
def test_damaged_starting_customers_are_refused(
    damage: Callable[[Path], object], sentence: str, path: Path
) -> None:
    sim.save(CALIBRATED, path)
    damage(path.with_name("mine.customers.parquet"))
    found = refusal(path)
    assert found.startswith("starting_customers 'mine.customers.parquet' cannot be read: ")
    assert sentence in found
