"""Replications: what a row is, what is kept, and what happens when a run or somebody stops it."""

import gc
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from pathlib import Path

import joblib
import pandas as pd
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
import worlds
from sim.experiments import store as storing
from sim.experiments import workers
from sim.experiments.errors import ExperimentError
from sim.experiments.fingerprint import content, engine
from sim.experiments.replicate import replicate, replicate_worlds, require_all, seeds
from sim.experiments.store import Store
from sim.experiments.workers import Job, Outcome
from summaries import deadly, frozen, process_id

module = import_module("sim.experiments.replicate")  # the package may export the function of this name

TINY = sim.load("retail").change({"acquisition.opening_customers": 5, "clock.months": 2})
DEARER = TINY.change({"market.spend_scale": 99.0})


@pytest.fixture
def here():
    """All in this process, so that it can be watched."""
    with joblib.parallel_config(n_jobs=1):
        yield


@pytest.fixture
def simulated(here, monkeypatch):
    """The seeds that were simulated."""
    lived = []

    def counted(scenario, seed):
        lived.append(seed)
        return sim.simulate(scenario, seed)

    monkeypatch.setattr(workers, "simulate", counted)
    return lived


# ---- what a row is -----------------------------------------------


@given(st.integers(0, 2**70), st.integers(1, 40))
def test_the_first_seeds_stay_when_there_are_more(seed, count):
    made = seeds(seed, count + 7)
    assert made[:count] == seeds(seed, count)
    assert len(set(made)) == count + 7
    assert all(0 <= one < 2**53 for one in made)


def test_a_row_is_the_run_of_its_seed(here):
    table = replicate(TINY, 3, seed=5)
    assert table["seed"].tolist() == seeds(5, 3)
    for _, row in table.iterrows():
        pd.testing.assert_series_equal(
            row.drop("seed"), sim.simulate(TINY, int(row["seed"])).kpis(), check_names=False
        )


def test_rows_are_ordered_by_world_and_seed_whatever_finishes_first(here, monkeypatch):
    usual = replicate_worlds({"b": TINY, "a": DEARER}, [9, 4])
    live = workers.live

    def backwards(jobs):
        yield from reversed(list(live(jobs)))

    monkeypatch.setattr(module, "live", backwards)
    assert usual.runs[["world", "seed"]].to_numpy().tolist() == [["b", 9], ["b", 4], ["a", 9], ["a", 4]]
    pd.testing.assert_frame_equal(replicate_worlds({"b": TINY, "a": DEARER}, [9, 4]).runs, usual.runs)


def test_a_summary_that_is_a_series_is_a_row(here):
    table = replicate(TINY, 2, summary=lambda run: run.kpis()[["clv", "revenue"]])
    pd.testing.assert_frame_equal(table, replicate(TINY, 2)[["seed", "clv", "revenue"]])


def test_a_summary_that_is_a_table_gets_the_seed_in_front(here):
    table = replicate(TINY, 2, summary=lambda run: run.months[["month", "revenue"]])
    assert table.columns.tolist() == ["seed", "month", "revenue"]
    assert table.index.tolist() == [0, 1, 2, 3]
    first, second = seeds(1, 2)
    assert table["seed"].tolist() == [first, first, second, second]
    assert table["revenue"].tolist()[2:] == sim.simulate(TINY, second).months["revenue"].tolist()


def test_a_table_keeps_an_index_of_names(here):
    table = replicate(TINY, 2, summary=lambda run: run.cac_by_channel.to_frame())
    assert table.index.tolist() == 2 * sim.simulate(TINY).cac_by_channel.index.tolist()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"replications": 0}, "replications is 0; allowed: a whole number from 1"),
        ({"replications": 2.0}, "replications is 2.0; allowed: a whole number from 1"),
        ({"replications": True}, "replications is True; allowed: a whole number from 1"),
        ({"seed": -1}, "seed is -1; allowed: a whole number from 0"),
        ({"seed": None}, "seed is None; allowed: a whole number from 0"),
        ({"summary": "clv"}, "summary is 'clv'; allowed: a function"),
        ({"summary": len, "store": "kept"}, "store is 'kept' beside a summary; allowed: one of them"),
        ({"scenario": "coffee"}, "replicate takes a Scenario, such as sim.load('coffee'); got 'coffee'"),
    ],
)
def test_a_bad_argument_gets_one_sentence(arguments, sentence):
    with pytest.raises((TypeError, ValueError)) as caught:
        replicate(**{"scenario": TINY, "replications": 1, **arguments})
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_a_store_that_is_a_file_gets_one_sentence(tmp_path):
    file = tmp_path / "kept"
    file.touch()
    with pytest.raises(ValueError, match="allowed: a folder to write to"):
        replicate(TINY, 1, store=file)


