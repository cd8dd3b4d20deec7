"""What loyalty programs do in the bundled scenarios beside what the literature reports; see `evidence`."""

from collections.abc import Callable
from functools import cache
from unittest import mock

import numpy as np
import pandas as pd
from scipy.optimize import curve_fit

import sim
from findings import Finding, Levers, nps, run
from sim.experiments import program
from sim.luck import Floats
from sim.run import Run
from sim.scenario import Scenario

DAY = pd.Timedelta(days=1)
LAST_YEAR = 365 * DAY


# ---- self-selection, responders, fading: supermarket


@cache
def _of_program(view: Callable[[Scenario, int], pd.DataFrame], seed: int) -> pd.DataFrame:
    """A view of what the supermarket's program does, by twins that live only once for all views."""
    with mock.patch.object(program, "simulate", _live):
        return view(sim.load("grocery"), seed)


def _live(scenario: Scenario, seed: int) -> Run:
    """The supermarket with its program, or without."""
    levers = {} if scenario == sim.load("grocery") else NO_POINTS
    assert scenario == sim.load("grocery").change(levers)
    return run("grocery", seed, levers)


def _by_buyer(seed: int) -> pd.DataFrame:
    return _of_program(sim.program_effect_by_buyer, seed).loc["spend"]


def naive_over_true(seed: int) -> float:
    """The effect on spend that members against others suggest over the true one."""
    return float(_of_program(sim.program_effect, seed).loc[("spend", "naive"), "ratio"])


def lift(buyer: str) -> Callable[[int], float]:
    """% by which light, moderate or heavy buyers who join spend more than without program."""
    return lambda seed: float(100 * _by_buyer(seed).loc[buyer, "lift"])


def heavy_over_others(seed: int) -> float:
    """Lift of the heavy buyers over the mean of the light and the moderate ones."""
    lifts = _by_buyer(seed)["lift"]
    return float(lifts["heavy"] / lifts[["light", "moderate"]].mean())


def half_life(seed: int) -> float:
    """Months in which the lift of purchases halves: an exponential, fitted to the months after joining.

    From the second month on, as the first begins with the purchase at which they join, weighted by the
    standard errors; the last half-year is left out, as few had joined by then.
    """
    found = _of_program(sim.program_effect_by_month, seed).loc["purchases"].iloc[1:18]
    error = (found["high"] - found["low"]) * found["lift"] / found["effect"]
    (_, months), _ = curve_fit(_halving, found.index, found["lift"], (0.1, 7), error.abs())
    return float(months)


def _halving(month: Floats, first: float, half_life: float) -> Floats:
    return first * np.exp2(-month / half_life)


def waits(one: Run) -> pd.DataFrame:
    """Purchases at which points moved; due is the wait for the next one, in usual waits of that customer, and
    balance what the card then holds."""
    moves = one.points.groupby(["customer_id", "time"], observed=True)["points"].sum()
    balance = moves.groupby("customer_id").cumsum().rename("balance").reset_index()
    sales = one.transactions[["customer_id", "time"]]
    weeks = (sales.groupby("customer_id")["time"].shift(-1) - sales["time"]) / pd.Timedelta(weeks=1)
    rate = one.truth.set_index("customer_id")["purchase_rate"]
    due = sales.assign(due=weeks * sales["customer_id"].map(rate))
    return due.merge(balance, on=["customer_id", "time"])


def wait_towards_reward(name: str) -> Callable[[int], float]:
    """Waits with the last tenth of a card to fill over those with a tenth filled or less, in usual waits."""

    def measure(seed: int) -> float:
        one = run(name, seed, {})
        found = waits(one)
        reward = one.scenario["loyalty.reward_points"]
        share = found["balance"] % reward / reward
        return float(found["due"][share >= 0.9].mean() / found["due"][share < 0.1].mean())

    return measure


# ---- what operators report


def program_figure(name: str, figure: str) -> Callable[[int], float]:
    """A key figure of the whole run of a scenario's program."""
    return lambda seed: float(run(name, seed, {}).program()[figure])


def never_redeemed(name: str) -> Callable[[int], float]:
    """Share who never redeemed, of the members of a year or longer who bought within the last year.

    The surveys ask those who know of their membership and have had time for a reward.
    """

    def measure(seed: int) -> float:
        one = run(name, seed, {})
        year_ago = one.month_starts[-1] - LAST_YEAR
        members = one.customers.loc[one.customers["member_since"] <= year_ago, "customer_id"]
        recent = one.transactions.loc[one.transactions["time"] > year_ago, "customer_id"]
        asked = members[members.isin(recent)]
        redeemed = one.points.loc[one.points["type"] == "redeem", "customer_id"]
        return float((~asked.isin(redeemed)).mean())

    return measure


