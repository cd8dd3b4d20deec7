"""Right answers and known mistakes of the exercises of lesson 15: for instructors."""

import math

from checks import CASES_PER_HOUR, HORIZON_WEEKS, quiz, watched, weekly_rate


def loss_of(company):
    market = company.scenario.market
    return market.dropout_a / (market.dropout_a + market.dropout_b)


def expected_within(company, weeks):
    rate, loss = weekly_rate(company), loss_of(company)
    return (1 - math.exp(-rate * loss * weeks)) / loss


@quiz.right("expected")
def expected(company):
    return expected_within(company, HORIZON_WEEKS)


@quiz.mistake("expected", "this forgets that customers are lost")
def without_loss(company):
    return weekly_rate(company) * HORIZON_WEEKS


@quiz.mistake("expected", "this is for a whole lifetime, 1 / p; asked for are 26 weeks")
def lifetime(company):
    return 1 / loss_of(company)


@quiz.mistake(
    "expected", "this mixes units: the rate is per week, so 26 weeks are not to be turned into days"
)
def in_days(company):
    return expected_within(company, 7 * HORIZON_WEEKS)


@quiz.mistake("expected", "this takes the rate as purchases a day; it is per week")
def rate_per_day(company):
    return expected_within(company, HORIZON_WEEKS / 7)


@quiz.mistake("expected", "this is the share lost by then; the purchases are that divided by p")
def share_lost(company):
    return expected(company) * loss_of(company)


@quiz.mistake("expected", "this counts the first purchase as well; asked for are repeat purchases")
def with_the_first(company):
    return 1 + expected(company)


@quiz.right("naive_wait")
def naive_wait(company):
    return float(watched(company).groupby("customer")["day"].diff().mean())


@quiz.mistake(
    "naive_wait", "`diff` over the whole table also jumps from one customer to the next: group first"
)
def across_customers(company):
    return float(watched(company)["day"].diff().mean())


@quiz.mistake(
    "naive_wait", "this is the wait by the true rate; asked for is the mean of the waits in the table"
)
def true_wait(company):
    return 7 / weekly_rate(company)


@quiz.mistake("naive_wait", "this is the mean day of all purchases; a wait is the time between two purchases")
def mean_day(company):
    return float(watched(company)["day"].mean())


@quiz.right("mean_basket")
def mean_basket(company):
    market = company.scenario.market
    return market.spend_shape * market.spend_scale / (market.spend_heterogeneity - 1)


@quiz.mistake("mean_basket", "q instead of q - 1: the mean of 1/x is not 1 over the mean of x")
def q_for_q_minus_one(company):
    market = company.scenario.market
    return market.spend_shape * market.spend_scale / market.spend_heterogeneity


@quiz.mistake("mean_basket", "p is missing: a basket is a gamma variate of shape p")
def without_shape(company):
    market = company.scenario.market
    return market.spend_scale / (market.spend_heterogeneity - 1)


@quiz.right("long_run_wait")
def long_run_wait(company):
    minutes = company.scenario.service.handling_minutes
    load = CASES_PER_HOUR / 60 * minutes
    return load * minutes / (1 - load)


@quiz.mistake("long_run_wait", "this is wait and work together; asked for is the wait")
def time_at_the_desk(company):
    return long_run_wait(company) + company.scenario.service.handling_minutes


@quiz.mistake(
    "long_run_wait",
    "this is the mean number of cases that wait; asked for are minutes (Little: divide by the rate)",
)
def cases_waiting(company):
    return long_run_wait(company) * CASES_PER_HOUR / 60


@quiz.mistake("long_run_wait", "this is in hours; asked for are minutes")
def in_hours(company):
    return long_run_wait(company) / 60


@quiz.mistake("long_run_wait", "this is for constant times of work; here they are exponential")
def constant_work(company):
    return long_run_wait(company) / 2
