"""Right answers and known mistakes of the exercises of lesson 03: for instructors."""

from functools import lru_cache

import pandas as pd
from checks import quiz

PER_CENT = "this is in per cent; asked for is a share between 0 and 1"
PER_MONTH = "these are the costs of one month; asked for is the whole year"


@lru_cache(maxsize=8)
def year_with(company, lever, value):
    """KPIs of the year with one lever moved: several answers of one student ask for the same."""
    return company.simulate({lever: value}).kpis()


@lru_cache(maxsize=2)
def seven_warnings(company):
    """How well the warnings warned, made once a student."""
    return company.run.warnings()


# 3.1 Who comes back?


def orders(company):
    """Number of orders by customer."""
    return company.run.transactions.groupby("customer_id").size()


@quiz.right("regular_share")
def regular_share(company):
    return float((orders(company) >= 5).mean())


@quiz.mistake("regular_share", "this is the share of customers with more than five orders; five count, too")
def more_than_five(company):
    return float((orders(company) > 5).mean())


@quiz.mistake("regular_share", "this is the share of orders; asked for is the share of customers")
def share_of_orders(company):
    count = orders(company)
    return float(count[count >= 5].sum() / count.sum())


@quiz.mistake("regular_share", "this is the share of customers who ordered again at all")
def ordered_again(company):
    return float((orders(company) > 1).mean())


@quiz.mistake("regular_share", PER_CENT)
def regular_per_cent(company):
    return 100 * regular_share(company)


def gaps(company):
    """Days between two orders of one customer."""
    return company.run.transactions.groupby("customer_id")["time"].diff().dropna() / pd.Timedelta(days=1)


@quiz.right("days_between")
def days_between(company):
    return float(gaps(company).mean())


@quiz.mistake("days_between", "this is the median; asked for is the mean")
def median_gap(company):
    return float(gaps(company).median())


@quiz.mistake("days_between", "these are hours; asked for are days")
def gap_in_hours(company):
    return 24 * days_between(company)


@quiz.mistake("days_between", "these are the gaps between orders of different customers: group by customer")
def gap_between_any(company):
    return float((company.run.transactions["time"].diff().dropna() / pd.Timedelta(days=1)).mean())


@quiz.mistake("days_between", "this is the mean of the customers' means; asked for is the mean of all gaps")
def mean_of_means(company):
    return float(gaps(company).groupby(company.run.transactions["customer_id"]).mean().mean())


@quiz.right("repeat_revenue")
def repeat_revenue(company):
    sales = company.run.transactions
    return float(sales.loc[sales.duplicated("customer_id"), "paid"].sum() / sales["paid"].sum())


@quiz.mistake("repeat_revenue", "this is the share of orders; asked for is the share of revenue")
def repeat_orders(company):
    return float(company.run.transactions.duplicated("customer_id").mean())


@quiz.mistake("repeat_revenue", "this is all revenue of those who ordered again, their first orders included")
def revenue_of_repeaters(company):
    sales = company.run.transactions
    return float(sales.loc[sales.duplicated("customer_id", keep=False), "paid"].sum() / sales["paid"].sum())


@quiz.mistake("repeat_revenue", PER_CENT)
def repeat_per_cent(company):
    return 100 * repeat_revenue(company)


# 3.2 The retention rate

BEGIN, END = pd.Timestamp("2025-03-01"), pd.Timestamp("2025-06-01")


def quarter(company):
    """Customers at the start, at the end, those at the end who are new, all who were won."""
    people = company.run.customers.merge(company.run.truth[["customer_id", "churned_at"]], on="customer_id")
    start, end = (
        (people["acquired_at"] < moment) & ~(people["churned_at"] < moment) for moment in (BEGIN, END)
    )
    won = people["acquired_at"].between(BEGIN, END, inclusive="left")
    return start.sum(), end.sum(), (end & won).sum(), won.sum()


@quiz.right("quarter_rate")
def quarter_rate(company):
    start, end, acquired, _ = quarter(company)
    return float((end - acquired) / start)


@quiz.mistake("quarter_rate", "this counts new customers as retained: take those won in the quarter off")
def new_counted(company):
    start, end, _, _ = quarter(company)
    return float(end / start)