# ---- where the runs live -----------------------------------------


@pytest.mark.parametrize("config", [{"n_jobs": 1}, {"backend": "threading"}])
def test_the_runs_go_where_joblib_is_configured(config):
    with joblib.parallel_config(**config):
        assert set(replicate(TINY, 3, summary=process_id)["process"]) == {os.getpid()}


def test_the_garbage_collector_passes_over_the_simulator_in_a_worker_and_not_in_the_caller():
    """From a worker's second run on, of which there is one among three."""
    before = gc.get_freeze_count()
    with joblib.parallel_config(n_jobs=2):
        assert replicate(TINY, 3, summary=frozen)["objects"].max() > 100_000
    with joblib.parallel_config(n_jobs=1):
        assert set(replicate(TINY, 3, summary=frozen)["objects"]) == {before}


def test_a_backend_that_streams_nothing_gets_rounds(simulated, monkeypatch):
    """joblib's sequential backend stands for Ray's: both give nothing back before all is done."""
    monkeypatch.setattr(workers, "ROUND", 2)
    with joblib.parallel_config(joblib.parallel.SequentialBackend()):
        rows = workers.live({key: Job(TINY, key, process_id) for key in range(5)})
        assert next(rows).key == 0
        assert simulated == [0, 1]
        assert [one.key for one in rows] == [1, 2, 3, 4]


# ---- failures ----------------------------------------------------


def failing(error: BaseException, bad: int, run: sim.Run) -> "pd.Series[float]":
    if run.seed == bad:
        raise error
    return run.kpis()


@pytest.mark.parametrize("error", [ValueError("far\ntoo far"), SystemExit("far")])
def test_a_run_that_fails_is_named_and_does_not_lose_the_others(here, error):
    bad = seeds(1, 3)[1]
    with pytest.raises(ExperimentError) as caught:
        replicate(TINY, 3, summary=partial(failing, error, bad))
    assert str(caught.value) == (
        f"'retail' failed with seed {bad}: {type(error).__name__}: far "
        f"(sim.simulate(scenario, {bad}) is that run once more)"
    )
    assert len(caught.value.replications.runs) == 2


def test_failures_of_worlds_are_rows(here, monkeypatch):
    def simulate(scenario, seed):
        if seed == 4:
            raise MemoryError
        return sim.simulate(scenario, seed)

    monkeypatch.setattr(workers, "simulate", simulate)
    found = replicate_worlds({"a": TINY, "b": DEARER}, [4, 9])
    assert found.failures.to_numpy().tolist() == [["a", 4, "MemoryError"], ["b", 4, "MemoryError"]]
    assert found.runs["seed"].tolist() == [9, 9]
    with pytest.raises(ExperimentError, match="1 more failed"):
        require_all(found)


def test_a_summary_of_the_wrong_kind_fails_in_words(here):
    with pytest.raises(ExperimentError, match="the summary gave float; allowed: a Series or DataFrame"):
        replicate(TINY, 1, summary=lambda run: 1.5)
    with pytest.raises(ExperimentError, match="the summary gave a column seed"):
        replicate(TINY, 1, summary=lambda run: pd.Series({"seed": 1}))


def test_a_worker_that_dies_is_blamed_on_the_run_that_killed_it():
    bad, good = seeds(1, 2)
    with joblib.parallel_config(n_jobs=2), pytest.raises(ExperimentError) as caught:
        replicate(TINY, 2, summary=partial(deadly, bad))
    assert str(caught.value).startswith(
        f"'retail' failed with seed {bad}: its worker process died: out of memory, killed or crashed"
    )
    assert caught.value.replications.runs["seed"].tolist() == [good]


def test_a_worker_with_another_engine_fails_in_words(here, monkeypatch):
    engines = iter(["0.1-new", "0.0-old", "0.0-old"])
    monkeypatch.setattr(workers.fingerprint, "engine", lambda: next(engines))
    (outcome,) = workers.live({0: Job(TINY, 1, process_id)})
    assert outcome.error == "RuntimeError: this worker has sim 0.0-old; the experiment was started in 0.1-new"


