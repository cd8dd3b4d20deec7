"""Saved runs: what comes back is what was written, or one sentence; a folder appears whole or not at all."""

import hashlib
import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sim
from sim import Run, RunError, Scenario
from sim.run import TABLES
from sim.run_files import FORMAT
from sim.starting import StartingCustomers

KNOWN = pd.DataFrame(
    {
        "first_purchase": pd.to_datetime(["2024-01-01", "2024-01-09", "2024-02-01"]),
        "repeat_purchases": [0, 2, 26],
        "last_purchase_weeks": [0.0, 5.25, 30.857],
        "observed_weeks": [39.0, 38.0, 31.0],
        "repeat_amount_mean": [np.nan, 12.5, 35.22],
        "alive_probability": [1.0, 0.25, 0.9689],
    }
)

SMALL = sim.load("coffee").change({"acquisition.opening_customers": 60, "clock.months": 4})
NOBODY = Scenario(name="nobody").change({"acquisition.opening_customers": 0, "clock.months": 3})


def taken_over(ids: list[int] | list[str]) -> Scenario:
    known = StartingCustomers(KNOWN.assign(customer_id=ids))
    scenario = SMALL.change({"market.churn_model": "pareto/nbd"})
    return Scenario(**{**dict(scenario), "starting_customers": known})


WORLDS = {
    "program and marketing": SMALL,
    "no program": SMALL.change({"loyalty.points_per_unit": 0}),
    "no marketing": sim.load("retail").change({"acquisition.opening_customers": 50}),
    "contracts": sim.load("telco").change({"acquisition.opening_customers": 60, "clock.months": 4}),
    "a kitchen": sim.load("pizza").change({"acquisition.opening_customers": 60, "clock.months": 4}),
    "nobody": NOBODY,
    "money spent on nobody": NOBODY.change({"acquisition.paid_spend_per_month": 100}),
    "nobody answers": SMALL.change({"surveys.response_rate": 0}),
    "customers with numbers": taken_over([901, 17, 10**15 + 1]),
    "customers with names": taken_over(["ann", "bob", "cy"]),
}


@pytest.fixture(scope="module")
def run() -> Run:
    return sim.simulate(SMALL, 7)


@pytest.fixture(scope="module")
def later() -> Run:
    return sim.simulate(NOBODY, 8)


@pytest.fixture(scope="module")
def saved(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run.save(tmp_path_factory.mktemp("saved") / "run")


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    return shutil.copytree(saved, tmp_path / "run")


def assert_same(found: Run, expected: Run) -> None:
    assert (found.scenario, found.seed, type(found.seed)) == (expected.scenario, expected.seed, int)
    assert list(found.tables) == list(expected.tables) == list(TABLES)
    for name in TABLES:
        pd.testing.assert_frame_equal(found.tables[name], expected.tables[name], check_exact=True)
    for name in ("ledger", "months"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name), check_exact=True)
    pd.testing.assert_series_equal(found.kpis(), expected.kpis(), check_exact=True)
    pd.testing.assert_series_equal(found.clv, expected.clv, check_exact=True)


