"""What must hold in the tables of every run, exactly: one function a law, true if it holds."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from passbook import mistakes, pending_days, statements, terms
from sim import Run
from sim.scenario import Scenario

SECOND = pd.Timedelta(seconds=1)


def acquired_customers_are_active_lost_or_terminated_at_every_months_end(run: Run) -> bool:
    """Counted from the customers' own dates, not from the months table's flows."""
    lost_at, months = run.truth["churned_at"], run.months
    parted = run.customers["terminated_at"] == lost_at
    terminated = np.array([(lost_at[parted] < end).sum() for end in run.month_starts])
    acquired = np.array([(run.customers["acquired_at"] < end).sum() for end in run.month_starts])
    lost = np.array([(lost_at < end).sum() for end in run.month_starts])
    return (
        np.array_equal(acquired[1:], months["active_customers"] + lost[1:])
        and np.array_equal(np.diff(acquired), months["new_customers"])
        and np.array_equal(np.diff(lost), months["lost_customers"] + months["terminated_customers"])
        and np.array_equal(np.diff(terminated), months["terminated_customers"])
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
    sorted_by_time = ("transactions", "episodes", "touchpoints", "surveys", "points", "invoices")
    times = [run.tables[name]["time"] for name in sorted_by_time]
    times += [run.ledger["time"], run.leads["created_at"], run.tickets["opened_at"]]
    others = [run.leads["contacted_at"], run.leads["converted_at"], run.customers["member_since"]]
    others += [run.tickets["started_at"], run.tickets["closed_at"]]
    others += [run.customers[f"{what}_at"] for what in ("cancelled", "terminated", "newsletter_cancelled")]
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
    return np.array_equal(left, right.sort_values("customer_id")) and run.leads["lead_id"].is_unique


def leads_decide_at_their_first_contact(run: Run) -> bool:
    """Which comes after they came; at once if no representative was there then or a machine makes it."""
    leads, contacted = run.leads, run.leads["contacted_at"].notna()
    alone = pd.Series(False, leads.index)
    for one, start, end in terms(run):
        came = leads["created_at"].between(start, end, inclusive="left")
        alone |= came & (one.sales.representatives == 0)
    met = leads[contacted]
    decided = leads[leads["converted_at"].notna()]
    at_once = met["automated"] | alone[contacted]
    last_terms, *_ = terms(run)[-1]
    return bool(
        (met["contacted_at"] >= met["created_at"]).all()
        and decided["converted_at"].equals(decided["contacted_at"])
        and (met["contacted_at"] == met["created_at"])[at_once].all()
        and contacted[alone].all()
        and (contacted.all() or last_terms.sales.representatives > 0)
    )


def an_episode_tells_of_every_purchase(run: Run) -> bool:
    """The same purchases in the same order, with states inside their bounds and no tolerance at the first."""
    episodes, levers, same = run.episodes, run.scenario.experience, ["transaction_id", "customer_id", "time"]
    shares = episodes[["trust", "commitment"]]
    before = run.customers.loc[run.customers["acquired_at"] < run.month_starts[0], "customer_id"]
    first = ~episodes["customer_id"].duplicated() & ~episodes["customer_id"].isin(before)
    return bool(
        episodes[same].equals(run.transactions[same])
        and shares.ge(0).all(axis=None)
        and shares.le(1).all(axis=None)
        and episodes["failures"].between(0, max(levers.attributes, 2)).all()
        and episodes["tolerance"].between(0, levers.tolerance_most + 1e-4).all()
        and (episodes.loc[first, "tolerance"] == 0).all()
    )


def discounts_are_those_of_a_channel_or_of_a_deal(run: Run) -> bool:
    """A channel's share off the first purchase of its customers, then the deal of the day off the rest.

    Nobody else gets anything off; of those lapsing, the tables do not tell who they are.
    """
    people = run.customers[["customer_id", "channel", "member_since"]]
    sales = run.transactions.merge(people, on="customer_id")
    first = ~sales["customer_id"].duplicated()
    share = pd.Series(np.where(sales["channel"] == "trial", 1.0, 0.0), sales.index)
    for one, start, end in terms(run):
        now = sales["time"].between(start, end, inclusive="left")
        share[now & (sales["channel"] == "deal")] = one.acquisition.deal_discount
    by_channel = sales["amount"] * share * first
    off = pd.Series(0.0, sales.index)
    least, cent = off.copy(), off + 0.005001
    for month, start in enumerate(run.month_starts[:-1]):
        levers = run.scenario.at(month).discounts
        today = sales["time"].between(start, start + pd.Timedelta(days=levers.deal_days), inclusive="left")
        is_due = (month + 1) * levers.deals_per_year // 12 > month * levers.deals_per_year // 12
        if not is_due or not levers.depth:
            continue
        whose = today & ((sales["member_since"] < sales["time"]) | (levers.audience != "members"))
        off[whose] = levers.depth * (sales["amount"] - by_channel)
        least[whose & (levers.audience != "lapsing")] = off
        cent[today] += 0.01 * (1 - levers.depth) ** -(levers.stocking_up + levers.price_to_basket)
    found = sales["discount"] - by_channel
    return bool((((found - off).abs() <= cent) | ((found - least).abs() <= cent)).all())


def tickets_are_opened_then_started_then_closed(run: Run) -> bool:
    """After the customer's first purchase; only closed ones are resolved or cost anything."""
    tickets = run.tickets.merge(run.customers[["customer_id", "acquired_at"]], on="customer_id")
    started, closed = tickets["started_at"].notna(), tickets["closed_at"].notna()
    return bool(
        tickets["ticket_id"].is_unique
        and (tickets["opened_at"] >= tickets["acquired_at"]).all()
        and (tickets["started_at"] >= tickets["opened_at"])[started].all()
        and (tickets["closed_at"] >= tickets["started_at"])[closed].all()
        and (started | ~closed).all()
        and (closed | ~tickets["resolved"]).all()
        and (tickets["cost"] >= 0).all()
        and (closed | (tickets["cost"] == 0)).all()
    )


