"""The command line: data on standard output, messages on standard error, an exit code for how it went."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import joblib
import pandas as pd
import pytest

import sim
from cdnow import cdnow_log
from sim.cli import main
from sim.experiments import workers
from sim.experiments.compare import compare
from sim.experiments.comparison import Comparison
from sim.experiments.kpi_names import KPIS
from sim.experiments.sweep import sweep
from sim.run import simulate
from terminal import type_in

COMMANDS = ("scenarios", "levers", "run", "compare", "sweep", "calibrate", "export", "doctor", "class")
ONE_PROCESS = ("--jobs", 1)
NO_POINTS = "loyalty.points_per_unit=0"
WITHOUT = f"coffee with {NO_POINTS}"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a small coffee chain with two months to live."""
    scenario = sim.load("coffee").change({"acquisition.opening_customers": 40, "clock.months": 2})
    return sim.save(scenario, tmp_path_factory.mktemp("my companies é") / "small.toml")


# Help and version.


@pytest.mark.parametrize("arguments", [(), *((command,) for command in COMMANDS)], ids=str)
@pytest.mark.parametrize("wish", ["--help", "-h"])
def test_help_fits_a_terminal_and_shows_how_to_type_it(arguments: tuple[str, ...], wish: str) -> None:
    reply = type_in(*arguments, wish)
    assert (reply.code, reply.err) == (0, "")
    assert reply.out.count("crm-sim") > 1
    assert max(map(len, reply.out.splitlines())) <= 105


def test_help_lists_every_command() -> None:
    shown = type_in("--help").out.partition("Commands:")[2]
    assert tuple(line.split()[0] for line in shown.splitlines() if line) == COMMANDS


def test_without_a_command_the_help_comes_on_standard_error() -> None:
    reply = type_in()
    assert (reply.code, reply.out) == (2, "")
    assert reply.err == type_in("--help").out


def test_the_version_is_that_of_the_package() -> None:
    assert type_in("--version").out == f"crm-sim {sim.__version__}\n"


# What there is.


def test_scenarios_are_the_bundled_ones_in_each_form() -> None:
    names = list(sim.scenarios().index)
    text = type_in("scenarios").out
    assert [line.split()[0] for line in text.splitlines() if not line.startswith(" ")] == names
    assert [one["name"] for one in json.loads(type_in("scenarios", "--format", "json").out)] == names
    table = csv.DictReader(io.StringIO(type_in("scenarios", "--format", "csv").out))
    assert {row["name"]: row["description"] for row in table} == sim.scenarios().to_dict()


def test_levers_are_the_declared_ones_with_all_that_is_declared() -> None:
    found = {one["name"]: one for one in json.loads(type_in("levers", "--format", "json").out)}
    assert list(found) == [one.name for one in sim.levers()]
    for lever in sim.levers():
        shown = found[lever.name]
        assert (shown["low"], shown["high"], shown["unit"]) == (lever.low, lever.high, lever.unit)
        assert (shown["label"], shown["meaning"], shown["source"]) == (lever.label, lever.what, lever.source)


def test_the_lever_reference_fits_80_columns_and_leaves_nothing_out() -> None:
    text = type_in("levers").out
    assert max(map(len, text.splitlines())) <= 80
    plain = " ".join(text.split())
    assert all(
        " ".join(one.what.split()).translate({0x2212: "-", 0x2013: "-"}) in plain for one in sim.levers()
    )


def test_levers_can_be_those_of_a_section_or_those_that_speak_of_something() -> None:
    clock = json.loads(type_in("levers", "clock", "--format", "json").out)
    assert {one["name"].partition(".")[0] for one in clock} == {"clock"}
    speaking = json.loads(type_in("levers", "NEWSLETTER", "--format", "json").out)
    assert 0 < len(speaking) < 50
    assert all("newsletter" in str(one).casefold() for one in speaking)


def test_levers_show_the_values_of_a_scenario_beside_the_defaults() -> None:
    (one,) = json.loads(type_in("levers", "clock.step", "--scenario", "coffee", "--format", "json").out)
    assert (one["value"], one["default"]) == (31.0, 7.0)
    assert "clock.step_days = 31.0 (default 7.0)" in type_in("levers", "clock", "--scenario", "coffee").out


# One run.