# ---- the store ---------------------------------------------------


def test_finished_runs_are_not_simulated_again(simulated, tmp_path):
    first = replicate(TINY, 2, store=tmp_path)
    more = replicate(TINY, 4, store=tmp_path)
    assert simulated == seeds(1, 4)
    pd.testing.assert_frame_equal(more, replicate(TINY, 4))
    pd.testing.assert_frame_equal(more[:2], first)


def test_a_name_makes_no_other_scenario_but_a_lever_does(simulated, tmp_path):
    replicate(TINY, 1, store=tmp_path)
    replicate(TINY.rename("Größe", "Another description."), 1, store=tmp_path)
    assert len(simulated) == 1
    replicate(DEARER, 1, store=tmp_path)
    assert len(simulated) == 2


LOG = worlds.continued("bg/nbd")


@pytest.mark.parametrize(
    "other",
    [
        TINY.later(1, {"loyalty.points_per_unit": 1.0}),
        TINY.change({"clock.months": 3}),
        LOG,
        LOG.model_copy(update={"starting_customers": None}),
        sim.load("telco"),
    ],
)
def test_scenarios_of_other_content_have_another_digest(other):
    assert content(other) != content(TINY)
    assert content(other) == content(other.rename("other", "words"))
    assert (
        len({content(TINY), content(LOG), content(LOG.model_copy(update={"starting_customers": None}))}) == 3
    )


def test_runs_of_another_engine_are_not_taken(simulated, tmp_path, monkeypatch):
    replicate(TINY, 1, store=tmp_path)
    monkeypatch.setattr(storing, "engine", lambda: "0.0.9-0123456789abcdef")
    replicate(TINY, 1, store=tmp_path)
    assert len(simulated) == 2


def copy_of_sim(folder: Path) -> Path:
    root = Path(sim.__file__).parent
    return Path(shutil.copytree(root, folder / "sim", ignore=shutil.ignore_patterns("__pycache__")))


def test_the_engine_is_the_sources_that_make_a_run(tmp_path, monkeypatch):
    place = copy_of_sim(tmp_path)
    monkeypatch.setattr("sim.experiments.fingerprint._SIM", place)
    digests = [engine.__wrapped__()]
    for name in ("lab/tiles.py", "experiments/replicate.py", "world/traits.py", "kpi/value.py"):
        with (place / name).open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        digests.append(engine.__wrapped__())
    assert digests[0] == engine() == digests[1] == digests[2]
    assert len(set(digests[2:])) == 3


def only_file(folder: Path) -> Path:
    (file,) = folder.rglob("*.parquet")
    return file


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-9], lambda data: b"PAR1" + data])
def test_a_damaged_file_is_done_again(simulated, tmp_path, damage):
    first = replicate(TINY, 1, store=tmp_path)
    file = only_file(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.warns(UserWarning, match=f"damaged in .*done again: .*{file.name}"):
        again = replicate(TINY, 1, store=tmp_path)
    pd.testing.assert_frame_equal(again, first)
    assert len(simulated) == 2
    replicate(TINY, 1, store=tmp_path)
    assert len(simulated) == 2


def test_no_flipped_byte_changes_what_is_read(here, tmp_path):
    replicate(TINY, 1, store=tmp_path)
    file = only_file(tmp_path)
    data, written = file.read_bytes(), storing._read(file)
    damaged = 0
    for place in range(0, len(data), 3):
        file.write_bytes(data[:place] + bytes([data[place] ^ 0x15]) + data[place + 1 :])
        try:
            assert str(storing._read(file)) == str(written)
        except (OSError, ValueError, LookupError):
            damaged += 1
    assert damaged > len(data) / 3 / 2


def test_a_file_in_the_place_of_another_run_is_done_again(simulated, tmp_path):
    replicate(TINY, 1, store=tmp_path)
    file = only_file(tmp_path)
    file.rename(file.with_name(f"{seeds(2, 1)[0]}.parquet"))
    with pytest.warns(UserWarning, match="damaged"):
        replicate(TINY, 1, seed=2, store=tmp_path)
    assert len(simulated) == 2


def test_a_store_that_cannot_be_written_costs_no_run(here, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storing.pq, "write_table", full)
    with pytest.warns(UserWarning, match="cannot be kept in .*No space left on device"):
        assert len(replicate(TINY, 2, store=tmp_path)) == 2
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_store_may_be_written_and_read_at_the_same_time(tmp_path):
    jobs = {key: Job(TINY, key, process_id) for key in range(4)}
    outcomes = [Outcome(key, {"clv": key / 3, "nps": float("nan")}) for key in jobs]

    def use(_: int) -> dict[int, Outcome]:
        store = Store(tmp_path, jobs)
        for one in outcomes:
            store.keep(one)
        return store.find()

    with ThreadPoolExecutor(8) as pool:
        assert {str(found) for found in pool.map(use, range(24))} == {str(dict(enumerate(outcomes)))}


# ---- stopped from outside ----------------------------------------

SCRIPT = """
import signal, sys, joblib, sim
from sim.experiments.errors import ExperimentInterrupted
from sim.experiments.replicate import replicate

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    tiny = sim.load("retail").change({"acquisition.opening_customers": 5, "clock.months": 2})
    try:
        with joblib.parallel_config(n_jobs=int(sys.argv[2])):
            replicate(tiny, 3000, store=sys.argv[1])
    except ExperimentInterrupted as stopped:
        print(len(stopped.finished), str(stopped))
"""


def started(folder: Path, n_jobs: int) -> subprocess.Popen[str]:
    """The script, once it has finished two runs."""
    command = [sys.executable, "-c", SCRIPT, str(folder), str(n_jobs)]
    pipe = subprocess.PIPE
    script = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True)
    while len(list(folder.rglob("[!.]*.parquet"))) < 2:
        assert script.poll() is None, script.communicate()
        time.sleep(0.02)
    return script