def a_complaint_follows_a_failure_beyond_tolerance(run: Run) -> bool:
    """A customer never has had more of the one than of the other."""
    complaints = run.tickets.loc[run.tickets["reason"] == "complaint", ["customer_id", "opened_at"]]
    broken = run.episodes.loc[run.episodes["failures"] > run.episodes["tolerance"] - 1e-4]
    causes = broken[["customer_id", "time"]].assign(balance=1)
    effects = complaints.rename(columns={"opened_at": "time"}).assign(balance=-1)
    events = pd.concat([causes, effects]).sort_values("time", kind="stable")
    return bool((events.groupby("customer_id")["balance"].cumsum() >= 0).all())


def offers_go_to_reachable_regulars_and_products_come_from_offers(run: Run) -> bool:
    """Nobody is written to who has cancelled or was parted with; held products are accepted offers."""
    touches = run.touchpoints.merge(run.customers, on="customer_id").merge(
        run.truth[["customer_id", "churned_at"]], on="customer_id"
    )
    offers = touches[touches["kind"].isin(["offer", "upsell"])]
    gone = offers[["newsletter_cancelled_at", "cancelled_at", "terminated_at"]].min(axis=1)
    accepted = offers[offers["response"] == "accepted"]
    bought = accepted[accepted["kind"] == "offer"]
    held = run.customers.set_index("customer_id")["products"] - 1
    by_customer = bought["customer_id"].value_counts().reindex(held.index, fill_value=0)
    return bool(
        not (offers["time"] > gone).any()
        and not (accepted["time"] > accepted["churned_at"]).any()
        and np.array_equal(by_customer, held)
        and not bought.duplicated(["customer_id", "product"]).any()
    )


def only_contracts_are_cancelled_and_their_loss_is_the_end(run: Run) -> bool:
    """The loss comes at most the notice after the record; in shops nobody records a loss."""
    if run.scenario.market.churn_model != "sbg":
        return bool(run.customers["cancelled_at"].isna().all())
    cancelled, lost = run.customers["cancelled_at"], run.truth["churned_at"]
    parted = run.customers["terminated_at"].notna()
    both = cancelled.notna() & lost.notna() & ~parted
    notice = pd.Timedelta(days=run.scenario.market.notice_days) + SECOND
    return bool(
        (lost.isna() | cancelled.notna() | parted).all()
        and (cancelled <= lost)[both].all()
        and (lost - cancelled <= notice)[both].all()
    )