def test_run_gives_the_kpis_of_the_same_run_in_python(small: Path) -> None:
    levers = ("--set", "loyalty.points_per_unit=2.5", "--set", "clock.start=2026-03-01")
    reply = type_in("run", small, "--seed", 7, *levers, "--set", "loyalty.expiry=lot", "--format", "json")
    scenario = sim.load(small).change(
        {"loyalty.points_per_unit": 2.5, "clock.start": "2026-03-01", "loyalty.expiry": "lot"}
    )
    expected = simulate(scenario, 7).kpis()
    found = json.loads(reply.out)
    assert (reply.code, found["scenario"], found["seed"]) == (0, "coffee", 7)
    assert {name: float("nan") if one is None else one for name, one in found["kpis"].items()} == (
        pytest.approx(expected.to_dict(), rel=0, abs=0, nan_ok=True)
    )
    assert "2026-03 to 2026-04" in reply.err


def test_what_is_not_known_is_null_in_json_and_empty_in_csv(small: Path) -> None:
    silent = ("run", small, "--set", "surveys.response_rate=0")
    assert json.loads(type_in(*silent, "--format", "json").out)["kpis"]["nps"] is None
    (row,) = csv.DictReader(io.StringIO(type_in(*silent, "--format", "csv").out))
    assert row["nps"] == ""
    months = json.loads(type_in(*silent, "--months", "--format", "json").out)
    assert [one["month"] for one in months] == ["2025-01-01T00:00:00", "2025-02-01T00:00:00"]
    assert months[0]["nps"] is None


@pytest.mark.parametrize("extra", [(), ("--months",)])
def test_the_table_of_a_run_fits_80_columns(small: Path, extra: tuple[str, ...]) -> None:
    text = type_in("run", small, *extra).out
    assert max(map(len, text.splitlines())) <= 80
    assert ("retention_rate" if extra else "retention_rate_per_month") in text


def test_a_saved_run_becomes_csv_files(small: Path, tmp_path: Path) -> None:
    saved, tables = tmp_path / "a run", tmp_path / "tables"
    assert type_in("run", small, "--out", saved).code == 0
    reply = type_in("export", saved, tables)
    assert (reply.code, reply.out) == (0, "")
    sales = pd.read_csv(tables / "transactions.csv")
    assert len(sales) == len(sim.load_run(saved).transactions)


# Experiments.


@pytest.fixture(scope="module")
def truth(small: Path) -> Comparison:
    """The small chain with and without points, compared in Python."""
    base = sim.load(small)
    with joblib.parallel_config(n_jobs=1):
        return compare({"coffee": base, WITHOUT: base.change({"loyalty.points_per_unit": 0})}, replications=3)


@pytest.mark.parametrize("form", ["json", "csv", "table"])
def test_compare_with_set_is_the_scenario_against_itself_changed(
    form: str, small: Path, truth: Comparison
) -> None:
    seen = ("--kpi", "clv", "--kpi", "churn_rate_per_month", "--format", form)
    reply = type_in("compare", small, "--set", NO_POINTS, "--replications", 3, *seen, *ONE_PROCESS)
    assert reply.code == 0
    if form == "table":
        shown = (
            KPIS["clv"].number(truth.differences.at[(WITHOUT, "clv"), "difference"], "+").replace("−", "-")
        )
        assert shown in reply.out.splitlines()[2]
        assert WITHOUT in reply.out
        assert max(map(len, reply.out.splitlines()[1:])) <= 80
        return
    rows = json.loads(reply.out)["differences"] if form == "json" else csv.DictReader(io.StringIO(reply.out))
    found = {(row["world"], row["kpi"]): float(row["difference"]) for row in rows}
    keys = [(WITHOUT, "clv"), (WITHOUT, "churn_rate_per_month")]
    wanted = truth.differences.loc[keys, "difference"].to_dict()
    assert found == pytest.approx(wanted, rel=1e-12)


def test_compare_takes_several_files_and_says_what_differs(small: Path, tmp_path: Path) -> None:
    base = sim.load(small)
    richer = sim.save(base.change({"loyalty.points_per_unit": 2}).rename("richer", ""), tmp_path / "r.toml")
    leaner = sim.save(base.change({"loyalty.reward_value": 1}).rename("leaner", ""), tmp_path / "l.toml")
    worlds = (small, richer, leaner)
    reply = type_in("compare", *worlds, "--replications", 2, "--format", "json", *ONE_PROCESS)
    found = json.loads(reply.out)
    assert (found["baseline"], found["worlds"]) == ("coffee", ["coffee", "richer", "leaner"])
    assert {row["lever"]: row["leaner"] for row in found["changed"]} == {
        "loyalty.points_per_unit": 1.0,
        "loyalty.reward_value": 1.0,
    }


def test_a_report_is_one_file(small: Path, tmp_path: Path) -> None:
    page = tmp_path / "new" / "board.html"
    change = ("--set", NO_POINTS, "--replications", 2)
    reply = type_in("compare", small, *change, "--report", page, *ONE_PROCESS)
    assert (reply.code, list(page.parent.iterdir())) == (0, [page])
    assert "</html>" in page.read_text(encoding="utf-8")


