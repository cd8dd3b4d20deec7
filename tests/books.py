"""What must hold in the tables of every run, exactly: one function a law, true if it holds."""

from collections import deque
from collections.abc import Callable

import numpy as np
import pandas as pd

from sim import Run

SECOND = pd.Timedelta(seconds=1)


def acquired_customers_are_active_or_lost_at_every_months_end(run: Run) -> bool:
    """Counted from the customers' own dates, not from the months table's flows."""
    lost_at, months = run.truth["churned_at"], run.months
    acquired = np.array([(run.customers["acquired_at"] < end).sum() for end in run.month_starts])
    lost = np.array([(lost_at < end).sum() for end in run.month_starts])
    return (
        np.array_equal(acquired[1:], months["active_customers"] + lost[1:])
        and np.array_equal(np.diff(acquired), months["new_customers"])
        and np.array_equal(np.diff(lost), months["lost_customers"])
    )


def retention_counts_who_was_there_at_the_months_start_and_still_is(run: Run) -> bool:
    """(E - N) / S of the month, counted customer by customer."""
    acquired_at, lost_at = run.customers["acquired_at"], run.truth["churned_at"]
    for start, end, rate in zip(
        run.month_starts, run.month_starts[1:], run.months["retention_rate"], strict=False
    ):
        there = (acquired_at < start) & ~(lost_at < start)
        stayed = (there & ~(lost_at < end)).sum() / there.sum() if there.any() else np.nan
        if not np.isclose(stayed, rate, rtol=1e-12, atol=0, equal_nan=True):
            return False
    return True


def customers_and_truth_tell_of_the_same_people(run: Run) -> bool:
    """Row by row, each person once."""
    ids = run.customers["customer_id"]
    return ids.is_unique and ids.equals(run.truth["customer_id"])


def times_are_sorted_and_inside_the_horizon(run: Run) -> bool:
    """Every time but those of customers who came before the simulation began."""
    start, end = run.month_starts[[0, -1]]
    times = [run.tables[name]["time"] for name in ("transactions", "surveys", "points", "invoices")]
    times += [run.ledger["time"], run.leads["created_at"]]
    others = [run.leads["converted_at"], run.customers["member_since"]]
    return all(one.is_monotonic_increasing for one in times) and all(
        one.dropna().between(start, end, inclusive="left").all() for one in times + others
    )


def nothing_is_bought_after_a_loss(run: Run) -> bool:
    """A coin falls at a purchase, a life ends between two."""
    sales = run.transactions.merge(run.truth, on="customer_id")
    return not (sales["time"] > sales["churned_at"]).any()


def nobody_is_lost_before_a_repeat_purchase(run: Run) -> bool:
    """BG/NBD tosses no coin after the first purchase."""
    if run.scenario.market.churn_model != "bg/nbd":
        return True
    bought_once = run.transactions["customer_id"].value_counts() == 1
    new = run.customers.loc[run.customers["acquired_at"] >= run.month_starts[0], "customer_id"]
    once = bought_once[bought_once].index.intersection(pd.Index(new))
    return bool(run.truth.set_index("customer_id")["churned_at"].loc[once].isna().all())


def the_first_purchase_is_the_acquisition(run: Run) -> bool:
    """For all who came during the simulation; the others came before it."""
    first = run.transactions.groupby("customer_id")["time"].min()
    acquired = run.customers.set_index("customer_id")["acquired_at"]
    new = acquired[acquired >= run.month_starts[0]]
    known_before = 0 if run.scenario.starting_customers is None else len(run.scenario.starting_customers)
    return first.reindex(new.index).equals(new.rename("time")) and len(acquired) - len(new) == known_before


def every_converted_lead_is_a_customer_of_its_channel(run: Run) -> bool:
    """And every customer of a channel was a lead that converted in that very moment."""
    won = run.leads[run.leads["converted_at"].notna()]
    customers = run.customers[run.customers["channel"] != "opening"]
    columns = ["customer_id", "channel", "converted_at"]
    left = won[columns].astype({"customer_id": str, "channel": str}).sort_values("customer_id")
    right = customers[["customer_id", "channel", "acquired_at"]].astype({"customer_id": str, "channel": str})
    return np.array_equal(left, right.sort_values("customer_id")) and won["created_at"].equals(
        won["converted_at"]
    )


