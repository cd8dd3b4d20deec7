"""A run told purchase by purchase beside the truth, so that each decision can be held to its probability.

Episodes tell the state of mind after every purchase; pull and hold are added up from it a second time here.
What changes a mind or an account between two purchases must be off, and so must what no table tells: how many
cards of rivals a customer holds, and who is deal-prone (`BETWEEN_PURCHASES`).
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import gammainc

from sim import Run
from sim.scenario import Scenario

DAY = pd.Timedelta(days=1)
MONTH = 365.25 / 12
BETWEEN_PURCHASES: Mapping[str, object] = {
    "fulfilment.capacity": 0,
    "service.complaint_share": 0,
    "service.billing_tickets": 0,
    "service.questions": 0,
    "extension.offers_share": 0,
    "extension.termination_share": 0,
    "market.return_rate": 0,
    "loyalty.pending_days": 0,
    "loyalty.expiry": "none",
    "loyalty.membership_to_pace": 0,
    "loyalty.rival_cards": 0,
    "privileges.silver_spend": 0,
    "privileges.gold_spend": 0,
    "privileges.platinum_spend": 0,
    "discounts.depth": 0,
    "rebates.rate": 0,
}
MOMENTUM_DAYS = 30


def constant_satisfaction(scenario: Scenario) -> Scenario:
    """A scenario of mechanisms at 0 whose customers always feel the standard plus their leniency."""
    standard = scenario.retention.market_standard
    return scenario.change({"retention.experience_sd": 0, "retention.service_quality": standard})


@lru_cache(maxsize=4)
def histories(run: Run) -> pd.DataFrame:
    """One row a purchase, by customer and time, with what the truth says about what could follow.

    count         0 for a customer's first purchase in the run
    day           of the purchase; days since the start
    wait          days until the next purchase, NaN if there was none before the horizon
    watched       days until the next purchase, the loss or the horizon, whichever came first
    left          days until the horizon
    lost          whether the customer was lost before the next purchase
    pace          purchases per day that the truth says the customer makes from now on; NaN under contract
    coin          bg/nbd: probability of loss at this purchase, 0 at the first; sbg: at the last bill of a
                  contract, 0 at others and where the horizon hides the outcome
    hazard        pareto/nbd: losses per day from now on
    mean          the customer's mean basket at this moment
    satisfaction  after the purchase and its failed log-ins
    breach        failures beyond tolerance
    resents       whether a second failure within the window is still remembered
    response      share of the program's effect on the pace that the customer shows
    progress      how full the card is that the customer works on, 0 to below 1
    held          how full the card is that holds the customer, 0 to 1
    since_reward  days since the last redemption; NaN before the first
    amount, balance_before, balance, member, joined, reward, and the other columns of the episodes
    """
    known = run.customers[["customer_id", "member_since", "channel", "acquired_at"]]
    hidden = run.truth.drop(columns=["satisfaction", "trust", "commitment"])
    episodes = run.episodes.drop(columns=["customer_id", "time"])
    sales = run.transactions.merge(episodes, on="transaction_id").merge(known, on="customer_id")
    sales = sales.merge(hidden, on="customer_id")
    sales = sales.sort_values(["customer_id", "time"], kind="stable", ignore_index=True)
    lived = ["customer_id", "amount", "failures", "tolerance", "delight", "experience", "trust", "commitment"]
    table = sales[lived].assign(count=sales.groupby("customer_id").cumcount(), mean=_mean(run, sales))
    return (
        table.assign(**_times(run, sales))
        .assign(**_program(run, sales))
        .assign(**_mind(run, sales))
        .pipe(_forces, run, sales)
    )


def _times(run: Run, sales: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    start, end = run.month_starts[[0, -1]]
    following = sales.groupby("customer_id")["time"].shift(-1)
    stopped = following.fillna(sales["churned_at"]).fillna(end)
    return {
        "day": (sales["time"] - start) / DAY,
        "wait": (following - sales["time"]) / DAY,
        "watched": (stopped - sales["time"]) / DAY,
        "left": (end - sales["time"]) / DAY,
        "lost": following.isna() & sales["churned_at"].notna(),
    }


def _mean(run: Run, sales: pd.DataFrame) -> "pd.Series[float]":
    """Mean basket, with the premium of the referred, which halves every fade period."""
    levers = run.scenario.word_of_mouth
    age = (sales["time"] - sales["acquired_at"]) / DAY / (levers.referral_fade_months * MONTH)
    premium = levers.referral_to_basket * (sales["channel"] == "referral") * 0.5**age
    return sales["basket_mean"] * np.exp(premium)


def _program(run: Run, sales: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    levers, who = run.scenario.loyalty, sales["customer_id"]
    reward, joined = sales["cost_of_reward"] > 0, sales["time"] == sales["member_since"]
    moved = sales["points_earned"] + joined * levers.endowed_points - reward * levers.reward_points
    balance = moved.groupby(who).cumsum()
    redeemed = sales["time"].where(reward).groupby(who).ffill()
    return {
        "reward": reward,
        "balance": balance,
        "balance_before": balance - moved,
        "progress": balance % levers.reward_points / levers.reward_points,
        "held": (balance / levers.reward_points).clip(upper=1),
        "since_reward": (sales["time"] - redeemed) / DAY,
        "member": sales["time"] >= sales["member_since"],
        "joined": joined,
        "response": _response(run, sales),
    }


def _response(run: Run, sales: pd.DataFrame) -> "pd.Series[float]":
    """Of light, moderate and heavy buyers: thirds of the market by purchase rate."""
    market, levers = run.scenario.market, run.scenario.loyalty
    below = gammainc(market.rate_shape, sales["purchase_rate"] * market.rate_scale_weeks)
    heavier = np.where(below < 2 / 3, levers.moderate_response, levers.heavy_response)
    return pd.Series(np.where(below < 1 / 3, levers.light_response, heavier), sales.index)


def _mind(run: Run, sales: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    levers = run.scenario.service
    breach = (sales["failures"] - sales["tolerance"]).clip(lower=0)
    failed = sales["time"].where(breach > 0).groupby(sales["customer_id"]).ffill()
    window = pd.Timedelta(days=levers.window_days)
    again = (breach > 0) & (sales["time"] - failed.groupby(sales["customer_id"]).shift() < window)
    grudge = sales["time"].where(again).groupby(sales["customer_id"]).ffill()
    return {
        "breach": breach,
        "resents": sales["time"] - grudge < window,
        "satisfaction": sales["satisfaction"] - levers.login_to_satisfaction * _failed_logins(run, sales),
    }


def _failed_logins(run: Run, sales: pd.DataFrame) -> np.ndarray:
    """How many log-ins failed around each purchase."""
    failed = run.touchpoints[run.touchpoints["kind"] == "log-in failed"]
    counts = failed.groupby(["customer_id", "time"]).size().rename("logins").reset_index()
    found = sales[["customer_id", "time"]].merge(counts, on=["customer_id", "time"], how="left")
    return found["logins"].fillna(0).to_numpy()


def _forces(table: pd.DataFrame, run: Run, sales: pd.DataFrame) -> pd.DataFrame:
    scenario, market = run.scenario, run.scenario.market
    retention, loyalty = scenario.retention, scenario.loyalty
    surplus = table["satisfaction"] - retention.market_standard
    pull = retention.satisfaction_to_pace * surplus + program_pull(table, run, loyalty.goal_gradient)
    hold = (
        retention.satisfaction_to_loss * surplus
        + loyalty.switching_cost * table["held"]
        + scenario.experience.commitment_to_loss * (table["commitment"] - 0.5)
        - scenario.experience.breach_to_loss * table["breach"]
        - scenario.service.double_deviation * table["resents"]
        - market.rivals
    )
    odds = sales["dropout"] / (1 - sales["dropout"]) * np.exp(-hold)
    by_hazard = market.churn_model == "pareto/nbd"
    pace = sales["purchase_rate"] / 7 * np.exp(pull)
    return table.assign(
        pace=np.nan if market.churn_model == "sbg" else pace,
        coin=np.where(_tossed(table, run), odds / (1 + odds), 0.0),
        hazard=sales["dropout"] / 7 * np.exp(-hold) if by_hazard else 0.0,
    )


def momentum(table: pd.DataFrame) -> "pd.Series[float]":
    """Share of the momentum of a redemption that is left after each purchase; it halves every 30 days."""
    return table["response"] * (0.5 ** (table["since_reward"] / MOMENTUM_DAYS)).fillna(0.0)


def program_pull(table: pd.DataFrame, run: Run, gradient: float) -> "pd.Series[float]":
    """The goal and the last reward on the log pace, were the goal gradient this one.

    Whom the program does not move only times purchases: above the mean pace near the goal, below it far away.
    """
    timing = (1 - table["response"]) / 2 * table["member"]
    return gradient * (table["progress"] - timing) + run.scenario.loyalty.reward_momentum * momentum(table)


def _tossed(table: pd.DataFrame, run: Run) -> "pd.Series[bool]":
    """At which purchases a coin falls whose outcome the run tells."""
    market = run.scenario.market
    if market.churn_model == "sbg":
        is_last_bill = (table["count"] + 1) % market.term_bills == 0
        return is_last_bill & (table["left"] > market.billing_months * MONTH)
    return (table["count"] > 0) & (market.churn_model == "bg/nbd")
