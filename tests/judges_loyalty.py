"""Judges of the programs: tiers, deals and what membership does, each lived a second time from the tables.

For worlds whose other mechanisms are off; all levels up to the highest must exist, without changes.
"""

from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import special

import sim
from passbook import statements
from sim import Run
from sim.luck import Luck, gamma
from sim.world.purposes import BASKET
from zscores import z_of_largest, z_of_sum

DAY, SECOND = pd.Timedelta(days=1), pd.Timedelta(seconds=1)
MONTH = 365.25 / 12
LAST_DIGITS = 4e-4  # of satisfaction, told with four decimals, in one step


def _lived(run: Run) -> pd.DataFrame:
    """Purchases by customer and time, with the customer, the truth and when the next purchase was due.

    count      0 for the first
    until      next purchase or horizon; the loss of a lost customer
    is_bought  whether a purchase came then
    """
    sales = run.transactions.merge(run.truth, on="customer_id")
    sales = sales.merge(run.customers[["customer_id", "member_since"]], on="customer_id")
    sales = sales.sort_values(["customer_id", "time"], kind="stable", ignore_index=True)
    following = sales.groupby("customer_id")["time"].shift(-1)
    return sales.assign(
        count=sales.groupby("customer_id").cumcount(),
        until=following.fillna(sales["churned_at"]).fillna(run.month_starts[-1]),
        is_bought=following.notna(),
    )


# Tiers


def tiers(run: Run) -> pd.DataFrame:
    """Level of every customer after every statement, where the period rolls and the landing is soft."""
    levers, sales = run.scenario.privileges, _lived(run)
    counts = (sales["time"] >= sales["member_since"]) & sales["refunded_at"].isna()
    month = np.searchsorted(statements(run), sales["time"], side="right")
    cents = (sales["paid"] * 100).round().where(counts, 0)
    paid = cents.groupby([sales["customer_id"], month]).sum().unstack(fill_value=0)
    paid = paid.reindex(columns=range(len(statements(run))), fill_value=0)
    spends = [levers.silver_spend, levers.gold_spend, levers.platinum_spend]
    spends = 100 * np.array([one for one in spends if one])
    tier = left = np.zeros(len(paid), int)
    levels = []
    for number in paid.columns:
        spent = paid.loc[:, max(0, number - levers.period_months + 1) : number].sum(axis=1)
        qualified, left = np.searchsorted(spends, spent, side="right"), left - 1
        runs_out = (tier > 0) & (left == 0)
        tier = np.where(runs_out, np.maximum(qualified, tier - 1), tier)
        tier = np.maximum(qualified, tier)
        left = np.where(runs_out | (qualified == tier), levers.validity_months, left)
        levels.append(tier)
    return pd.DataFrame(np.transpose(levels), paid.index)


def tiers_follow_from_what_members_paid(run: Run) -> bool:
    """At the end, and every promotion and demotion on its day."""
    levels = tiers(run)
    rise = levels.diff(axis=1).fillna(levels)
    moves = rise.melt(var_name="number", value_name="rise", ignore_index=False).reset_index()
    moves = moves[moves["rise"] != 0]
    moves["time"] = statements(run)[moves["number"].astype(int)]
    moves["kind"] = np.where(moves["rise"] > 0, "promotion", "demotion")
    told = run.touchpoints[run.touchpoints["kind"].isin(["promotion", "demotion"])]
    columns = ["customer_id", "time", "kind"]
    told, moves = (table.sort_values(columns[:2])[columns].astype(str) for table in (told, moves))
    held = run.customers.set_index("customer_id")["tier"].cat.codes
    return len(told) > 100 and np.array_equal(told, moves) and (levels.iloc[:, -1] == held).all()


def promotions_please_and_demotions_hurt_as_the_levers_say(run: Run) -> bool:
    """Satisfaction from purchase to purchase, with the tiers moved between; where nobody feels the worst."""
    levers, table = run.scenario.privileges, run.episodes.sort_values(["customer_id", "time"])
    rise = tiers(run).diff(axis=1).fillna(tiers(run))
    felt = rise * np.where(rise > 0, levers.promotion_joy, levers.demotion_pain)
    felt_so_far = np.column_stack([np.zeros(len(felt)), felt.cumsum(axis=1)])
    row = felt.index.get_indexer(table["customer_id"])
    moved = pd.Series(
        felt_so_far[row, np.searchsorted(statements(run), table["time"], side="right")], table.index
    )
    by_customer = table["customer_id"]
    before = table["satisfaction"].groupby(by_customer).shift() + moved.groupby(by_customer).diff()
    anchor = run.scenario.retention.anchor_purchases
    weight = 1 / np.maximum(anchor + table.groupby("customer_id").cumcount() + 1, 1)
    expected = before + weight * (table["experience"] - before)
    return bool((expected - table["satisfaction"]).abs().max() < LAST_DIGITS)


