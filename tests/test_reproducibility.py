"""The same scenario and seed give the same tables: again, elsewhere, later, and as pinned here for ever.

A digest is taken of what is in the tables, as whole seconds, decimals and text, so it is the same on every
platform, Python and numpy. When the model changes on purpose, `python -m tests.test_reproducibility` prints
the new pins.
"""

import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

import sim
from sim import Run, Scenario, luck
from sim.world import acquisition, experience, retention, surveys, traits

SEED = 20260101

# Every lever, so that a changed default changes nothing here.
EXPLICIT = {
    "market.churn_model": "pareto/nbd",
    "market.rate_shape": 0.9,
    "market.rate_scale_weeks": 3.0,
    "market.dropout_a": 0.8,
    "market.dropout_b": 12.0,
    "market.life_shape": 0.7,
    "market.life_scale_weeks": 20.0,
    "market.spend_shape": 5.0,
    "market.spend_heterogeneity": 4.0,
    "market.spend_scale": 6.0,
    "acquisition.opening_customers": 400,
    "acquisition.opening_weeks": 6.0,
    "acquisition.organic_leads_per_month": 30.0,
    "acquisition.organic_conversion": 0.4,
    "acquisition.paid_spend_per_month": 700.0,
    "acquisition.paid_leads_ceiling": 150.0,
    "acquisition.paid_saturation_spend": 900.0,
    "acquisition.paid_conversion": 0.25,
    "retention.service_quality": 8.4,
    "retention.quality_cost": 0.03,
    "retention.market_standard": 8.0,
    "retention.leniency_sd": 1.1,
    "retention.experience_sd": 1.4,
    "retention.anchor_purchases": 2.5,
    "retention.satisfaction_to_loss": 0.2,
    "retention.satisfaction_to_pace": 0.05,
    "loyalty.points_per_unit": 1.5,
    "loyalty.reward_points": 80,
    "loyalty.reward_cost": 2.5,
    "loyalty.join_probability": 0.35,
    "loyalty.redemption_probability": 0.55,
    "loyalty.goal_gradient": 0.25,
    "loyalty.switching_cost": 0.4,
    "loyalty.reward_delight": 1.2,
    "loyalty.expected_breakage": 0.25,
    "surveys.sample_share": 0.4,
    "surveys.recent_days": 60,
    "surveys.response_rate": 0.3,
    "surveys.response_bias": 0.15,
    "surveys.noise_sd": 0.9,
    "clock.start": date(2024, 1, 31),
    "clock.months": 14,
    "clock.step_days": 5.0,
    "finance.gross_margin": 0.45,
    "finance.annual_discount_rate": 0.08,
}
STEADY = Scenario(name="explicit").change(EXPLICIT)
SMALL = STEADY.change({"acquisition.opening_customers": 50, "clock.months": 3})
WORLDS = {
    "explicit": STEADY,
    "explicit, bg/nbd": STEADY.change({"market.churn_model": "bg/nbd"}),
    "explicit, base": STEADY.base(),
    "retail": sim.load("retail"),
    "retail, base": sim.load("retail").base(),
    "coffee": sim.load("coffee"),
    "coffee, base": sim.load("coffee").base(),
    "coffee, pareto/nbd": sim.load("coffee").change({"market.churn_model": "pareto/nbd"}),
}

PINS = {
    "explicit": "6d739899b165ac329a29a0187067a70a817076df77cac52ddd9a27a9e3644a2d",
    "explicit, bg/nbd": "89942185f8cb9f5e6f3d4a881eb3cf1b0ffb114464c9fc5c64ae272cf39fc3af",
    "explicit, base": "9fd8ac59424943004e2b22c92f95ac09bfccf1e0d425ecff8cc90c5aa86c6ba9",
    "retail": "7477221841c0b9bca7bb3dd632a87166b96a27ac7be17ae0475e00adfdeb6bf5",
    "retail, base": "d1db80fc78a20949e7a5ad6b0ee2f2b282a033f1fcd2944f10a95ee72a6583c6",
    "coffee": "dfc51d7ad158894c2dbd156bd0cd456622e98ea09f205706d9ac3b373c2aae97",
    "coffee, base": "3343ddb6f986fe9cf536c2c172b91ec13fc6cf9e37630ca801ebc38e44fa9dd5",
    "coffee, pareto/nbd": "a25c3d55a2d1fbb8b9735958e3dea7c7a812f4ea3c5e34d215cf2d344e961fde",
}


