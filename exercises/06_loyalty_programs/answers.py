"""Right answers and known mistakes of the exercises of lesson 06: for instructors."""

from functools import lru_cache

import pandas as pd
from checks import quiz

SPRING = pd.Timestamp("2025-04-01")
NEW_YEAR = pd.Timestamp("2026-01-01")
NO_CARD = {"loyalty.points_per_unit": 0}


@lru_cache(maxsize=8)
def _lived(company, changes):
    return company.simulate(dict(changes))


def twin(company, changes):
    """The company with these levers changed; lived once, however many questions ask for it."""
    return _lived(company, tuple(changes.items()))


def cost_of_a_point(company):
    loyalty = company.scenario.loyalty
    return loyalty.reward_cost / loyalty.reward_points


def value_of_a_point(company):
    loyalty = company.scenario.loyalty
    return loyalty.reward_value / loyalty.reward_points


def member_sales(company):
    sales, customers = company.run.transactions, company.run.customers
    since = sales["customer_id"].map(customers.set_index("customer_id")["member_since"])
    return sales[sales["time"] >= since]


def net_margin(run):
    sales = run.transactions
    return (sales["margin"] - sales["cost_of_reward"]).groupby(sales["customer_id"]).sum()


def is_member(company):
    return company.run.customers.set_index("customer_id")["member_since"].notna()


# ---- 1: what the card owes


@quiz.right("outstanding")
def outstanding(company):
    return float(company.run.points["points"].sum())


@quiz.mistake("outstanding", "these are all points ever issued; those redeemed since are not owed any more")
def issued(company):
    moved = company.run.points["points"]
    return float(moved[moved > 0].sum())


@quiz.mistake("outstanding", "this is the number of movements; asked for are points")
def movements(company):
    return float(len(company.run.points))


@quiz.right("liability")
def liability(company):
    breakage = company.scenario.loyalty.expected_breakage
    return outstanding(company) * cost_of_a_point(company) * (1 - breakage)


@quiz.mistake("liability", "you took what a reward is worth to the customer; the company owes what it costs")
def liability_at_value(company):
    return liability(company) / cost_of_a_point(company) * value_of_a_point(company)


@quiz.mistake("liability", "you forgot the breakage: some points will never be redeemed")
def liability_without_breakage(company):
    return outstanding(company) * cost_of_a_point(company)


@quiz.mistake("liability", "you multiplied by the breakage; what is owed is the rest, 1 - breakage")
def liability_of_the_breakage(company):
    return liability_without_breakage(company) * company.scenario.loyalty.expected_breakage


@quiz.mistake("liability", "you counted all points ever issued; those redeemed are not owed any more")
def liability_of_all_issued(company):
    return liability(company) / outstanding(company) * issued(company)


@quiz.right("old_breakage")
def old_breakage(company):
    points = company.run.points
    old = points[(points["type"] == "earn") & (points["time"] < SPRING)]
    left = points.loc[points["lot_id"].isin(old["lot_id"]), "points"].sum()
    return float(left / old["points"].sum())


@quiz.mistake("old_breakage", "this is the share of all points; most are young and may still be redeemed")
def share_of_all_points(company):
    return outstanding(company) / issued(company)


@quiz.mistake("old_breakage", "this is the share redeemed; breakage is the rest")
def redeemed_share(company):
    return 1 - old_breakage(company)


@quiz.mistake("old_breakage", "this is in per cent; asked for is a share between 0 and 1")
def old_breakage_in_per_cent(company):
    return 100 * old_breakage(company)


# ---- 2: what the card costs


@quiz.right("promised")
def promised(company):
    return 100 * company.scenario.loyalty.points_per_unit * cost_of_a_point(company)


@quiz.mistake("promised", "you took the value of a reward; the company pays its cost")
def promised_value(company):
    return 100 * company.scenario.loyalty.points_per_unit * value_of_a_point(company)


@quiz.mistake("promised", "this is a share; asked for is per cent")
def promised_share(company):
    return promised(company) / 100


@quiz.mistake("promised", "this is the cost of a point in per cent; how many points does a euro earn?")
def promised_a_point(company):
    return 100 * cost_of_a_point(company)


@quiz.right("real")
def real(company):
    sales = member_sales(company)
    return float(100 * sales["cost_of_reward"].sum() / sales["paid"].sum())


@quiz.mistake("real", "you divided by the sales to everybody; asked for is the share of what members pay")
def real_of_all(company):
    sales = company.run.transactions
    return float(100 * sales["cost_of_reward"].sum() / sales["paid"].sum())


@quiz.mistake("real", "this is a share; asked for is per cent")
def real_share(company):
    return real(company) / 100