def bills_come_at_fixed_intervals(run: Run) -> bool:
    """Under contract."""
    if run.scenario.market.churn_model != "sbg" or any(one.fulfilment.capacity for one, *_ in terms(run)):
        return True
    wait = run.transactions.groupby("customer_id")["time"].diff().dropna()
    interval = pd.Timedelta(days=run.scenario.market.billing_months * 365.25 / 12)
    return bool(((wait - interval).abs() <= SECOND).all())


def money_is_in_cents_and_margins_add_up(run: Run) -> bool:
    """margin = paid - cost of goods - cost of service, row by row."""
    money = (
        run.transactions[["paid", "cost_of_goods", "cost_of_service", "margin", "amount", "discount"]] * 100
    )
    cents = money.round()
    whole = np.allclose(money, cents, rtol=1e-12, atol=1e-6)
    adds_up = cents["margin"] == cents["paid"] - cents["cost_of_goods"] - cents["cost_of_service"]
    return bool(whole and adds_up.all() and (cents["paid"] == cents["amount"] - cents["discount"]).all())


def the_ledger_adds_up_to_its_sources(run: Run) -> bool:
    """Account by account and for each customer, to the cent; the deferral nets to what is still deferred."""
    sales, tickets = run.transactions.set_index("customer_id"), run.tickets.set_index("customer_id")
    invoices, returned = run.tables["invoices"], sales[sales["refunded_at"].notna()]
    sources = {
        "revenue": sales["amount"].sum(),
        "discounts": -sales["discount"].sum(),
        "refunds": -returned["paid"].sum(),
        "cost_of_goods": returned["cost_of_goods"].sum() - sales["cost_of_goods"].sum(),
        "service": -sales["cost_of_service"].sum() - tickets["cost"].sum(),
        "program": -sales["cost_of_reward"].sum(),
    }
    for account, amount in invoices.groupby("account", observed=False)["amount"].sum().items():
        sources[account] = sources.get(account, 0.0) - amount
    booked = run.ledger.groupby("account", observed=False)["amount"].sum()
    own_books = run.ledger[run.ledger["account"] != "rebates"].dropna(subset="customer_id")
    by_customer = own_books.groupby("customer_id")["amount"].sum()
    own = (sales["margin"] - sales["cost_of_reward"]).groupby("customer_id").sum()
    own = own.sub(tickets["cost"].groupby("customer_id").sum(), fill_value=0.0)
    undone = (returned["paid"] - returned["cost_of_goods"]).groupby("customer_id").sum()
    own = own.sub(undone, fill_value=0.0)
    deferred = run.accounts()["deferred_revenue"].iloc[-1]
    return (
        all(_agree(booked.get(name, 0.0), total) for name, total in sources.items())
        and _agree(booked["points_deferred"] + booked["points_released"], -deferred)
        and _agree(by_customer, own.reindex(by_customer.index))
    )


def rebates_are_accrued_and_end_at_what_was_paid(run: Run) -> bool:
    """Of each customer, to the cent: what was paid on claims, and the accrual of rebates that are open."""
    rebates = run.tables["rebates"].copy()
    is_open = rebates["claimed_at"].isna() & rebates["deadline"].isna()
    is_paid = rebates["claimed_at"].notna() & ~rebates["refused"]
    accrual = (rebates["amount"] * run.scenario.rebates.expected_claims).round(2)
    rebates["due"] = accrual.where(is_open, 0.0) + rebates["amount"].where(is_paid, 0.0)
    due = rebates.groupby("customer_id")["due"].sum()
    booked = run.ledger[run.ledger["account"] == "rebates"].groupby("customer_id")["amount"].sum()
    owed = run.accounts()["rebates_owed"]
    return bool(
        _agree(-booked, due.reindex(booked.index))
        and _agree(due.sum(), -booked.sum())
        and (owed >= -0.001).all()
        and _agree(owed.iloc[-1], accrual[is_open].sum())
    )


def deferred_revenue_is_what_is_deferred_and_not_yet_released(run: Run) -> bool:
    """At every month's end at least 0, and 0 when all points are gone; the months' sums are the balance."""
    accounts = run.accounts()
    balance, outstanding = accounts["deferred_revenue"], accounts["points_outstanding"]
    flows = (accounts["revenue_deferred"] - accounts["revenue_released"]).cumsum()
    return bool(_agree(flows, balance) and (balance >= 0).all() and (balance[outstanding == 0] == 0).all())