# ---- endowed progress: a card of eight stamps, or of ten with two given

STAMPS: Levers = {"loyalty.points_per_unit": 0, "loyalty.points_per_visit": 1}
OF_EIGHT: Levers = {**STAMPS, "loyalty.reward_points": 8}
OF_TEN: Levers = {**STAMPS, "loyalty.reward_points": 10, "loyalty.endowed_points": 2}
CARD_DAYS = 60


def completed(one: Run) -> float:
    """Share of members whose first card was full within so many days that few more than a fifth make it."""
    joined = one.customers.set_index("customer_id")["member_since"].dropna()
    joined = joined[joined < one.month_starts[-1] - CARD_DAYS * DAY]
    given = one.points[one.points["type"].isin(["earn", "bonus"])]
    age = given["time"] - given["customer_id"].map(joined)
    stamps = given[age <= CARD_DAYS * DAY].groupby("customer_id")["points"].sum()
    return float((stamps.reindex(joined.index, fill_value=0) >= one.scenario["loyalty.reward_points"]).mean())


def endowed_completion(seed: int) -> float:
    """Completion with the head start over that without, of the coffee chain's members."""
    return completed(run("coffee", seed, OF_TEN)) / completed(run("coffee", seed, OF_EIGHT))


# ---- rebates

REBATE: Levers = {"rebates.rate": 0.1, "clock.months": 12}
NO_REBATE: Levers = {**REBATE, "rebates.rate": 0}


def _claims(one: Run) -> pd.DataFrame:
    """Purchases whose deadline has passed, and whether they were claimed for."""
    sales = one.transactions.merge(one.rebates[["transaction_id", "claimed_at"]], how="left")
    passed = one.month_starts[-1] - one.scenario["rebates.deadline_days"] * DAY
    return sales.assign(is_claimed=sales["claimed_at"].notna())[sales["time"] < passed]


def claims(seed: int) -> float:
    """Share of the coffee chain's sales that a rebate of 10 % is claimed for."""
    return float(_claims(run("coffee", seed, REBATE))["is_claimed"].mean())


def incremental_claims(seed: int) -> float:
    """The same of the sales beyond those that a customer has in the twin without rebates."""
    sales, twin = _claims(run("coffee", seed, REBATE)), run("coffee", seed, NO_REBATE)
    in_twin = sales["customer_id"].map(twin.transactions.groupby("customer_id").size()).fillna(0)
    is_extra = sales.groupby("customer_id").cumcount() >= in_twin
    return float(sales.loc[is_extra, "is_claimed"].mean())


def claims_of_longer_deadline(seed: int) -> float:
    """Claims with 60 days to claim over those with 30."""
    longer = _claims(run("coffee", seed, {**REBATE, "rebates.deadline_days": 60}))
    return float(longer["is_claimed"].mean() / claims(seed))


# ---- tiers of the airline, against twins without any

NO_TIERS: Levers = {f"privileges.{tier}_spend": 0 for tier in ("silver", "gold", "platinum")}


def _first(seed: int, kind: str) -> "pd.Series[pd.Timestamp]":
    """When customers were first promoted or demoted."""
    touches = run("airline", seed, {}).touchpoints
    return touches[touches["kind"] == kind].groupby("customer_id")["time"].min()


def _satisfaction(one: Run, at: "pd.Series[pd.Timestamp]", *, after: bool) -> "pd.Series[float]":
    """Satisfaction of customers after their first purchase after `at`, or their last one before."""
    lived = one.episodes[one.episodes["customer_id"].isin(at.index)]
    late = lived["time"] > lived["customer_id"].map(at)
    felt = lived[late == after].groupby("customer_id")["satisfaction"]
    return (felt.first() if after else felt.last()).reindex(at.index)


def felt_change(seed: int, kind: str) -> "pd.Series[float]":
    """How satisfaction changes over a promotion or demotion, less what it does for the twin meanwhile."""
    at = _first(seed, kind)
    worlds = run("airline", seed, {}), run("airline", seed, NO_TIERS)
    with_it, without = (
        _satisfaction(one, at, after=True) - _satisfaction(one, at, after=False) for one in worlds
    )
    return (with_it - without).dropna()


def demotion_over_promotion(seed: int) -> float:
    """Satisfaction lost by a demotion over that gained by a promotion."""
    return float(-felt_change(seed, "demotion").mean() / felt_change(seed, "promotion").mean())


def demoted(seed: int) -> float:
    """Satisfaction (points of 10) of the demoted when next they buy, less that of twins never promoted."""
    at = _first(seed, "demotion")
    now, twins = (_satisfaction(run("airline", seed, levers), at, after=True) for levers in ({}, NO_TIERS))
    return float((now - twins).mean())


# ---- behaviour and attitude