@quiz.mistake("real", "you divided by the margin; asked for is the share of what members pay")
def real_of_margin(company):
    sales = member_sales(company)
    return float(100 * sales["cost_of_reward"].sum() / sales["margin"].sum())


# ---- 3: IFRS 15


def january_sales_and_points(company):
    first = company.run.transactions["time"].iloc[0]
    sales = member_sales(company)
    sales = sales[sales["time"].dt.to_period("M") == first.to_period("M")]
    return float(sales["paid"].sum()), float(sales["points_earned"].sum())


@quiz.right("january")
def january(company):
    sales, points = january_sales_and_points(company)
    price = points * value_of_a_point(company) * (1 - company.scenario.loyalty.expected_breakage)
    return sales * price / (sales + price)


@quiz.mistake(
    "january", "you deferred the whole price of the points; the customers paid it for goods and points"
)
def january_not_allocated(company):
    _, points = january_sales_and_points(company)
    return points * value_of_a_point(company) * (1 - company.scenario.loyalty.expected_breakage)


@quiz.mistake("january", "you took what a point costs; IFRS 15 splits by prices, so take what it is worth")
def january_at_cost(company):
    sales, points = january_sales_and_points(company)
    price = points * cost_of_a_point(company) * (1 - company.scenario.loyalty.expected_breakage)
    return sales * price / (sales + price)


@quiz.mistake("january", "you forgot the breakage: some points will never be redeemed")
def january_without_breakage(company):
    sales, points = january_sales_and_points(company)
    price = points * value_of_a_point(company)
    return sales * price / (sales + price)


@quiz.mistake("january", "you took the sales to everybody; only members get points with what they buy")
def january_of_all(company):
    sales = company.run.transactions
    all_sales = sales.loc[sales["time"].dt.month == 1, "paid"].sum()
    _, points = january_sales_and_points(company)
    price = points * value_of_a_point(company) * (1 - company.scenario.loyalty.expected_breakage)
    return float(all_sales * price / (all_sales + price))


# ---- 4: self-selection


def effect(company):
    return (net_margin(company.run) - net_margin(twin(company, NO_CARD))).dropna()


@quiz.right("naive")
def naive(company):
    margin, member = net_margin(company.run), is_member(company)
    return float(margin[member].mean() - margin[~member].mean())


@quiz.mistake("naive", "you forgot what the rewards cost")
def naive_without_cost(company):
    sales, member = company.run.transactions, is_member(company)
    margin = sales["margin"].groupby(sales["customer_id"]).sum()
    return float(margin[member].mean() - margin[~member].mean())


@quiz.mistake("naive", "this is what customers pay; asked for is margin less the cost of rewards")
def naive_revenue(company):
    sales, member = company.run.transactions, is_member(company)
    paid = sales["paid"].groupby(sales["customer_id"]).sum()
    return float(paid[member].mean() - paid[~member].mean())


@quiz.mistake("naive", "this is what members bring; subtract what the others bring")
def members_alone(company):
    return float(net_margin(company.run)[is_member(company)].mean())


@quiz.right("true_effect")
def true_effect(company):
    change = effect(company)
    return float(change[is_member(company)[change.index]].mean())


@quiz.mistake("true_effect", "this is the mean over all customers; asked for is the mean over the members")
def effect_on_all(company):
    return float(effect(company).mean())


@quiz.mistake("true_effect", "you forgot what the rewards cost")
def effect_without_cost(company):
    change = (
        company.run.transactions.groupby("customer_id")["margin"].sum()
        - twin(company, NO_CARD).transactions.groupby("customer_id")["margin"].sum()
    )
    change = change.dropna()
    return float(change[is_member(company)[change.index]].mean())


# ---- 5: who takes the rewards


def thirds(company):
    """As the notebook makes them."""
    purchases = twin(company, NO_CARD).transactions.groupby("customer_id").size()
    return pd.qcut(purchases.rank(method="first"), 3, labels=["light", "moderate", "heavy"])


@quiz.right("heavy_share")
def heavy_share(company):
    cost = company.run.transactions.groupby("customer_id")["cost_of_reward"].sum()
    by_group = cost.groupby(thirds(company), observed=True).sum()
    return float(100 * by_group["heavy"] / by_group.sum())


@quiz.mistake("heavy_share", "this is their share of the purchases; asked for is that of the cost of rewards")
def heavy_purchases(company):
    bought = company.run.transactions.groupby("customer_id").size()
    by_group = bought.groupby(thirds(company), observed=True).sum()
    return float(100 * by_group["heavy"] / by_group.sum())


@quiz.mistake("heavy_share", "this is a share; asked for is per cent")
def heavy_share_of_one(company):
    return heavy_share(company) / 100


