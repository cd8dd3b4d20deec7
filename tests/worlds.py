"""Scenarios to test in: drawn ones small enough to live many of, and one with customers from a log."""

import os
import secrets
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
from hypothesis import Phase, settings
from hypothesis import strategies as st

import sim
from sim import Run
from sim.analytics.bgnbd import BGNBD
from sim.analytics.paretonbd import ParetoNBD
from sim.experiments.fingerprint import content
from sim.luck import Floats
from sim.scenario import TOOLS, Lever, Scenario
from sim.starting import StartingCustomers
from sim.world.customers import Rows
from sim.world.loyalty.tool import Tool

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
SEED = int(os.environ.get("WORLD_SEED", secrets.randbits(63) if NIGHTLY else 7))
CHURN_MODELS = ("bg/nbd", "pareto/nbd")
ALL_CHURN_MODELS = (*CHURN_MODELS, "sbg")

few_examples = settings(max_examples=200) if NIGHTLY else settings(max_examples=6, phases=[Phase.generate])
"""Where each example lives in worlds of its own."""
some_examples = settings() if NIGHTLY else settings(max_examples=20)
"""Where each example is slow, but lives in no world."""

# How far a lever is drawn where its whole range would make worlds that take minutes to live.
SMALL: dict[str, tuple[float, float]] = {
    "acquisition.opening_customers": (0, 60),
    "acquisition.opening_weeks": (0, 30),
    "acquisition.organic_leads_per_month": (0, 40),
    "acquisition.paid_leads_ceiling": (0, 40),
    "acquisition.paid_spend_per_month": (0, 5000),
    "acquisition.trial_leads_ceiling": (0, 40),
    "acquisition.trial_spend_per_month": (0, 5000),
    "acquisition.deal_leads_ceiling": (0, 40),
    "acquisition.deal_spend_per_month": (0, 5000),
    "extension.product_to_pace": (0, 0.1),
    "clock.months": (1, 9),
    "discounts.price_to_pace": (0, 1),
    "loyalty.membership_to_pace": (0, 0.1),
    "loyalty.reward_momentum": (0, 0.5),
    "market.rate_shape": (0.05, 3),
    "market.rate_scale_weeks": (1, 100),
    "privileges.status_to_pace": (0, 0.1),
    "rebates.rebate_to_pace": (0, 0.3),
    "retention.satisfaction_to_pace": (0, 0.1),
}


def _values(lever: Lever) -> st.SearchStrategy[object]:
    if lever.choices:
        return st.sampled_from(lever.choices)
    if lever.kind is date:
        return st.dates(date(1999, 1, 1), date(2030, 12, 31))
    low, high = SMALL.get(lever.name, (lever.low, lever.high))
    return st.integers(int(low), int(high)) if lever.kind is int else st.floats(low, high)


_MUST = {one.name: _values(one) for one in sim.levers() if one.name in SMALL}
_MAY = {one.name: _values(one) for one in sim.levers() if one.name not in SMALL}
_OF_PROGRAMS = ("loyalty", "privileges", "discounts", "rebates")
_TERMS = st.fixed_dictionaries(
    {},
    optional={
        one.name: _values(one)
        for one in sim.levers()
        if one.cell and one.name.partition(".")[0] in _OF_PROGRAMS
    },
)


_DECISIONS = {one.name: _values(one) for one in sim.levers() if one.cell}


def decisions(*names: str) -> st.SearchStrategy[dict[str, object]]:
    """Some of these decisions, or of all, anywhere in their range within what makes a small world."""
    chosen = {name: _DECISIONS[name] for name in names or _DECISIONS}
    some = st.sets(st.sampled_from(sorted(chosen)), min_size=1)
    return some.flatmap(lambda drawn: st.fixed_dictionaries({name: chosen[name] for name in sorted(drawn)}))


def lever_settings() -> st.SearchStrategy[dict[str, object]]:
    """Any lever anywhere in its range, within what makes a small world."""
    return st.fixed_dictionaries(_MUST, optional=_MAY)


