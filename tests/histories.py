"""A run told purchase by purchase beside the truth, so that each decision can be held to its probability.

Satisfaction is read from `truth`, which holds it at the end: where mechanisms listen to it, only a world in
which satisfaction never moves (`constant_satisfaction`) can be judged this way.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from sim import Run
from sim.scenario import Scenario

DAY = pd.Timedelta(days=1)
CONSTANT_SATISFACTION: Mapping[str, float] = {"retention.experience_sd": 0, "loyalty.reward_delight": 0}


def constant_satisfaction(scenario: Scenario) -> Scenario:
    """The same scenario with customers who always feel the market's standard plus their leniency."""
    standard = scenario.retention.market_standard
    return scenario.change({**CONSTANT_SATISFACTION, "retention.service_quality": standard})


@lru_cache(maxsize=4)
def histories(run: Run) -> pd.DataFrame:
    """One row a purchase, by customer and time, with what the truth says about what could follow.

    count       0 for a customer's first purchase in the run
    day         of the purchase; days since the start
    wait        days until the next purchase, NaN if there was none before the horizon
    watched     days until the next purchase, the loss or the horizon, whichever came first
    left        days until the horizon
    lost        whether the customer was lost before the next purchase
    pace        purchases per day that the truth says the customer makes from now on
    coin        bg/nbd: probability of loss at this purchase (0 at the first)
    hazard      pareto/nbd: losses per day from now on
    mean        the customer's mean basket
    amount, balance_before, balance, member, joined, reward
    """
    sales = run.transactions.merge(run.customers[["customer_id", "member_since"]], on="customer_id")
    sales = sales.merge(run.truth, on="customer_id")
    sales = sales.sort_values(["customer_id", "time"], kind="stable", ignore_index=True)
    table = pd.DataFrame(
        {"customer_id": sales["customer_id"], "count": sales.groupby("customer_id").cumcount()}
    )
    start, end = run.month_starts[[0, -1]]
    following = sales.groupby("customer_id")["time"].shift(-1)
    is_last = following.isna()
    stopped = following.fillna(sales["churned_at"]).fillna(end)
    table["day"] = (sales["time"] - start) / DAY
    table["wait"] = (following - sales["time"]) / DAY
    table["watched"] = (stopped - sales["time"]) / DAY
    table["left"] = (end - sales["time"]) / DAY
    table["lost"] = is_last & sales["churned_at"].notna()
    table["amount"], table["mean"] = sales["amount"], sales["basket_mean"]
    return table.assign(**_program(run, sales)).pipe(_forces, run, sales)


def _program(run: Run, sales: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    levers = run.scenario.loyalty
    reward = sales["cost_of_reward"] > 0
    moved = sales["points_earned"] - reward * levers.reward_points
    balance = moved.groupby(sales["customer_id"]).cumsum()
    return {
        "reward": reward,
        "balance": balance,
        "balance_before": balance - moved,
        "progress": (balance / levers.reward_points).clip(upper=1),
        "member": sales["time"] >= sales["member_since"],
        "joined": sales["time"] == sales["member_since"],
    }


def _forces(table: pd.DataFrame, run: Run, sales: pd.DataFrame) -> pd.DataFrame:
    retention, loyalty = run.scenario.retention, run.scenario.loyalty
    surplus = sales["satisfaction"] - retention.market_standard
    pull = retention.satisfaction_to_pace * surplus + loyalty.goal_gradient * table["progress"]
    hold = retention.satisfaction_to_loss * surplus + loyalty.switching_cost * table["progress"]
    by_coin = run.scenario.market.churn_model == "bg/nbd"
    odds = sales["dropout"] / (1 - sales["dropout"]) * np.exp(-hold)
    return table.assign(
        pace=sales["purchase_rate"] / 7 * np.exp(pull),
        coin=np.where(by_coin & (table["count"] > 0), odds / (1 + odds), 0.0),
        hazard=0.0 if by_coin else sales["dropout"] / 7 * np.exp(-hold),
    )
