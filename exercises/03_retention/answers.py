"""Right answers and known mistakes of the exercises of lesson 03: for instructors."""

from checks import quiz


@quiz.right("repeat_rate")
def repeat_rate(company):
    return float((company.run.transactions.groupby("customer_id").size() > 1).mean())


@quiz.mistake("repeat_rate", "this is the share of purchases; asked for is the share of customers")
def share_of_purchases(company):
    sales = company.run.transactions
    return float(sales.duplicated("customer_id").mean())


@quiz.mistake("repeat_rate", "this is in per cent; asked for is a share between 0 and 1")
def in_per_cent(company):
    return 100 * repeat_rate(company)