def scenarios() -> st.SearchStrategy[Scenario]:
    """Small scenarios from a bundled one or from a log, with any levers changed to anything allowed.

    The terms of the programs may change once more in a later month.
    """
    starts = st.sampled_from([*map(sim.load, sim.scenarios().index), *map(continued, CHURN_MODELS)])
    later = st.lists(st.tuples(st.integers(1, 8), _TERMS), max_size=1)
    return st.builds(_changed, starts, lever_settings(), later)


def _changed(
    start: Scenario, levers: dict[str, object], later: list[tuple[int, dict[str, object]]]
) -> Scenario:
    """No log can be continued under contract."""
    under_contract = levers.get("market.churn_model") == "sbg" and start.starting_customers is not None
    scenario = start.change({**levers, "market.churn_model": "bg/nbd"} if under_contract else levers)
    for month, terms in later:
        scenario = scenario.later(month, terms)
    return scenario


NO_QUEUE: dict[str, object] = {
    "fulfilment.capacity": 0,
    "sales.representatives": 0,
    "service.complaint_share": 0,
    "service.billing_tickets": 0,
    "service.questions": 0,
}
NO_SHARED: dict[str, object] = {**NO_QUEUE, "word_of_mouth.detractor_drag": 0, "privileges.envy": 0}
"""What links customers is off: no queue, and nobody scares off or envies others."""
NO_PROGRAM: dict[str, object] = {lever: 0 for levers in TOOLS.values() for lever in levers}
"""None of the four loyalty tools."""
NO_CALENDAR: dict[str, object] = {
    **NO_SHARED,
    "word_of_mouth.referrals_per_promoter": 0,
    "word_of_mouth.referral_to_basket": 0,
    "service.double_deviation": 0,
    "extension.offers_share": 0,
    "extension.termination_share": 0,
    "loyalty.membership_to_pace": 0,
    "loyalty.reward_momentum": 0,
    "loyalty.pending_days": 0,
    "loyalty.expiry": "none",
    **{lever: 0 for tool in ("discounts", "rebates", "privileges") for lever in TOOLS[tool]},
    "market.return_rate": 0,
}
"""Nothing happens by month or week, and nothing is remembered for a stretch of time."""


_RUNS = dict[tuple[str, str, str, int], Run]()


def lived_once(scenario: Scenario, seed: int) -> Run:
    """The run of a scenario and seed; the last few are kept for whoever asks again."""
    key = content(scenario), scenario.name, scenario.description, seed
    if key not in _RUNS:
        if len(_RUNS) == 20:
            _RUNS.clear()
        _RUNS[key] = sim.simulate(scenario, seed)
    return _RUNS[key]


def forces(tool: Tool, who: Rows, time: float) -> Floats:
    """Pull and hold that a loyalty tool adds at `time` (days), shape (2, who)."""
    pull_and_hold = np.zeros((2, len(who)))
    tool.add_forces(who, np.full(len(who), time), *pull_and_hold)
    return pull_and_hold


def seeds() -> st.SearchStrategy[int]:
    """Seeds of worlds."""
    return st.integers(0, 2**64 - 1)


@cache
def continued(churn_model: str) -> Scenario:
    """A coffee chain with 80 customers taken over from a log, some of them lost already."""
    luck = np.random.default_rng(3)
    observed = luck.uniform(20, 60, 80)
    x = luck.poisson(2, 80)
    last = np.where(x > 0, observed * luck.uniform(0, 1, 80), 0.0)
    table = pd.DataFrame(
        {
            "customer_id": [f"C{n:03}" for n in range(80)],
            "first_purchase": pd.Timestamp("2025-01-01") - pd.to_timedelta(observed * 7, "D"),
            "repeat_purchases": x,
            "last_purchase_weeks": last,
            "observed_weeks": observed,
            "repeat_amount_mean": np.where(x > 0, luck.uniform(2, 12, 80), np.nan),
            "alive_probability": MODELS[churn_model].alive(x, last, observed),
        }
    )
    coffee = sim.load("coffee").change({"market.churn_model": churn_model})
    return Scenario(**{**dict(coffee), "starting_customers": StartingCustomers(table)})


MODELS = {
    "bg/nbd": BGNBD(0.2426, 4.4136, 0.7929, 2.4259),
    "pareto/nbd": ParetoNBD(0.5533, 10.578, 0.6062, 11.669),
}
