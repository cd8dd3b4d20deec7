"""The contestants of `make bench` run one and the same model, and its judge notices when one does not."""

import ast
import dataclasses
import importlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import contest
from benchmarks.base_model import BaseModel, Log, Totals
from benchmarks.measure import Cost, Verdict

FOLDER = Path(contest.__file__).with_name("peers")
HERE = [one for one in contest.PEERS if not one.missing() and one.most_customers > 2_000]
"""On a machine without the peers: this engine, SimPy and NumPy, which the project itself needs."""


@pytest.fixture(scope="module")
def model() -> BaseModel:
    return BaseModel.of(2_000)


def test_simpy_numpy_and_this_engine_can_always_be_measured() -> None:
    assert {one.module for one in HERE} >= {"engine", "simpy_processes", "numpy_weeks"}


@pytest.mark.parametrize("peer", HERE, ids=[one.title for one in HERE])
def test_contestants_live_the_base_model(peer: contest.Peer, model: BaseModel) -> None:
    scores = peer.run(model).scores(model)
    assert max(map(abs, scores.values())) < 4, scores


@pytest.mark.parametrize(
    ("cheat", "noticed"),
    [
        ({"weeks": 140.0}, "purchases"),
        ({"alpha": 2.0}, "purchases"),
        ({"b": 20.0}, "active customers"),
        ({"p": 5.0}, "revenue"),
        ({"opening_weeks": 12.0}, "early purchases"),
    ],
)
def test_the_judge_notices_who_lives_another_model(
    cheat: dict[str, float], noticed: str, model: BaseModel
) -> None:
    many = dataclasses.replace(model, customers=40_000)
    log = importlib.import_module("benchmarks.peers.numpy_weeks").run(dataclasses.replace(many, **cheat))
    assert abs(log.scores(many)[noticed]) > 4


def test_rows_and_blocks_of_a_log_are_judged_alike(model: BaseModel) -> None:
    blocks = importlib.import_module("benchmarks.peers.numpy_weeks").run(model)
    columns: list[NDArray[np.float64]] = [np.concatenate(one) for one in zip(*blocks.rows, strict=True)]
    rows = Log(list(zip(*(one.tolist() for one in columns), strict=True)), blocks.active)
    assert rows.scores(model) == pytest.approx(blocks.scores(model))
    assert rows.count() == blocks.count() == len(columns[0])


def test_the_loop_without_a_log_makes_the_purchases_of_the_one_with_it(model: BaseModel) -> None:
    numpy_weeks = importlib.import_module("benchmarks.peers.numpy_weeks")
    log, totals = numpy_weeks.run(model), numpy_weeks.run_totals(model)
    assert isinstance(totals, Totals) and not totals.has_log
    assert totals.count() == log.count()
    assert totals.scores(model)["revenue"] == pytest.approx(log.scores(model)["revenue"])


def test_a_peer_that_is_not_installed_is_told_in_words() -> None:
    absent = contest.Peer("Nobody", "nobody", ("a_package_nobody_has",))
    assert absent.missing() == ["a_package_nobody_has"]


def result(peer: contest.Peer, score: float) -> contest.Result:
    return contest.Result(peer, 1000, Cost(Verdict(50_000, {"revenue": score}), 0.5, 300.0))


def test_the_table_is_markdown_with_ratios_to_simpy_and_the_farthest_score() -> None:
    lines = contest.table([result(contest.SIMPY, -1.25)]).splitlines()
    assert len({len(line) for line in lines}) == 1
    cells = [one.strip() for one in lines[-1].strip("|").split("|")]
    assert cells == [contest.SIMPY.title, "yes", "50,000", "0.50", "0.100", "1.00", "300", "-1.2"]


@pytest.mark.parametrize("score", [4.0, -7.5, float("nan")])
def test_who_strays_from_the_model_is_named(score: float) -> None:
    assert contest.strays([result(contest.SIMPY, 3.9)]) == []
    (sentence,) = contest.strays([result(contest.SIMPY, score)])
    assert sentence.startswith(f"{contest.SIMPY.title} is not the base model") and "revenue" in sentence


@pytest.mark.parametrize("peer", contest.PEERS, ids=[one.title for one in contest.PEERS])
def test_every_contestant_says_how_it_does_its_work(peer: contest.Peer) -> None:
    tree = ast.parse((FOLDER / f"{peer.module}.py").read_text(encoding="utf-8"))
    functions = [one.name for one in tree.body if isinstance(one, ast.FunctionDef)]
    assert len((ast.get_docstring(tree) or "").splitlines()) >= 3
    assert peer.function in functions