@quiz.mistake(
    "quarter_rate", "this takes off new customers who were lost again and are not at the end any more"
)
def all_won_taken_off(company):
    start, end, _, won = quarter(company)
    return float((end - won) / start)


@quiz.mistake("quarter_rate", "this divides by the customers at the end; divide by those at the start")
def by_the_end(company):
    _, end, acquired, _ = quarter(company)
    return float((end - acquired) / end)


@quiz.mistake("quarter_rate", "this is the churn rate; retention is 1 less it")
def churn(company):
    return 1 - quarter_rate(company)


@quiz.mistake("quarter_rate", PER_CENT)
def quarter_per_cent(company):
    return 100 * quarter_rate(company)


@quiz.right("year_rate")
def year_rate(company):
    return quarter_rate(company) ** 4


@quiz.mistake(
    "year_rate", "this is the mean of the quarters; each quarter acts on those whom the last one left"
)
def mean_of_quarters(company):
    return quarter_rate(company)


@quiz.mistake("year_rate", "this takes the same loss off four times; it falls as fewer are left to lose")
def churn_times_four(company):
    return 1 - 4 * (1 - quarter_rate(company))


@quiz.mistake("year_rate", "this is three quarters; a year has four")
def three_quarters(company):
    return quarter_rate(company) ** 3


# 3.3 Who forgives?


@lru_cache(maxsize=2)
def lived(company):
    """Orders with their number in the customer's life and whether the customer was lost at it."""
    run = company.run
    lives = run.episodes.merge(run.truth[["customer_id", "churned_at"]], on="customer_id").sort_values("time")
    lives["number"] = lives.groupby("customer_id").cumcount() + 1
    lives["lost"] = lives["churned_at"] == lives["time"]
    return lives


def lost_after(company, first, last, least_failures=1):
    """Share of orders of these numbers, with so many failures, after which the customer was lost."""
    lives = lived(company)
    meant = lives["number"].between(first, last) & (lives["failures"] >= least_failures)
    return float(lives.loc[meant, "lost"].mean())


@quiz.right("newcomer_loss")
def newcomer_loss(company):
    return lost_after(company, 2, 4)


@quiz.mistake("newcomer_loss", "these are all orders 2 to 4; asked for are those in which something failed")
def newcomer_any_order(company):
    return lost_after(company, 2, 4, least_failures=0)


@quiz.mistake("newcomer_loss", "this holds first orders, too, at which nobody is lost in this model")
def with_first_orders(company):
    return lost_after(company, 1, 4)


@quiz.mistake(
    "newcomer_loss", "this is the share of the lost whose last order failed; turn the fraction round"
)
def failed_among_lost(company):
    lives = lived(company)
    return float((lives.loc[lives["lost"] & lives["number"].between(2, 4), "failures"] > 0).mean())


@quiz.mistake("newcomer_loss", PER_CENT)
def newcomer_per_cent(company):
    return 100 * newcomer_loss(company)


@quiz.right("regular_loss")
def regular_loss(company):
    return lost_after(company, 10, float("inf"))


@quiz.mistake(
    "regular_loss", "these are all orders from the tenth on; asked for are those in which something failed"
)
def regular_any_order(company):
    return lost_after(company, 10, float("inf"), least_failures=0)


@quiz.mistake("regular_loss", PER_CENT)
def regular_loss_per_cent(company):
    return 100 * regular_loss(company)


@quiz.right("failures_cost")
def failures_cost(company):
    return more(company, year_with(company, "experience.failure_rate", 0.0), "clv")


@quiz.mistake(
    "failures_cost", "the sign is wrong: failures cost, so the twin without them has the higher CLV"
)
def wrong_sign(company):
    return -failures_cost(company)


@quiz.mistake("failures_cost", "this is a share of CLV; asked for are EUR per customer")
def as_share(company):
    return failures_cost(company) / float(company.run.kpis()["clv"])


# 3.4 Seven warnings


@quiz.right("best_warning")
def best_warning(company):
    warnings = seven_warnings(company)
    return str(warnings.loc[warnings["fired"] >= 100, "precision"].idxmax())


