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
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim
from sim import Run, Scenario, luck
from sim.world import acquisition, churn, experience, fulfilment, leads, retention, service, surveys, traits
from sim.world.loyalty import points, rebates

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
    "market.renewal_alpha": 0.6681,
    "market.renewal_beta": 3.8061,
    "market.billing_months": 1.0,
    "market.term_bills": 3,
    "market.notice_days": 30.0,
    "market.rivals": 0.05,
    "market.return_rate": 0.03,
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
    "acquisition.trial_spend_per_month": 300.0,
    "acquisition.trial_leads_ceiling": 200.0,
    "acquisition.trial_saturation_spend": 2000.0,
    "acquisition.trial_conversion": 0.4,
    "acquisition.trial_to_loss": 1.3,
    "acquisition.deal_spend_per_month": 200.0,
    "acquisition.deal_leads_ceiling": 200.0,
    "acquisition.deal_saturation_spend": 2000.0,
    "acquisition.deal_conversion": 0.3,
    "acquisition.deal_discount": 0.4,
    "acquisition.deal_to_loss": 0.4,
    "acquisition.deal_to_basket": 0.1,
    "sales.representatives": 1,
    "sales.hours_per_lead": 1.0,
    "sales.automated_share": 0.2,
    "sales.automated_to_conversion": 0.3,
    "sales.delay_to_conversion": 0.4,
    "sales.fit_to_conversion": 0.7,
    "sales.score_accuracy": 0.6,
    "sales.wage_per_hour": 30.0,
    "word_of_mouth.referrals_per_promoter": 0.03,
    "word_of_mouth.referral_conversion": 0.4,
    "word_of_mouth.referral_to_loss": 0.3,
    "word_of_mouth.referral_to_basket": 0.12,
    "word_of_mouth.referral_fade_months": 12.0,
    "word_of_mouth.detractor_drag": 1.0,
    "retention.service_quality": 8.4,
    "retention.quality_cost": 0.03,
    "retention.market_standard": 8.0,
    "retention.leniency_sd": 1.1,
    "retention.experience_sd": 1.4,
    "retention.anchor_purchases": 2.5,
    "retention.satisfaction_to_loss": 0.2,
    "retention.satisfaction_to_pace": 0.05,
    "experience.attributes": 5,
    "experience.failure_rate": 0.03,
    "experience.failure_pain": 1.5,
    "experience.breach_to_loss": 0.7,
    "experience.tolerance_most": 1.5,
    "experience.tolerance_purchases": 5.0,
    "experience.delight_rate": 0.06,
    "experience.delight_gain": 1.5,
    "experience.delight_cost": 0.5,
    "experience.expectation_creep": 0.15,
    "experience.loss_aversion": 0.5,
    "experience.trust_gain": 0.05,
    "experience.trust_loss": 0.3,
    "experience.commitment_speed": 0.1,
    "experience.commitment_to_loss": 0.5,
    "product.core": 1.1,
    "product.basic": 0.9,
    "product.expected": 0.95,
    "product.augmented": 1.2,
    "product.potential": 1.1,
    "product.level_cost": 0.03,
    "product.core_effect": 0.5,
    "product.expected_effect": 1.5,
    "product.augmented_effect": 1.0,
    "product.potential_effect": 1.0,
    "fulfilment.capacity": 1,
    "fulfilment.minutes_per_order": 12.0,
    "fulfilment.opening_hours": 6.0,
    "fulfilment.promised_minutes": 35.0,
    "fulfilment.cold_minutes": 55.0,
    "fulfilment.wage_per_hour": 15.0,
    "service.complaint_share": 0.4,
    "service.billing_tickets": 0.02,
    "service.questions": 0.04,
    "service.agents": 1,
    "service.handling_minutes": 45.0,
    "service.handling_variation": 1.0,
    "service.wage_per_hour": 25.0,
    "service.self_service_share": 0.2,
    "service.bot_share": 0.3,
    "service.bot_accuracy": 0.6,
    "service.simple_share": 0.7,
    "service.frustration": 0.5,
    "service.wait_pain": 0.1,
    "service.resolution": 0.8,
    "service.recovery": 0.6,
    "service.double_deviation": 0.7,
    "service.window_days": 180.0,
    "service.failed_logins": 0.1,
    "service.login_to_satisfaction": 0.3,
    "extension.offers_share": 0.3,
    "extension.regular_purchases": 3,
    "extension.recent_days": 90,
    "extension.relevance": 0.3,
    "extension.acceptance": 0.3,
    "extension.unneeded_acceptance": 0.02,
    "extension.commitment_to_acceptance": 1.0,
    "extension.fatigue_to_acceptance": 0.4,
    "extension.fatigue_to_pace": 0.02,
    "extension.fatigue_half_life_days": 60.0,
    "extension.offer_cost": 0.1,
    "extension.product_to_pace": 0.1,
    "extension.product_to_loss": 0.3,
    "extension.upsell_share": 0.2,
    "extension.upsell_lift": 0.15,
    "extension.costly_share": 0.3,
    "extension.costly_cost": 1.5,
    "extension.termination_share": 0.3,
    "extension.termination_way": "reprice",
    "extension.termination_pain": 2.0,
    "extension.termination_talk": 3.0,
    "extension.opt_out_rate": 0.01,
    "loyalty.points_per_unit": 1.5,
    "loyalty.points_per_visit": 2.0,
    "loyalty.bonus_share": 0.2,
    "loyalty.bonus_multiplier": 3.0,
    "loyalty.pending_days": 10,
    "loyalty.endowed_points": 15,
    "loyalty.redemption": "reward",
    "loyalty.reward_points": 80,
    "loyalty.reward_cost": 2.5,
    "loyalty.reward_value": 4.0,
    "loyalty.expiry": "lot",
    "loyalty.expiry_months": 5,
    "loyalty.join_probability": 0.35,
    "loyalty.self_selection": 0.7,
    "loyalty.redemption_probability": 0.55,
    "loyalty.redemption_hassle": 0.5,
    "loyalty.fraud_rate": 0.01,
    "loyalty.goal_gradient": 0.25,
    "loyalty.membership_to_pace": 0.15,
    "loyalty.fading_months": 6.0,
    "loyalty.light_response": 0.9,
    "loyalty.moderate_response": 0.6,
    "loyalty.heavy_response": 0.1,
    "loyalty.reward_momentum": 0.1,
    "loyalty.rival_cards": 0.7,
    "loyalty.switching_cost": 0.4,
    "loyalty.reward_delight": 1.2,
    "loyalty.expected_breakage": 0.25,
    "privileges.silver_spend": 60.0,
    "privileges.gold_spend": 150.0,
    "privileges.platinum_spend": 300.0,
    "privileges.period": "rolling",
    "privileges.period_months": 4,
    "privileges.validity_months": 3,
    "privileges.landing": "soft",
    "privileges.points_bonus": 0.25,
    "privileges.benefit_cost": 0.5,
    "privileges.benefit_delight": 0.2,
    "privileges.priority_level": 2,
    "privileges.status_to_loss": 0.2,
    "privileges.status_to_pace": 0.05,
    "privileges.status_to_commitment": 0.5,
    "privileges.promotion_joy": 0.5,
    "privileges.demotion_pain": 1.5,
    "privileges.envy": 0.5,
    "discounts.depth": 0.15,
    "discounts.deals_per_year": 6,
    "discounts.deal_days": 9,
    "discounts.audience": "everybody",
    "discounts.price_to_pace": 1.5,
    "discounts.price_to_basket": 0.4,
    "discounts.reference_weight": 0.5,
    "discounts.loss_weight": 0.65,
    "discounts.reference_speed": 0.15,
    "discounts.stocking_up": 0.5,
    "discounts.image_to_loss": 0.5,
    "rebates.rate": 0.05,
    "rebates.deadline_days": 40,
    "rebates.claim_effort": 0.2,
    "rebates.refusal_rate": 0.05,
    "rebates.prone_share": 0.2,
    "rebates.rebate_to_pace": 2.0,
    "rebates.prone_claims": 0.68,
    "rebates.others_claims": 0.09,
    "rebates.procrastination": 0.3,
    "rebates.refusal_pain": 1.0,
    "rebates.expected_claims": 0.2,
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
LADDER = ({"name": "beans", "price": 0.4, "need": 0.5}, {"name": "mug", "price": 0.7, "need": 0.2})
STEADY = Scenario(name="explicit", ladder=LADDER).change(EXPLICIT).later(7, {"loyalty.points_per_unit": 1.0})
SMALL = STEADY.change({"acquisition.opening_customers": 50, "clock.months": 3})
WORLDS = {
    "explicit": STEADY,
    "explicit, bg/nbd": STEADY.change({"market.churn_model": "bg/nbd"}),
    "explicit, contracts": STEADY.change({"market.churn_model": "sbg"}),
    "explicit, base": STEADY.base(),
    "retail": sim.load("retail"),
    "retail, base": sim.load("retail").base(),
    "coffee": sim.load("coffee"),
    "coffee, base": sim.load("coffee").base(),
    "coffee, pareto/nbd": sim.load("coffee").change({"market.churn_model": "pareto/nbd"}),
    "pizza": sim.load("pizza"),
    "telco": sim.load("telco"),
    "grocery": sim.load("grocery"),
    "airline": sim.load("airline"),
    "hotel": sim.load("hotel"),
}