def breakage_lies_between_what_has_expired_and_what_can_expire(run: Run) -> bool:
    """Of every issue cohort; whose points are issued, redeemed, expired, reversed, given back or held."""
    cohorts = run.breakage_by_cohort()
    granted = cohorts["issued"] + cohorts["adjusted"] - cohorts["reversed"]
    left = granted - cohorts["redeemed"] - cohorts["expired"]
    estimate = cohorts["breakage_estimate"]
    held = run.accounts()["points_outstanding"].iloc[-1]
    return bool(
        (left == cohorts["outstanding"]).all()
        and cohorts["outstanding"].sum() == held
        and (estimate >= cohorts["expired"] / granted - 1e-9).all()
        and (estimate <= (cohorts["expired"] + left) / granted + 1e-9).all()
    )


def the_months_add_up_to_the_ledger(run: Run) -> bool:
    """Month by month and account by account, to the cent."""
    month = pd.cut(run.ledger["time"], run.month_starts, right=False, labels=False)
    booked = run.ledger.groupby([month, run.ledger["account"]], observed=False)["amount"].sum().unstack()
    accounts = run.ledger["account"].cat.categories
    booked = booked.reindex(range(len(run.months)), fill_value=0.0).reindex(columns=accounts, fill_value=0.0)
    months = run.months
    sums = {
        "revenue": booked["revenue"] + booked["discounts"] + booked["refunds"],
        "discounts": -booked["discounts"],
        "refunds": -booked["refunds"],
        "program_cost": -booked["program"],
        "rebates_cost": -booked["rebates"],
        "revenue_deferred": -booked["points_deferred"],
        "revenue_released": booked["points_released"],
        "marketing_cost": -booked["marketing"],
        "sales_cost": -booked["sales"],
        "extension_cost": -booked["extension"],
        "profit": booked.sum(axis=1),
    }
    costs = [name for name in months if name.endswith("_cost")]
    earned = months["margin"] - months["revenue_deferred"] + months["revenue_released"]
    return all(_agree(months[name], total) for name, total in sums.items()) and _agree(
        months["profit"], earned - months[costs].sum(axis=1)
    )


def realised_clv_is_what_customers_brought_less_what_winning_them_cost(run: Run) -> bool:
    """Undiscounted, over all customers, in cash: contributions less rebates paid, marketing and sales."""
    scenario = run.scenario.change({"finance.annual_discount_rate": 0})
    clv = Run(scenario, run.seed, run.tables).clv
    accounts = ("revenue", "discounts", "refunds", "cost_of_goods", "marketing", "sales")
    booked = run.ledger[run.ledger["account"].isin(accounts)]["amount"].sum()
    costs = run.transactions[["cost_of_service", "cost_of_reward"]].sum().sum() + run.tickets["cost"].sum()
    costs += run.accounts()["rebates_paid"].sum()
    return bool(clv.empty or abs(clv.sum() - (booked - costs)) < 1e-6 * max(1, abs(booked), len(clv)))


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


def points_go_in_the_order_in_which_they_became_active(run: Run) -> bool:
    """Redemptions and expiries take the oldest active lot, never a pending one; replayed row by row."""
    return not mistakes(run)


def pending_points_become_active_at_the_first_statement_after_their_wait(run: Run) -> bool:
    """At that one, unless what earned them was returned; points that never waited have no such row."""
    points, last_day = run.points, statements(run)
    credits = points[points["type"].isin(["earn", "bonus"])]
    wait = pd.to_timedelta(pending_days(run, credits["time"]), "D")
    lots = credits.assign(free=credits["time"] + wait)[wait > pd.Timedelta(0)].set_index("lot_id")
    named = points.set_index("lot_id")["time"]
    active_at = named[(points["type"] == "activate").to_numpy()]
    returned_at = named[(points["type"] == "reverse").to_numpy()].reindex(lots.index)
    days = last_day.append(pd.DatetimeIndex([pd.NaT]))
    earliest, latest = (days[last_day.searchsorted(lots["free"] + late)] for late in (0 * SECOND, SECOND))
    found = active_at.reindex(lots.index)
    due = (found == earliest) | (found == latest) | (found.isna() & (earliest.isna() | latest.isna()))
    return bool(
        active_at.index.is_unique
        and active_at.index.isin(lots.index).all()
        and (due | (found.isna() & (returned_at <= latest))).all()
    )