def lift(company, group):
    now, before = (
        run.transactions.groupby("customer_id").size().groupby(thirds(company), observed=True).sum()
        for run in (company.run, twin(company, NO_CARD))
    )
    return float(100 * (now[group] / before[group] - 1))


@quiz.right("light_lift")
def light_lift(company):
    return lift(company, "light")


@quiz.mistake("light_lift", "this is the heavy third; asked for is the light one")
def heavy_lift(company):
    return lift(company, "heavy")


@quiz.mistake("light_lift", "this is a share; asked for is per cent")
def light_lift_share(company):
    return light_lift(company) / 100


@quiz.mistake("light_lift", "you divided by the purchases with the card; divide by those without it")
def light_lift_of_now(company):
    share = light_lift(company) / 100
    return 100 * share / (1 + share)


# ---- 6: rebates

REBATE = {"rebates.rate": 0.1}


def closed_rebates(company):
    rebates = twin(company, REBATE).rebates
    return rebates[rebates["deadline"] < NEW_YEAR]


@quiz.right("slippage")
def slippage(company):
    rebates = closed_rebates(company)
    return float(100 * (1 - rebates["paid"].sum() / rebates["amount"].sum()))


@quiz.mistake("slippage", "this is what was paid back; slippage is the rest")
def paid_back(company):
    return 100 - slippage(company)


@quiz.mistake("slippage", "you counted refused claims as paid")
def slippage_but_refused(company):
    rebates = closed_rebates(company)
    claimed = rebates.loc[rebates["claimed_at"].notna(), "amount"].sum()
    return float(100 * (1 - claimed / rebates["amount"].sum()))


@quiz.mistake("slippage", "this is a share; asked for is per cent")
def slippage_share(company):
    return slippage(company) / 100


def satisfaction(run):
    return run.truth.set_index("customer_id")["satisfaction"]


def refused_in_strict(company):
    strict = twin(company, REBATE | {"rebates.refusal_rate": 0.3})
    fair = twin(company, REBATE | {"rebates.refusal_rate": 0.0})
    refused = strict.rebates.loc[strict.rebates["refused"], "customer_id"].unique()
    return satisfaction(strict), satisfaction(fair), refused


@quiz.right("refusal_harm")
def refusal_harm(company):
    strict, fair, refused = refused_in_strict(company)
    return float((strict - fair)[refused].mean())


@quiz.mistake(
    "refusal_harm", "you compared them with other people; compare them with themselves in the fair world"
)
def refused_against_others(company):
    strict, _, refused = refused_in_strict(company)
    others = strict.index.difference(refused)
    return float(strict[refused].mean() - strict[others].mean())


@quiz.mistake("refusal_harm", "this is the mean over all customers; asked for are those with a refused claim")
def refusal_harm_on_all(company):
    strict, fair, _ = refused_in_strict(company)
    return float((strict - fair).mean())


# ---- 7: tiers

TIERS = {
    "privileges.silver_spend": 30.0,
    "privileges.gold_spend": 60.0,
    "privileges.period_months": 2,
    "privileges.validity_months": 2,
    "privileges.envy": 1.0,
}


def tiers_and_without(company):
    tiers = twin(company, TIERS)
    change = (satisfaction(tiers) - satisfaction(company.run)).dropna()
    touches = tiers.touchpoints
    names = {kind: touches.loc[touches["kind"] == kind, "customer_id"] for kind in ("promotion", "demotion")}
    return change, names["promotion"], names["demotion"]


@quiz.right("demotion_shock")
def demotion_shock(company):
    change, _, demoted = tiers_and_without(company)
    return float(change[change.index.isin(demoted)].mean())


@quiz.mistake(
    "demotion_shock", "you compared the demoted with other people; compare them with themselves in `run`"
)
def demoted_against_others(company):
    _, _, demoted = tiers_and_without(company)
    felt = satisfaction(twin(company, TIERS))
    return float(felt[felt.index.isin(demoted)].mean() - felt[~felt.index.isin(demoted)].mean())


@quiz.mistake("demotion_shock", "these are all who were ever promoted; asked for are the demoted")
def change_of_promoted(company):
    change, promoted, _ = tiers_and_without(company)
    return float(change[change.index.isin(promoted)].mean())


@quiz.right("envy")
def envy(company):
    change, promoted, _ = tiers_and_without(company)
    return float(change[~change.index.isin(promoted)].mean())


@quiz.mistake("envy", "this is the mean over all customers; leave out those who were ever promoted")
def change_of_all(company):
    change, _, _ = tiers_and_without(company)
    return float(change.mean())