PINS = {
    "explicit": "017a489ac24693d2da30bb4193b9e144d60b7d03c518b1bdbb4b7cf808ef6b34",
    "explicit, bg/nbd": "e5d11441b4d5e1219e10fa7921a1d33f46c927bff5f33d9d184a9467c19fa007",
    "explicit, contracts": "382805a288e7236fdb8fec8d0f4131b5ad347b39fb4ef3fa54e7af5645315bd1",
    "explicit, base": "8ffc76b110377a89ebcc9acfddf4320eb24d42457c99947f5d984e119428afb7",
    "retail": "14a040f8904878be55079725ece0ab7142414ea39439c571aa7aeb8423dbe3d7",
    "retail, base": "f6e0d1d3ef8c9e43ec840320ecc5c2a7c7750bf5a5b6ebf57f2bdfcb5073a0a5",
    "coffee": "f82e626cac49f7f4656d02f72ead7423f360fd57d85d24ad96b228acc6a5535b",
    "coffee, base": "2fe75c0262391f8f6066b18f7b4cb2a55aaa19b9e15c4b182fb3cf4c5dbd4d31",
    "coffee, pareto/nbd": "79bc1462781f093da3a27d3acfae84255f739b3c0711aaf08eb7c3a5d32ac64b",
    "pizza": "c32cef30e72bdcbb49a28ecfd515f3dd53928252f9ecf7d64adde2bf83ca5435",
    "telco": "2317e161e48b332f03b52ab1a2ce770aba9c04ba95ea7ee11d3d4537e777158d",
    "grocery": "ab8cf207b342a389cc9b8bda1570fe0c7b62a1f830cbb0545f29e701dd32d13e",
    "airline": "36a68b5934fc858a6cc383aa4d88da068aa0c4d89ff3db2449fbb79d741bca3d",
    "hotel": "7f07320910d14a672265e54115d08915e8922d8fce738d0e038d8662bf8253b6",
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
    same = fingerprint(tables)
    for name, table in tables.items():
        for column in table:
            if table[column].isna().all():
                continue
            cell = table.at[0, column]
            others = [value for value in table[column].dropna().unique() if pd.isna(cell) or value != cell]
            changed = table.astype({column: object})
            changed.at[0, column] = others[0] if others else None
            assert fingerprint({**tables, name: changed}) != same, (name, column)


def in_the_last_bit(draw: Callable[..., luck.Floats]) -> Callable[..., luck.Floats]:
    """The same variates, some of them one bit larger or smaller."""
    sideways = np.random.default_rng(1)

    def almost(*given: luck.Floats, **into: luck.Floats) -> luck.Floats:
        drawn = draw(*given, **into)
        drawn[...] = np.nextafter(drawn, sideways.choice([-np.inf, np.inf], drawn.shape))
        return drawn

    return almost


@pytest.mark.parametrize("world", ["explicit", "coffee"])
def test_a_processor_that_rounds_differently_makes_the_same_tables(
    world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_departments = (acquisition, churn, experience, fulfilment, leads, retention, service, surveys, traits)
    for module in (*of_departments, points, rebates):
        for name in {"normal", "exponential", "gamma", "beta"} & set(vars(module)):
            monkeypatch.setattr(module, name, in_the_last_bit(getattr(luck, name)))
    come, sideways = retention._come, in_the_last_bit(np.copy)

    def come_a_bit_off(table: Any, who: Any, visits: Any, time: Any, drawn: Any) -> None:
        come(table, who, visits, time, drawn)
        drawn[1][:] = sideways(drawn[1])

    monkeypatch.setattr(retention, "_come", come_a_bit_off)
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