def money_is_in_cents_and_margins_add_up(run: Run) -> bool:
    """margin = paid - cost of goods - cost of service, row by row."""
    money = (
        run.transactions[["paid", "cost_of_goods", "cost_of_service", "margin", "amount", "discount"]] * 100
    )
    cents = money.round()
    whole = np.allclose(money, cents, rtol=1e-12, atol=1e-6)
    adds_up = cents["margin"] == cents["paid"] - cents["cost_of_goods"] - cents["cost_of_service"]
    return bool(whole and adds_up.all() and (cents["paid"] == cents["amount"] - cents["discount"]).all())


def the_ledger_adds_up_to_transactions_and_invoices(run: Run) -> bool:
    """Account by account and for each customer, to the cent."""
    sales = run.transactions.set_index("customer_id")
    sources = {
        "revenue": sales["paid"],
        "cost_of_goods": -sales["cost_of_goods"],
        "service": -sales["cost_of_service"],
        "program": -sales["cost_of_reward"],
        "marketing": -run.tables["invoices"]["amount"],
    }
    booked = run.ledger.groupby("account", observed=False)["amount"].sum()
    by_customer = run.ledger.dropna(subset="customer_id").groupby("customer_id")["amount"].sum()
    profit = (sales["margin"] - sales["cost_of_reward"]).groupby("customer_id").sum()
    return all(
        _cents(booked.get(name, 0.0)) == _cents(source.sum()) for name, source in sources.items()
    ) and (np.array_equal(_cents(by_customer), _cents(profit.reindex(by_customer.index))))


def the_months_add_up_to_the_ledger(run: Run) -> bool:
    """Month by month and account by account, to the cent."""
    month = pd.cut(run.ledger["time"], run.month_starts, right=False, labels=False)
    booked = run.ledger.groupby([month, run.ledger["account"]], observed=False)["amount"].sum().unstack()
    booked = booked.reindex(range(len(run.months)), fill_value=0.0)
    months = run.months
    sums = {
        "revenue": booked.get("revenue", 0.0),
        "margin": sum(booked.get(name, 0.0) for name in ("revenue", "cost_of_goods", "service")),
        "program_cost": -booked.get("program", 0.0),
        "marketing_cost": -booked.get("marketing", 0.0),
        "profit": booked.sum(axis=1),
    }
    return all(
        np.array_equal(_cents(months[name]), _cents(total + np.zeros(len(months))))
        for name, total in sums.items()
    )


def points_earned_are_redeemed_or_held(run: Run) -> bool:
    """The sum of the points ledger is the customers' balance, and the months' balance at their end."""
    points = run.points
    held = points.groupby("customer_id")["points"].sum()
    balance = run.customers.set_index("customer_id")["points_balance"]
    by_month = [points.loc[points["time"] < end, "points"].sum() for end in run.month_starts[1:]]
    return balance.eq(held.reindex(balance.index, fill_value=0)).all() and np.array_equal(
        by_month, run.months["points_outstanding"]
    )


def no_balance_and_no_lot_is_ever_overdrawn(run: Run) -> bool:
    """At no moment; what is left in the lots at the end is the balance."""
    points = run.points
    balance = points.groupby("customer_id")["points"].cumsum()
    in_lot = points.groupby(["customer_id", "lot_id"])["points"].cumsum()
    owners = points.drop_duplicates(["lot_id", "customer_id"])["lot_id"]
    left = points.groupby(["customer_id", "lot_id"])["points"].sum().groupby("customer_id").sum()
    held = run.customers.set_index("customer_id")["points_balance"]
    return bool((balance >= 0).all() and (in_lot >= 0).all() and owners.is_unique) and (
        held[held > 0].sort_index().equals(left[left > 0].rename("points_balance"))
    )


def points_earned_first_are_redeemed_first(run: Run) -> bool:
    """Every redemption takes from the oldest lot that has something left; replayed movement by movement."""
    open_lots: dict[object, deque[list[int]]] = {}
    for who, lot, points in run.points[["customer_id", "lot_id", "points"]].itertuples(index=False):
        lots = open_lots.setdefault(who, deque())
        if points > 0:
            lots.append([lot, points])
            continue
        if not lots or lots[0][0] != lot or lots[0][1] < -points:
            return False
        lots[0][1] += points
        if lots[0][1] == 0:
            lots.popleft()
    return True