def test_sweep_gives_the_tables_of_the_same_sweep_in_python(small: Path, tmp_path: Path) -> None:
    axes = {"loyalty.points_per_unit": [0.0, 2.0], "discounts.audience": ["everybody", "lapsing"]}
    given = [f"{name}={','.join(map(str, values))}" for name, values in axes.items()]
    levers = [part for one in given for part in ("--lever", one)]
    out = tmp_path / "runs.csv"
    reply = type_in(
        "sweep", small, *levers, "--replications", 2, "--out", out, "--format", "json", *ONE_PROCESS
    )
    with joblib.parallel_config(n_jobs=1):
        truth = sweep(sim.load(small), axes, replications=2)
    found = pd.DataFrame(json.loads(reply.out))
    pd.testing.assert_frame_equal(
        found.drop(columns="kpi").set_index("point"), truth.table("clv"), check_dtype=False, check_exact=False
    )
    runs = pd.read_csv(out)
    assert list(runs.columns) == list(truth.runs.columns)
    assert runs["clv"].tolist() == pytest.approx(truth.runs["clv"].tolist(), rel=1e-12)


def test_a_sweep_of_a_range_has_the_points_asked_for(small: Path) -> None:
    lever = ("--lever", "loyalty.points_per_unit=1..3", "--points", 4)
    reply = type_in("sweep", small, *lever, "--replications", 1, "--format", "csv", *ONE_PROCESS)
    values = [float(row["loyalty.points_per_unit"]) for row in csv.DictReader(io.StringIO(reply.out))]
    assert len(values) == 4
    assert all(1 <= one <= 3 for one in values)


def test_the_text_of_a_sweep_says_the_levers_and_the_differences(small: Path) -> None:
    reply = type_in(
        "sweep",
        small,
        "--lever",
        "loyalty.points_per_unit=0,1",
        "--replications",
        2,
        "--kpi",
        "nps",
        *ONE_PROCESS,
    )
    head, columns, *points = reply.out.splitlines()
    assert head == f"nps, {KPIS['nps'].unit_text('EUR')}; difference to coffee".replace("−", "-")
    assert columns.split()[:3] == ["points_per_unit", "mean", "difference"]
    assert [line.split()[1] for line in points] == ["0.0", "1.0"]


# The work fails, or is stopped.


def test_a_failed_run_of_a_sweep_is_named_and_the_others_are_shown(small: Path, monkeypatch) -> None:
    def fail_without_points(scenario: sim.Scenario, seed: int) -> sim.Run:
        if scenario["loyalty.points_per_unit"] == 0:
            raise ArithmeticError("a planted failure")
        return simulate(scenario, seed)

    monkeypatch.setattr(workers, "simulate", fail_without_points)
    lever = ("--lever", "loyalty.points_per_unit=0,2")
    reply = type_in("sweep", small, *lever, "--replications", 1, "--format", "csv", *ONE_PROCESS)
    assert reply.code == 1
    assert [row["mean"] != "" for row in csv.DictReader(io.StringIO(reply.out))] == [False, True]
    (line,) = reply.err.splitlines()
    assert line.startswith("crm-sim: point 1, seed ")
    assert "a planted failure" in line


def test_a_failed_run_of_a_comparison_names_the_scenario_and_the_seed(small: Path, monkeypatch) -> None:
    def fail(scenario: sim.Scenario, seed: int) -> sim.Run:
        raise ArithmeticError("a planted failure")

    monkeypatch.setattr(workers, "simulate", fail)
    reply = type_in("compare", small, "--set", NO_POINTS, "--replications", 2, *ONE_PROCESS)
    assert (reply.code, reply.out) == (1, "")
    (line,) = reply.err.splitlines()
    assert "'coffee' failed with seed" in line
    assert "a planted failure" in line


@pytest.mark.parametrize("keeps", [False, True])
def test_an_interruption_says_what_is_finished_and_how_to_keep_it(
    keeps: bool, small: Path, tmp_path: Path, monkeypatch
) -> None:
    lived = []

    def stop_at_the_third(scenario: sim.Scenario, seed: int) -> sim.Run:
        lived.append(seed)
        if len(lived) == 3:
            raise KeyboardInterrupt
        return simulate(scenario, seed)

    monkeypatch.setattr(workers, "simulate", stop_at_the_third)
    store = ("--store", tmp_path / "kept") if keeps else ()
    command = ("compare", small, "--set", NO_POINTS, "--replications", 4, *store, *ONE_PROCESS)
    reply = type_in(*command)
    assert (reply.code, reply.out) == (130, "")
    (line,) = reply.err.splitlines()
    assert "stopped with 2 runs finished; " in line
    assert line.endswith("; the same command goes on from there") == keeps
    assert ("--store" in line) != keeps
    if keeps:
        assert type_in(*command).code == 0
        assert len(lived) == 3 + 6  # the two that were kept are not lived again