def members_earn_points_on_what_they_pay(run: Run) -> bool:
    """By the terms of the day, from the purchase at which they join; nobody else earns.

    Rounded down: (per unit x paid + per visit) x 1 or the category's bonus x (1 + bonus per level of tier).
    """
    sales = run.transactions.merge(run.customers, on="customer_id")
    is_due = np.zeros(len(sales), bool)
    for one, start, end in terms(run):
        now = sales["time"].between(start, end, inclusive="left")
        is_due |= now & _earned_by(one, sales)
    is_due = is_due.where(sales["time"] >= sales["member_since"], sales["points_earned"] == 0)
    earned = run.points[run.points["type"] == "earn"].groupby(["customer_id", "time"])["points"].sum()
    booked = sales[sales["points_earned"] > 0].groupby(["customer_id", "time"])["points_earned"].sum()
    return bool(is_due.all()) and np.array_equal(earned, booked)


def _earned_by(scenario: Scenario, sales: pd.DataFrame) -> "pd.Series[bool]":
    """Whether these points can be earned on these purchases under these terms, in some tier."""
    levers = scenario.loyalty
    if "points" not in scenario.tools():
        return sales["points_earned"] == 0
    base = sales["paid"] * levers.points_per_unit + levers.points_per_visit
    goods = {
        levers.bonus_multiplier if levers.bonus_share else 1.0,
        levers.bonus_multiplier ** (levers.bonus_share == 1),
    }
    tiers = {1 + scenario.privileges.points_bonus * level for level in range(4)}
    could = [
        np.floor(base * bonus * tier + 1e-9) == sales["points_earned"] for bonus in goods for tier in tiers
    ]
    return pd.Series(np.any(could, axis=0), sales.index)


def joining_gives_the_head_start(run: Run) -> bool:
    """Once, at the moment of joining, while there are points to earn."""
    joined = run.customers.dropna(subset="member_since").set_index("customer_id")["member_since"]
    due = pd.Series(0, joined.index)
    for one, start, end in terms(run):
        now = joined.between(start, end, inclusive="left")
        due[now] = one.loyalty.endowed_points * ("points" in one.tools())
    bonus = run.points[run.points["type"] == "bonus"].set_index("customer_id")
    due = due[due > 0]
    return bool(
        bonus.index.is_unique
        and bonus["points"].sort_index().equals(due.sort_index().rename("points"))
        and bonus["time"].sort_index().equals(joined[due.index].sort_index().rename("time"))
    )


def a_reward_costs_its_points_and_its_price(run: Run) -> bool:
    """At purchases: one reward for `reward_points`, or any amount above; what a thief took is given back."""
    moves, keys = run.points, ["customer_id", "time"]
    sums = {kind: moves[moves["type"] == kind].groupby(keys)["points"].sum() for kind in ("redeem", "adjust")}
    visits = run.transactions.groupby(keys)["cost_of_reward"].agg(["sum", "size"])
    if (
        not sums["redeem"].index.isin(visits.index).all()
        or not sums["adjust"].index.isin(sums["redeem"].index).all()
    ):
        return False
    visits = visits.assign(
        **{kind: points.reindex(visits.index, fill_value=0) for kind, points in sums.items()}
    ).reset_index()
    visits["taken"] = -visits["redeem"] - visits["adjust"]
    return all(
        _are_rewards(one, visits[visits["time"].between(start, end, inclusive="left")])
        for one, start, end in terms(run)
    )


def _are_rewards(scenario: Scenario, visits: pd.DataFrame) -> bool:
    """Whether what was taken and what it cost are right under these terms; `size` purchases at a moment."""
    levers, taken = scenario.loyalty, visits["taken"]
    cost = -visits["redeem"] * levers.reward_cost / levers.reward_points
    one_each = taken.isin([0, levers.reward_points]) | (
        (visits["size"] > 1) & (taken % levers.reward_points == 0)
    )
    any_amount = (taken == 0) | (taken >= levers.reward_points)
    return bool(
        (one_each if levers.redemption == "reward" else any_amount).all()
        and ((visits["sum"] - cost).abs() <= 0.00501 * visits["size"]).all()
        and (levers.fraud_rate > 0 or not visits["adjust"].any())
    )