def test_a_killed_experiment_goes_on_where_it_was(simulated, tmp_path):
    script = started(tmp_path, 1)
    script.kill()
    script.communicate()
    finished = {int(path.stem) for path in tmp_path.rglob("[!.]*.parquet")}
    count = len(finished) + 2
    table = replicate(TINY, count, store=tmp_path)
    assert sorted(simulated) == sorted(set(seeds(1, count)) - finished)
    pd.testing.assert_frame_equal(table, replicate(TINY, count))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to another process")
def test_an_interrupt_stops_the_workers_and_says_how_to_go_on(tmp_path):
    folder = tmp_path / "été à deux"
    script = started(folder, 2)
    workers_of_script = psutil.Process(script.pid).children(recursive=True)
    assert len(workers_of_script) >= 2
    os.killpg(script.pid, signal.SIGINT)  # as a terminal does: to all processes
    try:
        out, err = script.communicate(timeout=60)
    finally:
        script.kill()
    count, _, sentence = out.strip().partition(" ")
    how = f"the same call with store={str(folder)!r} goes on from there"
    assert sentence == f"stopped with {count} of 3,000 runs finished; {how}"
    assert 2 <= int(count) <= len(list(folder.rglob("[!.]*.parquet")))
    assert err == ""
    _, alive = psutil.wait_procs(workers_of_script, timeout=10)
    assert [one for one in alive if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []


def test_an_interrupt_without_a_store_hands_over_what_is_finished(here):
    asked = []

    def interrupted(run: sim.Run) -> "pd.Series[float]":
        asked.append(run.seed)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return run.kpis()

    with pytest.raises(module.ExperimentInterrupted, match="stopped with 2 of 4 runs finished") as caught:
        replicate(TINY, 4, summary=interrupted)
    assert caught.value.finished["seed"].tolist() == seeds(1, 2)
    assert isinstance(caught.value, KeyboardInterrupt)


# ---- the bar -----------------------------------------------------


class Stream:
    def __init__(self, is_terminal: bool) -> None:
        self.is_terminal = is_terminal
        self.text = ""

    def isatty(self) -> bool:
        return self.is_terminal

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


class NotebookStream(Stream):
    __module__ = "ipykernel.iostream"


@pytest.mark.parametrize(
    ("stream", "is_seen"), [(Stream(True), True), (Stream(False), False), (NotebookStream(False), True)]
)
def test_a_bar_is_shown_where_somebody_sees_it(here, monkeypatch, tmp_path, stream, is_seen):
    replicate(TINY, 2, store=tmp_path)
    monkeypatch.setattr(sys, "stderr", stream)
    replicate(TINY, 3, store=tmp_path)
    assert ("2/3" in stream.text and "3/3" in stream.text) == is_seen
    assert (stream.text == "") != is_seen