def members_earn_points_on_what_they_pay(run: Run) -> bool:
    """Whole points per unit of money from the purchase at which they join; nobody else earns."""
    sales, per_unit = (
        run.transactions.merge(run.customers, on="customer_id"),
        run.scenario.loyalty.points_per_unit,
    )
    due = np.floor(sales["paid"] * per_unit + 1e-9).where(sales["time"] >= sales["member_since"], 0)
    earned = run.points[run.points["points"] > 0].groupby(["customer_id", "time"])["points"].sum()
    booked = sales[sales["points_earned"] > 0].groupby(["customer_id", "time"])["points_earned"].sum()
    return np.array_equal(sales["points_earned"], due) and np.array_equal(earned, booked)


def a_reward_costs_its_points_and_its_price(run: Run) -> bool:
    """Rewards are taken at purchases, one at most, each for `reward_points`."""
    levers = run.scenario.loyalty
    spent = -run.points[run.points["points"] < 0].groupby(["customer_id", "time"])["points"].sum()
    paid = run.transactions[run.transactions["cost_of_reward"] > 0].groupby(["customer_id", "time"])[
        "cost_of_reward"
    ]
    if levers.reward_cost == 0:
        return bool((spent % levers.reward_points == 0).all())
    return (
        spent.index.equals(paid.sum().index)
        and np.array_equal(spent, paid.count() * levers.reward_points)
        and np.allclose(paid.sum(), paid.count() * levers.reward_cost)
    )


def only_recent_buyers_are_asked(run: Run) -> bool:
    """Every answer comes from somebody who bought in the stated days before, both kinds at once, in range."""
    answers = run.surveys
    if answers["customer_id"].isin(run.customers["customer_id"]).all() and _scores_are_in_range(answers):
        last = _last_purchase_before(run, answers)
        age = answers["time"] - last
        return bool(
            (age < pd.Timedelta(days=run.scenario.surveys.recent_days) + SECOND).all()
            and (age >= 0 * SECOND).all()
        )
    return False


def _scores_are_in_range(answers: pd.DataFrame) -> bool:
    nps = answers["kind"] == "nps"
    in_range = answers["score"].between(np.where(nps, 0, 1), np.where(nps, 10, 5))
    pairs = answers.groupby(["customer_id", "time"])["kind"].agg(["size", "nunique"])
    return bool(in_range.all() and (pairs == 2).all(axis=None))


def _last_purchase_before(run: Run, answers: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    bought = run.transactions[["customer_id", "time"]]
    known = run.scenario.starting_customers
    if known is not None:
        before = known.table
        age = before["observed_weeks"] - before["last_purchase_weeks"]
        time = run.month_starts[0] - pd.to_timedelta(age * 7 * 86_400, "s")
        bought = pd.concat(
            [before[["customer_id"]].assign(time=time), bought.astype({"customer_id": object})]
        )
    bought = bought.assign(
        bought=bought["time"].astype("datetime64[s]"), time=bought["time"].astype("datetime64[s]")
    )
    return pd.merge_asof(
        answers.astype({"customer_id": str}),
        bought.astype({"customer_id": str}).sort_values("time"),
        on="time",
        by="customer_id",
    )["bought"]


def _cents(amount: object) -> np.ndarray:
    return np.round(np.asarray(amount, float) * 100)


LAWS: dict[str, Callable[[Run], bool]] = {
    law.__name__: law
    for law in (
        acquired_customers_are_active_or_lost_at_every_months_end,
        retention_counts_who_was_there_at_the_months_start_and_still_is,
        customers_and_truth_tell_of_the_same_people,
        times_are_sorted_and_inside_the_horizon,
        nothing_is_bought_after_a_loss,
        nobody_is_lost_before_a_repeat_purchase,
        the_first_purchase_is_the_acquisition,
        every_converted_lead_is_a_customer_of_its_channel,
        money_is_in_cents_and_margins_add_up,
        the_ledger_adds_up_to_transactions_and_invoices,
        the_months_add_up_to_the_ledger,
        points_earned_are_redeemed_or_held,
        no_balance_and_no_lot_is_ever_overdrawn,
        points_earned_first_are_redeemed_first,
        members_earn_points_on_what_they_pay,
        a_reward_costs_its_points_and_its_price,
        only_recent_buyers_are_asked,
    )
}