def a_returned_purchase_keeps_no_points(run: Run) -> bool:
    """From the statement that settles it on, nothing is left of the lot it earned; no other is reversed."""
    points, keys = run.points, ["customer_id", "time"]
    once = run.transactions.drop_duplicates(keys, keep=False)
    earned = points[points["type"] == "earn"].drop_duplicates(keys, keep=False)
    lots = once.merge(earned[[*keys, "lot_id"]], on=keys)[["lot_id", "refunded_at"]]
    moves = points.merge(lots, on="lot_id")
    left = moves[moves["time"] <= moves["refunded_at"]].groupby("lot_id")["points"].sum()
    reverses = moves[moves["type"] == "reverse"]
    return bool((left == 0).all() and (reverses["time"] == reverses["refunded_at"]).all())


def points_expire_at_statements_and_by_the_terms(run: Run) -> bool:
    """Where points expire at all; under terms that never change neither before nor after the stated date."""
    expired = run.points[run.points["type"] == "expire"]
    may = np.zeros(len(expired), bool)
    for one, start, end in terms(run):
        may |= (one.loyalty.expiry != "none") & expired["time"].between(
            start, end, inclusive="left"
        ).to_numpy()
    if not (may.all() and expired["time"].isin(statements(run)).all()):
        return False
    stated = run.points["expires_at"]
    if run.scenario.changes:
        return True
    if run.scenario.loyalty.expiry in ("none", "rolling"):
        return bool(stated.isna().all())
    left = run.points.groupby("lot_id")["points"].sum()
    past = stated.groupby(run.points["lot_id"]).first() < run.month_starts[-1]
    return bool((expired["time"] == expired["expires_at"]).all() and (left[past] == 0).all())


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


def _agree(amounts: object, others: object) -> bool:
    """To the cent, as far as floating point knows it: drawn levers allow trillions."""
    return bool(np.allclose(np.asarray(amounts, float), np.asarray(others, float), rtol=1e-13, atol=0.005))


LAWS: dict[str, Callable[[Run], bool]] = {
    law.__name__: law
    for law in (
        acquired_customers_are_active_lost_or_terminated_at_every_months_end,
        retention_counts_who_was_there_at_the_months_start_and_still_is,
        customers_and_truth_tell_of_the_same_people,
        times_are_sorted_and_inside_the_horizon,
        nothing_is_bought_after_a_loss,
        nobody_is_lost_before_a_repeat_purchase,
        the_first_purchase_is_the_acquisition,
        every_converted_lead_is_a_customer_of_its_channel,
        leads_decide_at_their_first_contact,
        an_episode_tells_of_every_purchase,
        discounts_are_those_of_a_channel_or_of_a_deal,
        tickets_are_opened_then_started_then_closed,
        a_complaint_follows_a_failure_beyond_tolerance,
        offers_go_to_reachable_regulars_and_products_come_from_offers,
        only_contracts_are_cancelled_and_their_loss_is_the_end,
        bills_come_at_fixed_intervals,
        money_is_in_cents_and_margins_add_up,
        the_ledger_adds_up_to_its_sources,
        rebates_are_accrued_and_end_at_what_was_paid,
        deferred_revenue_is_what_is_deferred_and_not_yet_released,
        breakage_lies_between_what_has_expired_and_what_can_expire,
        the_months_add_up_to_the_ledger,
        realised_clv_is_what_customers_brought_less_what_winning_them_cost,
        points_earned_are_redeemed_or_held,
        no_balance_and_no_lot_is_ever_overdrawn,
        points_go_in_the_order_in_which_they_became_active,
        pending_points_become_active_at_the_first_statement_after_their_wait,
        members_earn_points_on_what_they_pay,
        joining_gives_the_head_start,
        a_reward_costs_its_points_and_its_price,
        a_returned_purchase_keeps_no_points,
        points_expire_at_statements_and_by_the_terms,
        only_recent_buyers_are_asked,
    )
}