def behaviour_less_attitude(seed: int) -> float:
    """Standardised effect of the supermarket's program on purchases less that on satisfaction, of members."""
    one = run("grocery", seed, {})
    twin = run("grocery", seed, NO_POINTS)
    members = pd.Index(one.customers.loc[one.customers["member_since"].notna(), "customer_id"])
    bought = [world.transactions.groupby("customer_id").size().reindex(members) for world in (one, twin)]
    felt = [world.truth.set_index("customer_id")["satisfaction"].reindex(members) for world in (one, twin)]
    return _standardised(*bought) - _standardised(*felt)


NO_POINTS: Levers = {"loyalty.points_per_unit": 0}


def _standardised(one: "pd.Series[float]", twin: "pd.Series[float]") -> float:
    return float((one - twin).mean() / np.std(twin, ddof=1))


# ---- the findings

LIU = "Liu 2007"
COLLOQUY = "COLLOQUY 2009-15"
BOND = "Bond 2016-19"
XM = "XM Institute 2023"
PMA = "PMA 2005"
NEVER = "15 to 20 %"
ONE_STORE = "the 42 to 44 % are of all cards of a household, most of them idle; this one is used weekly"
ASKED = "of those a survey meets: members for a year or longer, active in the last"
BY_PACE = "thirds by recorded purchases: among the heavy ones are moderate buyers who stayed"
FELT = "in attitude, as in the study; most keep a lower tier and stay about as often as their twins"
NO_PRIDE = "falls short: only the goal gradient is at work; a task begun is no motive of its own"

ENDOWED = Finding(
    "completion, endowed over not",
    "Nunes & Dreze 2006",
    "34 % over 19 %: 1.8",
    (1.4, 2.2),
    endowed_completion,
    comment=NO_PRIDE,
)

FINDINGS_OF_LOYALTY = (
    Finding("naive over true effect, spend, grocery", "Leenheer et al. 2007", "7", (4, 10), naive_over_true),
    Finding("light buyers rise, %, grocery", LIU, "rise", (10, 50), lift("light")),
    Finding("moderate buyers rise, %, grocery", LIU, "rise", (10, 50), lift("moderate")),
    Finding("heavy buyers do not, %, grocery", LIU, "0", (-1, 3), lift("heavy"), comment=BY_PACE),
    Finding("their lift over that of the others", LIU, "0", (-0.05, 0.25), heavy_over_others),
    Finding("effect halves, months, grocery", "Meyer-Waarden 2007", "6 to 9", (6, 9), half_life),
    *(
        Finding(
            f"waits before over after the reward, {name}",
            "Kivetz et al. 2006",
            ".8",
            (0.75, 0.87),
            wait_towards_reward(name),
        )
        for name in ("grocery", "coffee")
    ),
    Finding(
        "members active in a year, airline",
        COLLOQUY,
        "42 to 44 %",
        (0.42, 0.44),
        program_figure("airline", "active_rate"),
    ),
    Finding(
        "members active in a year, grocery",
        COLLOQUY,
        "no figure",
        (0.8, 1),
        program_figure("grocery", "active_rate"),
        comment=ONE_STORE,
    ),
    *(
        Finding(f"never redeemed, {name}", BOND, NEVER, (0.15, 0.2), never_redeemed(name), comment=ASKED)
        for name in ("airline", "grocery")
    ),
    Finding(
        "breakage, airline",
        "company filings 2018",
        "17 to 18 %",
        (0.17, 0.18),
        program_figure("airline", "breakage_estimate"),
    ),
    Finding(
        "breakage, grocery",
        "consultancies (weak)",
        "20 to 35 %",
        (0.2, 0.35),
        program_figure("grocery", "breakage_estimate"),
    ),
    ENDOWED,
    Finding("rebate claimed, of all sales", PMA, "21 %", (0.19, 0.23), claims),
    Finding("rebate claimed, of incremental sales", PMA, "68 %", (0.62, 0.74), incremental_claims),
    Finding(
        "claims, 60 days to claim over 30", "Silk 2004", "below 1", (0.7, 0.97), claims_of_longer_deadline
    ),
    Finding(
        "satisfaction, demoted less never promoted",
        "Wagner et al. 2009",
        "below 0",
        (-2, -0.2),
        demoted,
        comment=FELT,
    ),
    Finding(
        "lost by demotion over gained by promotion",
        "Wagner et al. 2009",
        "above 1",
        (1.5, 5),
        demotion_over_promotion,
    ),
    Finding(
        "effect on purchases less on satisfaction, sd",
        "Belli et al. 2022",
        "above 0",
        (0.02, 0.5),
        behaviour_less_attitude,
    ),
    Finding("NPS, grocery", XM, "26", (23, 29), nps("grocery")),
    Finding("NPS, airline", XM, "7", (4, 10), nps("airline")),
)