@quiz.mistake("best_warning", "it fired less than 100 times: a high precision of a few is luck")
def rare_warning(company):
    return str(seven_warnings(company)["precision"].idxmax())


@quiz.mistake("best_warning", "it fires most often; asked for is the one that is right most often")
def commonest_warning(company):
    return str(seven_warnings(company)["fired"].idxmax())


def fired(company, warning):
    """How often a warning fired, and its precision."""
    return seven_warnings(company).loc[warning, ["fired", "precision"]]


@quiz.right("false_alarms")
def false_alarms(company):
    times, precision = fired(company, "falling RFM")
    return float(round(times * (1 - precision)))


@quiz.mistake("false_alarms", "these are the right alarms; asked for are the false ones")
def right_alarms(company):
    times, precision = fired(company, "falling RFM")
    return float(round(times * precision))


@quiz.mistake("false_alarms", "these are only the alarms after the loss; others are false, too")
def too_late(company):
    warning = seven_warnings(company).loc["falling RFM"]
    return float(round(warning["fired"] * warning["already_lost"]))


@quiz.right("cost_per_hit")
def cost_per_hit(company):
    return float(3 / fired(company, "complaint")["precision"])


@quiz.mistake("cost_per_hit", "this multiplies; a low precision makes a right alarm dear, not cheap")
def times_precision(company):
    return float(3 * fired(company, "complaint")["precision"])


@quiz.mistake("cost_per_hit", "this divides by the share of false alarms; divide by the share of right ones")
def by_false_alarms(company):
    return float(3 / (1 - fired(company, "complaint")["precision"]))


@quiz.mistake("cost_per_hit", "these are the costs of all calls; asked for is one right alarm")
def all_calls(company):
    return float(3 * fired(company, "complaint")["fired"])


# 3.5 To win or to keep?


def win(company):
    """The year with twice the leaflets."""
    return year_with(company, "acquisition.deal_spend_per_month", 600.0)


def keep(company):
    """The year with half the failures."""
    return company.simulate(
        {"experience.failure_rate": company.scenario["experience.failure_rate"] / 2}
    ).kpis()


def more(company, kpis, name="active_customers"):
    """By how much this year's KPI is above that of the company as it is."""
    return float(kpis[name] - company.run.kpis()[name])


@quiz.right("cost_won")
def cost_won(company):
    return 3600 / more(company, win(company))


@quiz.mistake("cost_won", PER_MONTH)
def won_in_a_month(company):
    return 300 / more(company, win(company))


@quiz.mistake(
    "cost_won", "this divides by all who were won, of whom some were lost again before the end of the year"
)
def per_new_customer(company):
    return 3600 / more(company, win(company), "new_customers")


@quiz.mistake("cost_won", "this is the average CAC; asked for is what one customer more costs")
def average_cac(company):
    return float(win(company)["cac"])


@quiz.mistake("cost_won", "this counts all leaflets; only 300 EUR a month are additional")
def all_leaflets(company):
    return 7200 / more(company, win(company))


@quiz.right("cost_kept")
def cost_kept(company):
    return 1800 / more(company, keep(company))


@quiz.mistake("cost_kept", PER_MONTH)
def kept_in_a_month(company):
    return 150 / more(company, keep(company))


@quiz.mistake("cost_kept", "this divides by all customers; asked for are those whom the training keeps")
def per_customer(company):
    return 1800 / float(keep(company)["active_customers"])


@quiz.right("profit_gap")
def profit_gap(company):
    return float(keep(company)["profit"] - 1800 - win(company)["profit"])


@quiz.mistake("profit_gap", "the training is not booked in the profit: take twelve months of it off")
def training_forgotten(company):
    return profit_gap(company) + 1800


@quiz.mistake("profit_gap", "only one month of training is taken off; it is paid for twelve")
def one_month_of_training(company):
    return profit_gap(company) + 1800 - 150


@quiz.mistake("profit_gap", "the leaflets are booked in the profit already: they are taken off twice")
def leaflets_twice(company):
    return profit_gap(company) + 3600


@quiz.mistake("profit_gap", "the sign is wrong: asked for is keep less win")
def gap_the_wrong_way(company):
    return -profit_gap(company)