def canonical(column: pd.Series) -> bytes:
    """A column as bytes that do not depend on types, byte order or the last digits of a float."""
    if column.dtype.kind == "M":
        return column.astype("datetime64[s]").to_numpy().astype("<i8").tobytes()
    if column.dtype.kind == "f":
        millionths = np.round(column.to_numpy(float) * 1e6)
        return np.where(np.isnan(millionths), -1e18, millionths).astype("<i8").tobytes()
    if column.dtype.kind == "i":
        return column.astype("Int64").fillna(-(10**18)).to_numpy("<i8").tobytes()
    return "\n".join(map(str, column)).encode()


def fingerprint(tables: dict[str, pd.DataFrame]) -> str:
    total = hashlib.sha256()
    for name, table in tables.items():
        for column in table.columns:
            total.update(f"{name}.{column}:{len(table)}\n".encode() + canonical(table[column]))
    return total.hexdigest()


def digest(run: Run) -> str:
    """A fingerprint of all tables of a run, and of the figures made from them."""
    figures = {"ledger": run.ledger, "months": run.months, "kpis": run.kpis().to_frame("kpi")}
    return fingerprint({**run.tables, **figures})


@cache
def digest_of(world: str) -> str:
    return digest(sim.simulate(WORLDS[world], SEED))


def test_the_explicit_scenario_names_every_lever() -> None:
    assert set(EXPLICIT) == {one.name for one in sim.levers()}


@pytest.mark.parametrize("world", WORLDS)
def test_results_are_pinned_for_ever(world: str) -> None:
    assert digest_of(world) == PINS[world]


@pytest.mark.parametrize("world", ["explicit", "retail"])
def test_a_world_lived_twice_is_the_same(world: str) -> None:
    """Whatever the global random generators are up to."""
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    assert digest(sim.simulate(WORLDS[world], SEED)) == digest_of(world)


def test_tables_are_equal_bit_for_bit_within_one_environment() -> None:
    first, second = sim.simulate(SMALL, SEED), sim.simulate(SMALL, SEED)
    for name, table in first.tables.items():
        pd.testing.assert_frame_equal(table, second.tables[name], check_exact=True)


def test_another_seed_or_lever_gives_another_digest() -> None:
    same = digest(sim.simulate(SMALL, 1))
    assert digest(sim.simulate(SMALL, 2)) != same
    assert digest(sim.simulate(SMALL.change({"market.rate_shape": 0.91}), 1)) != same
    assert digest(sim.simulate(SMALL.change({"surveys.noise_sd": 2.0}), 1)) != same


def test_one_changed_cell_anywhere_changes_the_digest() -> None:
    tables = sim.simulate(SMALL, 1).tables
    for name, table in tables.items():
        for column in table:
            if table[column].isna().all():
                continue
            cell = table.at[0, column]
            others = [value for value in table[column].dropna().unique() if pd.isna(cell) or value != cell]
            changed = table.astype({column: object})
            changed.at[0, column] = others[0] if others else None
            assert fingerprint({**tables, name: changed}) != fingerprint(tables), (name, column)


def in_the_last_bit(draw: Callable[..., luck.Floats]) -> Callable[..., luck.Floats]:
    """The same variates, some of them one bit larger or smaller."""
    sideways = np.random.default_rng(1)

    def almost(*given: luck.Floats) -> luck.Floats:
        exact = draw(*given)
        return np.nextafter(exact, sideways.choice([-np.inf, np.inf], exact.shape))

    return almost


@pytest.mark.parametrize("world", ["explicit", "coffee"])
def test_a_processor_that_rounds_differently_makes_the_same_tables(
    world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (acquisition, experience, retention, surveys, traits):
        for name in {"normal", "exponential", "gamma", "beta"} & set(vars(module)):
            monkeypatch.setattr(module, name, in_the_last_bit(getattr(luck, name)))
    assert digest(sim.simulate(WORLDS[world], SEED)) == digest_of(world)


def test_another_process_with_another_hash_seed_gives_the_same() -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    done = subprocess.run(
        [sys.executable, __file__, "explicit"], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split() == ['"explicit":', f'"{digest_of("explicit")}",']


def test_runs_in_threads_do_not_disturb_each_other() -> None:
    seeds = [1, 2, 1, 2]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda seed: digest(sim.simulate(SMALL, seed)), seeds))
    assert found == [digest(sim.simulate(SMALL, seed)) for seed in (1, 2)] * 2


def test_a_run_saved_and_loaded_has_the_same_digest(tmp_path: os.PathLike[str]) -> None:
    run = sim.simulate(SMALL, SEED)
    assert digest(sim.load_run(run.save(os.path.join(tmp_path, "run")))) == digest(run)


if __name__ == "__main__":
    for chosen in sys.argv[1:] or WORLDS:
        print(f'    "{chosen}": "{digest_of(chosen)}",')