def nobody_is_served_while_a_ticket_with_priority_waits(run: Run) -> bool:
    """Priority by the tier at the moment of opening; moments are told in seconds."""
    tickets = run.tickets[run.tickets["started_at"].notna() & (run.tickets["channel"] == "agent")]
    levels = np.column_stack([np.zeros(len(run.customers), int), tiers(run)])
    row = tiers(run).index.get_indexer(tickets["customer_id"])
    at = np.searchsorted(statements(run), tickets["opened_at"], side="right")
    first = levels[row, at] >= run.scenario.privileges.priority_level
    others = tickets.loc[~first, "started_at"].to_numpy()[:, None]
    opened, started = (tickets.loc[first, name].to_numpy() for name in ("opened_at", "started_at"))
    waited = started > opened + 2 * SECOND
    passed_by = (others > opened + SECOND) & (others < started - SECOND)
    return bool(waited.sum() > 50 and not passed_by.any())


# Deals


def _bought_on_deals(run: Run) -> pd.DataFrame:
    """Purchases with the amount, the reference price before and the stock after each, by the levers."""
    levers, table = run.scenario.discounts, _lived(run)
    u = Luck(run.seed).uniform(BASKET, table["customer_id"].to_numpy(), table["count"].to_numpy())
    shape = run.scenario.market.spend_shape
    base = gamma(u.ravel(), shape) * table["basket_mean"].to_numpy() / shape
    price = np.where(table["discount"] > 0, np.log1p(-levers.depth), 0.0)
    reference = np.zeros(len(table))
    for count in range(1, table["count"].max() + 1):
        now = np.flatnonzero(table["count"] == count)
        before = reference[now - 1]
        reference[now] = before + levers.reference_speed * (price[now - 1] - before)
    gap, weight = reference - price, levers.reference_weight
    appeal = weight * (gap + levers.loss_weight * np.minimum(gap, 0)) - (1 - weight) * price
    stock = levers.stocking_up * np.maximum(gap, 0)
    expected = base * np.exp(stock + levers.price_to_basket * appeal)
    return table.assign(reference=reference, stock=stock, expected=expected)


def baskets_follow_price_and_reference(run: Run) -> bool:
    """Every amount, to a cent or two; some after hundreds of deals."""
    table = _bought_on_deals(run)
    near = (table["amount"] - table["expected"]).abs() < 0.02 + 1e-4 * table["expected"]
    return bool(near.all() and (table["reference"] < 0).sum() > 100)


def what_was_bought_ahead_is_missing_later(run: Run) -> float:
    """Purchases after one that filled the stock less rate x exp(-stock) x days; where prices move no pace."""
    table = _bought_on_deals(run)
    table = table[(table["stock"] > 0) & table["churned_at"].ne(table["time"])]
    days = (table["until"] - table["time"]) / DAY
    due = table["purchase_rate"] / 7 * np.exp(-table["stock"]) * days
    return z_of_sum(table["is_bought"], due, due)


# Members


def members_move_as_the_levers_say(run: Run) -> float:
    """Members' purchases by third of the market less what membership makes due, day by day.

    The pace is set anew at purchases and at statements; where nobody has cards of rivals and nothing else
    moves.
    """
    market, levers, table = run.scenario.market, run.scenario.loyalty, _lived(run)
    table = table[(table["time"] >= table["member_since"]) & table["churned_at"].ne(table["time"])]
    below = special.gammainc(market.rate_shape, table["purchase_rate"] * market.rate_scale_weeks)
    third = np.minimum((3 * below).astype(int), 2)
    response = np.array([levers.light_response, levers.moderate_response, levers.heavy_response])[third]
    due = np.zeros(len(table))
    starts = [run.month_starts[0], *statements(run), run.month_starts[-1]]
    for start, end in pairwise(starts):
        since, until = table["time"].clip(lower=start), table["until"].clip(upper=end)
        age = (since - table["member_since"]) / DAY
        lift = levers.membership_to_pace * response * 0.5 ** (age / (levers.fading_months * MONTH))
        due += table["purchase_rate"] / 7 * np.exp(lift) * ((until - since) / DAY).clip(lower=0)
    parts = [third == number for number in range(3)]
    return z_of_largest([z_of_sum(table["is_bought"][part], due[part], due[part]) for part in parts])


# Accounts


def revenue_is_released_as_points_are_redeemed(run: Run) -> bool:
    """Of what was deferred at least the share of all points that were redeemed, for not all ever will be.

    A tenth less, as cohorts differ a little in what was deferred for a point.
    """
    sums = run.accounts().drop(columns="month").sum()
    granted = sums["points_issued"] + sums["points_adjusted"] - sums["points_reversed"]
    least = 0.9 * sums["revenue_deferred"] * sums["points_redeemed"] / granted
    return bool(least > 0 and sums["revenue_released"] >= least)


def accounts_know_nothing_of_the_future(run: Run) -> bool:
    """Those of half the months are the first half of all."""
    half = run.scenario.clock.months // 2
    short = sim.simulate(run.scenario.change({"clock.months": half}), run.seed).accounts()
    return short.equals(run.accounts().iloc[:half])