def refusal(folder: Path) -> str:
    """The one sentence with which a folder is refused."""
    with pytest.raises(RunError) as caught:
        sim.load_run(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def content(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


# Round trips.


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scenario", WORLDS.values(), ids=WORLDS)
def test_a_run_comes_back_with_every_table_type_and_figure(scenario: Scenario, tmp_path: Path) -> None:
    run = sim.simulate(scenario, 2**64 - 1)
    assert run.save(tmp_path / "run") == tmp_path / "run"
    assert_same(sim.load_run(tmp_path / "run"), run)


@pytest.mark.parametrize("seed", [0, 2**64 - 1, np.int64(3), np.uint64(2**64 - 1)], ids=repr)
def test_any_seed_comes_back_as_a_plain_whole_number(seed: int, tmp_path: Path) -> None:
    assert_same(
        sim.load_run(sim.simulate(NOBODY, seed).save(tmp_path / "run")), sim.simulate(NOBODY, int(seed))
    )


def test_folders_may_be_text_or_paths_and_are_made_as_needed(run: Run, tmp_path: Path) -> None:
    name = str(tmp_path / "new" / "a run")
    assert run.save(name) == Path(name)
    assert_same(sim.load_run(name), run)
    assert_same(sim.load_run(Path(name)), run)


def test_a_run_may_be_saved_into_the_current_folder_if_it_is_empty(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    run.save(".")
    assert_same(sim.load_run(tmp_path / "here"), run)


def test_a_saved_run_holds_its_tables_its_scenario_and_a_manifest(folder: Path) -> None:
    files = {f"{name}.parquet" for name in (*TABLES, "ledger", "months")}
    assert {one.name for one in folder.iterdir()} == files | {"scenario.toml", "manifest.json"}
    assert sim.load(folder / "scenario.toml") == SMALL
    assert len(pd.read_parquet(folder / "months.parquet")) == SMALL["clock.months"]


def test_starting_customers_travel_with_the_run(tmp_path: Path) -> None:
    scenario = taken_over(["ann", "bob", "cy"])
    folder = sim.simulate(scenario, 1).save(tmp_path / "run")
    assert (folder / "scenario.customers.parquet").is_file()
    assert sim.load_run(folder).scenario.starting_customers == scenario.starting_customers


def test_a_run_without_mechanisms_or_marketing_has_no_rows_of_them() -> None:
    plain = {
        "acquisition.paid_spend_per_month": 0,
        "retention.service_quality": SMALL["retention.market_standard"],
    }
    run = sim.simulate(SMALL.base().change(plain), 1)
    assert len(run.points) == len(run.touchpoints) == len(run.tickets) == len(run.tables["invoices"]) == 0
    assert set(run.ledger["account"].unique()) == {"revenue", "cost_of_goods"}
    assert (run.months[["points_outstanding", "points_liability", "program_cost"]] == 0).all(axis=None)


# Overwriting.


def test_a_later_run_replaces_an_earlier_one(folder: Path, later: Run) -> None:
    later.save(folder)
    assert_same(sim.load_run(folder), later)
    assert [one.name for one in folder.parent.iterdir()] == ["run"]


def test_an_empty_folder_is_filled(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert_same(sim.load_run(run.save(tmp_path / "empty")), run)


def a_text(folder: Path) -> None:
    (folder / "thesis.txt").write_text("ten years of work", encoding="utf-8")


def a_manifest_of_something_else(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"name": "my web app", "icons": []}', encoding="utf-8")
    a_text(folder)


def a_broken_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{", encoding="utf-8")


def a_subfolder(folder: Path) -> None:
    (folder / "sub").mkdir()


@pytest.mark.parametrize("fill", [a_text, a_manifest_of_something_else, a_broken_manifest, a_subfolder])
def test_a_folder_with_anything_else_in_it_is_refused_and_left_alone(
    fill: Callable[[Path], None], run: Run, tmp_path: Path
) -> None:
    (tmp_path / "foreign").mkdir()
    fill(tmp_path / "foreign")
    before = content(tmp_path)
    with pytest.raises(RunError):
        run.save(tmp_path / "foreign")
    assert content(tmp_path) == before
    assert [one.name for one in tmp_path.iterdir()] == ["foreign"]


def test_a_run_beside_which_somebody_put_a_file_is_not_overwritten(run: Run, folder: Path) -> None:
    a_text(folder)
    before = content(folder)
    with pytest.raises(
        RunError, match=r"run holds thesis.txt beside a saved run; choose a new or empty folder"
    ):
        run.save(folder)
    assert content(folder) == before


def test_a_file_in_the_way_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match="file is a file; choose a new or empty folder"):
        run.save(tmp_path / "file")
    with pytest.raises(RunError, match="file is not a folder"):
        run.save(tmp_path / "file" / "run")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


# Bad folders.


def test_a_folder_that_is_not_there_or_not_a_run_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == f"there is no folder {tmp_path / 'none'}"
    assert refusal(tmp_path) == f"{tmp_path} is not a saved run: it has no manifest.json"
    a_text(tmp_path)
    assert refusal(tmp_path / "thesis.txt") == f"there is no folder {tmp_path / 'thesis.txt'}"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_one_flipped_bit_in_any_file_is_noticed(folder: Path, data: st.DataObject) -> None:
    names = sorted(one.name for one in folder.iterdir() if one.name != "manifest.json")
    path = folder / data.draw(st.sampled_from(names))
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytes([whole[place] ^ 1 << data.draw(st.integers(0, 7))])
    path.write_bytes(whole[:place] + flipped + whole[place + 1 :])
    assert (
        refusal(folder) == f"{path} is damaged or was changed: its checksum is not the one that was written"
    )
    path.write_bytes(whole)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_manifest_with_any_other_content_is_refused(folder: Path, data: st.DataObject) -> None:
    """Also where only a digit of the seed differs; a changed blank or line end is no change."""
    path = folder / "manifest.json"
    whole = path.read_bytes()
    place = data.draw(st.sampled_from([at for at, byte in enumerate(whole) if byte not in b" \n"]))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[place]))
    path.write_bytes(whole[:place] + bytes([other]) + whole[place + 1 :])
    refusal(folder)
    path.write_bytes(whole)


@pytest.mark.parametrize("name", ["scenario.toml", *(f"{table}.parquet" for table in TABLES)])
def test_a_missing_file_is_told_by_name(name: str, folder: Path) -> None:
    (folder / name).unlink()
    assert refusal(folder) == f"{folder / name} is missing"


def rewritten(folder: Path, **changes: object) -> Path:
    """The run with another manifest, whose checksum fits; a value of ... takes the entry out."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | changes
    content = {name: value for name, value in manifest.items() if value is not ... and name != "checksum"}
    plain = {name: value for name, value in content.items() if name != "format"}
    checksum = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps({**content, "checksum": checksum}), encoding="utf-8")
    return folder


def test_a_manifest_rewritten_with_a_fitting_checksum_is_accepted(folder: Path, run: Run) -> None:
    assert_same(sim.load_run(rewritten(folder)), run)
    assert sim.load_run(rewritten(folder, seed=8)).seed == 8


def test_a_manifest_without_a_table_is_told_by_the_table(folder: Path) -> None:
    files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    del files["leads.parquet"]
    assert refusal(rewritten(folder, files=files)) == f"{folder} lacks the table leads"


def test_a_run_of_a_later_format_is_refused_whatever_else_it_holds(folder: Path) -> None:
    sentence = f"{folder} has run format {FORMAT + 1}; this version reads {FORMAT}"
    assert refusal(rewritten(folder, format=FORMAT + 1)) == sentence
    assert refusal(rewritten(folder, files=..., seed=..., tables={})) == sentence


def test_a_run_of_an_earlier_format_is_refused(folder: Path) -> None:
    """Its tables hold less than this version needs."""
    assert FORMAT == 2
    assert refusal(rewritten(folder, format=1)) == f"{folder} has run format 1; this version reads 2"


def test_a_run_of_a_later_format_is_not_overwritten(run: Run, folder: Path) -> None:
    before = content(rewritten(folder, format=FORMAT + 1))
    with pytest.raises(RunError, match=f"has run format {FORMAT + 1}"):
        run.save(folder)
    assert content(folder) == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "seed: 7",
        "\x00\x01",
        "[" * 100_000,
        "nan",
        "[]",
        '"manifest"',
        "7",
        "null",
        "{}",
        '{"seed": 7}',
        f'{{"format": {FORMAT}}}',
    ],
    ids=lambda text: text[:10],
)
def test_a_manifest_that_is_none_is_refused(text: str, folder: Path) -> None:
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    sentence = refusal(folder)
    assert sentence.startswith(f"{folder / 'manifest.json'} is ")


OUTSIDE = ["../outside.parquet", "sub/inside.parquet", "..", ".", "", "/etc/hostname"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_manifest_cannot_name_files_outside_its_folder(name: str, folder: Path) -> None:
    (folder.parent / "outside.parquet").write_bytes(b"x")
    files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    sentence = refusal(rewritten(folder, files=files | {name: "0" * 64}))
    assert sentence.startswith(f"{folder / 'manifest.json'} is damaged") or sentence.endswith("is missing")


def test_a_folder_in_place_of_the_manifest_is_refused(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").mkdir()
    assert refusal(folder) == f"{folder / 'manifest.json'} is damaged: not JSON"


def test_run_errors_are_value_errors() -> None:
    assert issubclass(RunError, ValueError)


# Nothing half-written.


class Crash(Exception):
    pass


def crash(*_: object, **__: object) -> None:
    raise Crash


CRASHES = [
    "pandas.DataFrame.to_parquet",
    "pathlib.Path.write_text",
    "hashlib.file_digest",
    "os.replace",
    "tomlkit.dumps",
]


@pytest.mark.parametrize("where", CRASHES)
@pytest.mark.parametrize("is_new", [True, False], ids=["new folder", "over an old run"])
def test_a_crash_while_saving_leaves_what_was_there(
    where: str, is_new: bool, later: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(folder.parent)
    with monkeypatch.context() as broken, pytest.raises(Crash):
        broken.setattr(where, crash)
        later.save(folder.parent / "new" if is_new else folder)
    assert content(folder.parent) == before
    assert [one.name for one in folder.parent.iterdir()] == ["run"]


@pytest.mark.parametrize("failing", [1, 2])
def test_a_crash_while_changing_places_brings_the_old_run_back(
    failing: int, run: Run, later: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first rename puts the old run aside, the second the new one in its place."""
    renames, rename = [], Path.rename

    def sometimes(self: Path, target: Path) -> Path:
        renames.append(self)
        if len(renames) == failing:
            raise OSError("the disk is gone")
        return rename(self, target)

    with monkeypatch.context() as broken, pytest.raises(OSError, match="the disk is gone"):
        broken.setattr(Path, "rename", sometimes)
        later.save(folder)
    assert [one.name for one in folder.parent.iterdir()] == ["run"]
    assert_same(sim.load_run(folder), run)


def test_a_saved_run_may_be_read_by_the_same_people_as_any_new_folder(folder: Path) -> None:
    (folder.parent / "ordinary").mkdir()
    (folder.parent / "ordinary" / "file").touch()
    modes = [
        {stat.S_IMODE(one.stat().st_mode) for one in place.iterdir()} for place in folder.parent.iterdir()
    ]
    assert modes[0] == modes[1] and len(modes[0]) == 1
    assert len({stat.S_IMODE(one.stat().st_mode) for one in folder.parent.iterdir()}) == 1