# A log.


def test_calibrate_writes_a_scenario_and_says_what_was_in_the_log(tmp_path: Path) -> None:
    log, out = tmp_path / "log.csv", tmp_path / "mine.toml"
    cdnow_log().head(2000).rename(columns={"date": "Tag", "amount": "Betrag"}).to_csv(log, index=False)
    named = ("--date", "Tag", "--amount", "Betrag", "--name", "mine", "--currency", "EUR")
    reply = type_in("calibrate", log, "-o", out, *named, "--format", "json")
    found, scenario = json.loads(reply.out), sim.load(out)
    assert (reply.code, scenario.name, scenario.currency) == (0, "mine", "EUR")
    assert found["estimates"]["market.rate_shape"] == scenario["market.rate_shape"]
    assert found["customers"] == len(scenario.starting_customers.table)


def test_a_log_whose_columns_cannot_be_guessed_is_answered_with_the_option_to_use(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("who,when,what\n1,2025-01-01,3\n", encoding="utf-8")
    reply = type_in("calibrate", log, "-o", tmp_path / "mine.toml")
    assert reply.code == 2
    assert reply.err.rstrip().endswith("say which with --customer-id")


# The terminal itself.


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_console_without_some_characters_loses_no_sign(encoding: str, tmp_path: Path, monkeypatch) -> None:
    scenario = sim.load("coffee").change({"acquisition.opening_customers": 40, "clock.months": 1})
    file = sim.save(scenario.rename("Kaffee – ☕", "").base(), tmp_path / "small.toml")
    text = file.read_text(encoding="utf-8").replace('currency = "EUR"', 'currency = "₿"')
    file.write_text(text, encoding="utf-8")
    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding=encoding) for name in ("stdout", "stderr")}
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    monkeypatch.setattr(sys, "argv", ["crm-sim", "run", str(file), "--seed", "3"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    shown = streams["stdout"].buffer.getvalue().decode(encoding)
    profit = next(line for line in shown.splitlines() if line.startswith("profit"))
    number = KPIS["profit"].number(simulate(sim.load(file), 3).kpis()["profit"]).replace("−", "-")
    assert profit.split() == ["profit", number, "₿" if encoding == "utf-8" else "?"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("crm-sim run co", {"coffee"}),
        ("crm-sim compare coffee ho", {"hotel"}),
        (
            "crm-sim run coffee --set loyalty.points_per",
            {"loyalty.points_per_unit=", "loyalty.points_per_visit="},
        ),
        ("crm-sim sweep coffee --kpi churn", {"churn_rate_per_month"}),
    ],
)
def test_the_shell_completes_scenarios_levers_and_kpis(typed: str, offered: set[str], monkeypatch) -> None:
    monkeypatch.setenv("_CRM_SIM_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
    stdout = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stdout)
    with pytest.raises(SystemExit):
        type_in_for_the_shell()
    assert set(stdout.getvalue().split()) == offered


def type_in_for_the_shell() -> None:
    from sim.cli.entry import answer

    answer([])


def process(*arguments: str, **options: object) -> "subprocess.Popen[bytes]":
    """A real `crm-sim`."""
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.Popen([sys.executable, "-m", "sim.cli", *arguments], env=environment, **options)


def test_a_reader_who_has_seen_enough_ends_it_quietly() -> None:
    with process("levers", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as one:
        one.stdout.close()
        assert one.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_full_disk_is_one_line_and_exit_code_1() -> None:
    with (
        Path("/dev/full").open("wb") as full,
        process("scenarios", stdout=full, stderr=subprocess.PIPE) as one,
    ):
        said = one.stderr.read().decode()
    assert (one.returncode, said) == (1, "crm-sim: No space left on device\n")


def test_a_terminal_needs_no_pictures_and_no_widgets() -> None:
    heavy = {"matplotlib", "seaborn", "ipywidgets", "IPython", "dask", "optuna"}
    code = f"import sys, sim.cli; print(sorted({heavy!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_help_and_completion_do_not_wait_for_the_simulator() -> None:
    """They answer in the time that pandas takes to be imported; compiled loops take twice as long again."""
    heavy = {"numba", "scipy", "simpy", "joblib", "tqdm", "sim.run", "sim.world"}
    code = f"import sys, sim.cli; print(sorted({heavy!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
