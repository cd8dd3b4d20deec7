"""The designer's three views as plain tables: what a program is to customers, to managers, to accountants.

They need no widget: `customer_view(scenario)` and `manager_view(run, without)` work in any notebook.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.lab import tiles
from sim.lab.charts import NORMAL_95
from sim.luck import Floats
from sim.programs import WEEKS_PER_YEAR, basket_quantile, purchases_quantile
from sim.run import Run
from sim.scenario import TOOLS, Scenario

CUSTOMERS = {"light": 0.25, "moderate": 0.50, "heavy": 0.90}
"""Regular customers by the share of customers below them, in purchase rate and in mean basket alike."""

TIERS = ("none", "silver", "gold", "platinum")
DAYS_PER_MONTH = 365 / 12
MANAGED = ("clv", "churn_rate_per_month", "nps", "profit")
BALANCES = ("points_liability", "deferred_revenue", "rebates_owed")


def customer_view(scenario: Scenario) -> pd.DataFrame:
    """What regular customers get of the program in a year, by closed forms of the levers, not by simulation.

    One row each for a light, a moderate and a heavy customer: the 25th, 50th and 90th percentile of purchase
    rate and of mean basket. They are members, buy all year at their usual pace, each time their mean basket,
    redeem every reward and claim every rebate in time.

    purchases_per_year, basket and spend_per_year (currency, at full price)
    discounts_per_year   saved (currency): spend x depth x share of days with a deal, none where deals are
                         for the lapsing
    tier                 reached by what is paid in a qualifying period
    points_per_year      earned, bonuses of category and tier included
    purchases_to_reward  until the first reward, after the head start; NaN if points expire before
    weeks_to_reward      the same in weeks, pending days included
    rewards_per_year     points_per_year / points of a reward, once the head start is used up
    reward_value_per_year  what they would cost to buy (currency)
    rebates_per_year     money back (currency), less what is refused
    benefits_per_year    what privileges of the tier cost the company (currency)
    return_share         rewards, discounts and rebates as a share of spend_per_year
    """
    share = np.array([*CUSTOMERS.values()])
    purchases = purchases_quantile(scenario.market, share)
    basket = basket_quantile(scenario.market, share)
    spend = purchases * basket
    saved = spend * _saved_share(scenario)
    level = _level(scenario, spend - saved)
    per_purchase = _points_per_purchase(scenario, (spend - saved) / purchases, level)
    steps = _purchases_to_reward(scenario, purchases, per_purchase)
    rewards = np.where(np.isnan(steps), 0.0, purchases * per_purchase / scenario.loyalty.reward_points)
    back = (spend - saved) * scenario.rebates.rate * (1 - scenario.rebates.refusal_rate)
    worth = rewards * scenario.loyalty.reward_value
    return pd.DataFrame(
        {
            "purchases_per_year": purchases,
            "basket": basket,
            "spend_per_year": spend,
            "discounts_per_year": saved,
            "tier": np.array(TIERS)[level],
            "points_per_year": purchases * per_purchase,
            "purchases_to_reward": steps,
            "weeks_to_reward": steps / purchases * WEEKS_PER_YEAR + scenario.loyalty.pending_days / 7,
            "rewards_per_year": rewards,
            "reward_value_per_year": worth,
            "rebates_per_year": back,
            "benefits_per_year": 12 * scenario.privileges.benefit_cost * level,
            "return_share": (worth + saved + back) / spend,
        },
        index=pd.Index(CUSTOMERS, name="customer"),
    )


def manager_view(run: Run, without: Run) -> pd.DataFrame:
    """Key figures with the program, without it, and what it changes, under the same luck.

    One row a figure, in the unit and with the words of `sim.lab.tiles.TILES`: clv, churn_rate_per_month, nps,
    profit; then enrolment_rate, redemption_rate and program_cost of `Run.program`, and discounts (currency,
    off the price).

    with_program, without_program; change with change_low to change_high, its 95 % interval between twins, NaN
    where there is none; verdict: better, worse, as baseline, unclear or not comparable, empty where more is
    neither good nor bad.
    """
    found = {one.tile.kpi: _compared(one) for one in tiles.readings(run, without) if one.tile.kpi in MANAGED}
    found |= _program_figures(run, without)
    return pd.DataFrame.from_dict(found, orient="index").rename_axis("figure")


def accountant_view(run: Run) -> pd.DataFrame:
    """What the program owes and costs, one row a month; the columns of `Run.accounts` and two more.

    program_cost  rewards and benefits of the month and rebates paid in it (currency)
    discounts     taken off the price in the month (currency)
    """
    accounts, months = run.accounts(), run.months
    return accounts.assign(
        program_cost=months["program_cost"].to_numpy() + accounts["rebates_paid"],
        discounts=months["discounts"].to_numpy(),
    )


def _saved_share(scenario: Scenario) -> float:
    """Of a regular's spend: with a pace of all days, this share of purchases falls on a deal."""
    deals = scenario.discounts
    if deals.audience == "lapsing":
        return 0.0
    return deals.depth * deals.deals_per_year * deals.deal_days / 365


def _level(scenario: Scenario, paid: Floats) -> NDArray[np.intp]:
    """The highest tier whose threshold is paid in a qualifying period, 0 for none."""
    thresholds = np.array([scenario[name] for name in TOOLS["privileges"]])
    in_period = paid * scenario.privileges.period_months / 12
    reached = (in_period[:, None] >= thresholds) & (thresholds > 0)
    levels: NDArray[np.intp] = np.max(reached * np.arange(1, len(TIERS)), axis=1)
    return levels


def _points_per_purchase(scenario: Scenario, paid: Floats, level: NDArray[np.intp]) -> Floats:
    """(per unit x paid + per visit) x bonus of the category, on average, x bonus of the tier."""
    loyalty = scenario.loyalty
    category = 1 + loyalty.bonus_share * (loyalty.bonus_multiplier - 1)
    tier = 1 + scenario.privileges.points_bonus * level
    points: Floats = (loyalty.points_per_unit * paid + loyalty.points_per_visit) * category * tier
    return points


def _purchases_to_reward(scenario: Scenario, purchases: Floats, per_purchase: Floats) -> Floats:
    """Until the first reward; NaN where nothing is earned or all expires before."""
    loyalty = scenario.loyalty
    needed = max(loyalty.reward_points - loyalty.endowed_points, 0)
    earning = np.where(per_purchase > 0, per_purchase, np.nan)
    steps = np.maximum(np.ceil(needed / earning - 1e-9), 1.0)
    months_each = 12 / purchases
    waited = months_each if loyalty.expiry == "rolling" else (steps - 1) * months_each
    lasts = loyalty.expiry == "none" or waited <= loyalty.expiry_months
    return np.where(lasts, steps, np.nan)


def _compared(reading: tiles.Reading) -> dict[str, object]:
    half = NORMAL_95 * reading.change_error
    return {
        "with_program": reading.value,
        "without_program": reading.value - reading.change,
        "change": reading.change,
        "change_low": reading.change - half,
        "change_high": reading.change + half,
        "verdict": reading.verdict,
    }


def _program_figures(run: Run, without: Run) -> dict[str, dict[str, object]]:
    pairs = zip(_in_use(run).items(), _in_use(without).values(), strict=True)
    return {
        name: {"with_program": now, "without_program": before, "change": now - before, "verdict": ""}
        for (name, now), before in pairs
    }


def _in_use(run: Run) -> dict[str, float]:
    operated = run.program()
    names = ("enrolment_rate", "redemption_rate", "program_cost")
    return {name: float(operated[name]) for name in names} | {
        "discounts": float(run.months["discounts"].sum())
    }
