"""Scenarios as files: exact round trips, comments survive, nothing is half-written."""

import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sim
from sim import Lever, Scenario, ScenarioError, scenario_files
from sim.scenario import SECTIONS, Calibration
from sim.starting import StartingCustomers
from worlds import some_examples

LEVERS = sim.levers()
BUNDLED = list(sim.scenarios().index)

COMMENTED = """\
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
        "first_purchase": pd.to_datetime(["2024-01-01", "2024-01-09", "2024-02-01"]).as_unit("s"),
        "repeat_purchases": [0, 2, 26],
        "last_purchase_weeks": [0.0, 5.25, 30.857],
        "observed_weeks": [39.0, 38.0, 31.0],
        "repeat_amount_mean": [np.nan, 12.5, 35.22],
        "alive_probability": [1.0, 0.25, 0.9689],
    }
)

CALIBRATED = Scenario(
    name="calibrated",
    starting_customers=StartingCustomers(KNOWN),
    calibration=Calibration(
        first_day=date(2024, 1, 1),
        last_day=date(2024, 9, 30),
        customers=3,
        log={"rows read": 30, "refunds dropped": 1},
        estimates={"market.rate_shape": 0.2425945, "market.dropout_a": 1 / 3},
        log_likelihoods={"bg/nbd": -9582.429, "pareto/nbd": -9594.976},
        rules=["purchases of a day are one", 'a "quoted" rule'],
    ),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# Round trips.


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_scenario_comes_back_from_its_file_exactly(name: str, path: Path) -> None:
    scenario = sim.load(name)
    assert sim.save(scenario, path) == path
    assert sim.load(path) == scenario
    assert sim.load(str(path)) == scenario
    assert scenario.name == name


def levers_of(data: st.DataObject) -> dict[str, object]:
    """Any allowed setting of any choice of levers."""

    def value(lever: Lever) -> st.SearchStrategy[object]:
        if lever.choices:
            return st.sampled_from(lever.choices)
        if lever.kind is date:
            return st.dates(date(1900, 1, 1), date(2199, 12, 31))
        return (st.integers if lever.kind is int else st.floats)(lever.low, lever.high)

    chosen = data.draw(st.sets(st.sampled_from(LEVERS)))
    return {one.name: data.draw(value(one)) for one in LEVERS if one in chosen}


ON_DISK = settings(some_examples, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ON_DISK
@given(st.data(), st.sampled_from([None, *BUNDLED]), st.text(), st.text())
def test_any_scenario_comes_back_from_its_file_exactly(
    path: Path, data: st.DataObject, bundled: str | None, name: str, description: str
) -> None:
    start = Scenario() if bundled is None else sim.load(bundled)
    scenario = start.change(levers_of(data)).rename(name, description)
    sim.save(scenario, path)
    once = path.read_bytes()
    found = sim.load(path)
    assert found == scenario
    assert [type(found[one.name]) for one in LEVERS] == [type(scenario[one.name]) for one in LEVERS]
    sim.save(found, path)
    assert path.read_bytes() == once


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_scenario_has_a_description_of_one_line_and_states_every_number_in_bounds(
    name: str,
) -> None:
    assert sim.scenarios()[name] == sim.load(name).description
    assert sim.scenarios()[name].endswith(".")
    assert "\n" not in sim.scenarios()[name]


def test_the_retail_scenario_holds_the_published_cdnow_estimates() -> None:
    """Fader, Hardie & Lee 2005; Fader & Hardie 2013."""
    retail = sim.load("retail")
    expected = {
        "rate_shape": 0.2426, "rate_scale_weeks": 4.4136, "dropout_a": 0.7929, "dropout_b": 2.4259,
        "spend_shape": 6.2488, "spend_heterogeneity": 3.7446, "spend_scale": 15.4479,
    }  # fmt: skip
    assert {name: retail[f"market.{name}"] for name in expected} == expected
    assert (retail["acquisition.opening_customers"], retail["clock.start"]) == (2357, date(1997, 1, 1))


# Comments.


def test_comments_survive_load_change_and_save(path: Path) -> None:
    scenario = sim.load(written(path, COMMENTED))
    sim.save(scenario.change({"loyalty.points_per_unit": 2.5, "clock.months": 12}), path)
    text = path.read_text(encoding="utf-8")
    for comment in ("# A scenario of my own.", "# What customers get:", "# ten coffees"):
        assert comment in text.splitlines()
    lines = {line.partition(" ")[0]: line for line in text.splitlines()}
    assert lines["name"] == 'name = "mine"            # what it is called'
    assert lines["points_per_unit"].startswith("points_per_unit = 2.5 ")
    assert lines["points_per_unit"].endswith("# one a euro")
    assert lines["months"].startswith("months = 12 ")
    assert lines["months"].endswith("# half a year")
    assert lines["reward_points"] == "reward_points = 60"


def test_lines_whose_values_stay_are_left_as_they_were_written(path: Path) -> None:
    sim.save(sim.load(written(path, COMMENTED)), path)
    kept = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in COMMENTED.splitlines() if line not in kept] == []


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_file_keeps_all_its_comments_through_changes(name: str, path: Path) -> None:
    own = (Path(scenario_files.__file__).parent / "scenarios" / f"{name}.toml").read_text(encoding="utf-8")
    sim.save(sim.load(name).change({"loyalty.points_per_unit": 3.5}).base(), path)
    saved = path.read_text(encoding="utf-8")
    comments = [line[line.index("#") :] for line in own.splitlines() if "#" in line]
    assert comments
    assert [comment for comment in comments if comment not in saved] == []


def test_a_fresh_scenario_states_every_lever_with_a_comment_on_what_is_allowed(path: Path) -> None:
    sim.save(Scenario(), path)
    lines = path.read_text(encoding="utf-8").splitlines()
    for lever in LEVERS:
        field = lever.name.partition(".")[2]
        assert any(
            line.startswith(f"{field} = ") and line.endswith(f"# {lever.label}: {lever.allowed}")
            for line in lines
        )
    assert [line for line in lines if line.startswith("[")] == [f"[{section}]" for section in SECTIONS]


def test_a_file_may_state_only_what_differs_from_the_defaults(path: Path) -> None:
    assert sim.load(written(path, "")) == Scenario(name="mine")
    assert sim.load(written(path, "[clock]\nmonths = 6\n")) == Scenario(name="mine").change(
        {"clock.months": 6}
    )


ODD_SHAPES = {
    "inline table": 'market = { rate_shape = 0.5, dropout_a = 2.0 }\nname = "odd"\n',
    "dotted keys": "market.rate_shape = 0.5\nmarket.dropout_a = 2.0\n",
    "scattered dotted keys": "market.rate_shape = 0.5\nclock.months = 3 # short\nmarket.dropout_a = 2.0\n",
    "quoted keys": '["market"]\n"rate_shape" = 0.5\n\'dropout_a\' = 2.0\n',
    "other numbers": "[market]\nrate_shape = 5e-1\ndropout_a = 2\n[loyalty]\nreward_points = 1_00\n",
    "windows newlines": "# mine\r\n[market]\r\nrate_shape = 0.5 # half\r\ndropout_a = 2.0\r\n",
    "byte order mark": "\ufeff[market]\nrate_shape = 0.5\ndropout_a = 2.0\n",
    "no newline at the end": "[market]\ndropout_a = 2.0\nrate_shape = 0.5 # half",
    "sections in another order": "[finance]\n[clock]\nmonths = 24\n[market]\nrate_shape=0.5\ndropout_a=2",
}  # fmt: skip


@pytest.mark.parametrize("text", ODD_SHAPES.values(), ids=ODD_SHAPES)
def test_any_way_to_write_toml_can_be_loaded_changed_and_saved(text: str, path: Path) -> None:
    scenario = sim.load(written(path, text))
    assert (scenario["market.rate_shape"], scenario["market.dropout_a"]) == (0.5, 2.0)
    changed = scenario.change({"market.rate_shape": 0.75, "finance.gross_margin": 0.5, "clock.months": 9})
    sim.save(changed, path)
    assert sim.load(path) == changed
    assert b"\r" not in path.read_bytes()


def test_comments_survive_windows_newlines(path: Path) -> None:
    sim.save(sim.load(written(path, COMMENTED.replace("\n", "\r\n"))).change({"clock.months": 7}), path)
    saved = path.read_text(encoding="utf-8")
    assert "# half a year" in saved and "# ten coffees\n" in saved


# Starting customers.


def test_starting_customers_are_saved_beside_and_come_back(path: Path) -> None:
    sim.save(CALIBRATED, path)
    assert sorted(one.name for one in path.parent.iterdir()) == ["mine.customers.parquet", "mine.toml"]
    found = sim.load(path)
    assert found == CALIBRATED
    assert found.calibration == CALIBRATED.calibration
    assert found.starting_customers is not None
    pd.testing.assert_frame_equal(
        found.starting_customers.table.drop(columns="first_purchase"), KNOWN.drop(columns="first_purchase")
    )
    assert (found.starting_customers.table["first_purchase"] == KNOWN["first_purchase"]).all()


def test_a_copy_saved_elsewhere_has_its_own_customers(path: Path) -> None:
    sim.save(CALIBRATED, path)
    other = path.parent / "elsewhere" / "other.toml"
    sim.save(sim.load(path).change({"clock.months": 3}), other)
    path.with_name("mine.customers.parquet").unlink()
    assert sim.load(other) == CALIBRATED.change({"clock.months": 3})


# Nothing half-written.


class Crash(Exception):
    pass


def crash(*_: object, **__: object) -> None:
    raise Crash


CRASHES = {
    "replacing": ("os.replace", crash),
    "writing text": ("pathlib.Path.write_text", crash),
    "writing the table": ("pandas.DataFrame.to_parquet", crash),
    "turning into TOML": ("tomlkit.dumps", crash),
}


@pytest.mark.parametrize(("where", "failing"), CRASHES.values(), ids=CRASHES)
def test_a_crash_while_saving_leaves_the_old_files_and_no_others(
    where: str, failing: Callable[..., None], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.save(CALIBRATED, path)
    before = {one.name: one.read_bytes() for one in path.parent.iterdir()}
    fewer = StartingCustomers(KNOWN.head(2))
    with monkeypatch.context() as broken, pytest.raises(Crash):
        broken.setattr(where, failing)
        sim.save(CALIBRATED._with(name="new", starting_customers=fewer), path)
    assert {one.name: one.read_bytes() for one in path.parent.iterdir()} == before
    assert sim.load(path) == CALIBRATED


def test_a_disk_that_fills_up_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is cut in the middle before the error comes."""
    sim.save(Scenario(), path)
    before = path.read_bytes()
    whole = Path.write_text

    def half(self: Path, data: str, **options: str) -> int:
        whole(self, data[: len(data) // 2], **options)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(OSError, match="No space left"):
        sim.save(sim.load("coffee"), path)
    assert [one.name for one in path.parent.iterdir()] == ["mine.toml"]
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["mine", "mine.yaml", "mine.toml.bak", ".toml"])
def test_a_scenario_is_saved_as_toml_only(name: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"^a scenario is saved as a \.toml file; got "):
        sim.save(Scenario(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_saving_over_a_folder_fails_and_leaves_no_debris(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(OSError):
        sim.save(Scenario(), tmp_path / "folder.toml")
    assert [one.name for one in tmp_path.iterdir()] == ["folder.toml"]


def test_saving_makes_the_folders_it_needs(tmp_path: Path) -> None:
    path = sim.save(Scenario(), tmp_path / "new folder" / "below" / "mine.toml")
    assert sim.load(path) == Scenario()


def test_saved_files_may_be_read_by_the_same_people_as_any_new_file(path: Path) -> None:
    sim.save(CALIBRATED, path)
    (path.parent / "ordinary").touch()
    assert len({stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}) == 1
