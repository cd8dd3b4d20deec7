"""Questions and hints of the exercises of lesson 03, and what they are judged by."""

import pandas as pd

from sim.classroom import Assignment

quiz = Assignment("03_retention")
check, hint = quiz.check, quiz.hint

# 3.1 Who comes back?

quiz.number(
    "regular_share",
    "share of customers, from 0 to 1",
    tolerance=0.002,
    hints=[
        "How many orders has each customer? `groupby` and `size` count them.",
        "Five counts, too: `>= 5`.",
    ],
)
quiz.number(
    "days_between",
    "mean days between two orders of one customer",
    tolerance=0.1,
    hints=[
        "`groupby('customer_id')['time'].diff()` gives the gap before each order; a first order has none.",
        "The mean of a column of time differences is one, too: `.total_seconds() / 86_400` makes days of it.",
    ],
)
quiz.number(
    "repeat_revenue",
    "share of revenue, from 0 to 1",
    tolerance=0.0005,
    hints=[
        "Orders are sorted by time: `duplicated('customer_id')` is False for the first of each customer.",
        "Divide the sum of `paid` over repeat orders by the sum over all orders.",
    ],
)

# 3.2 The retention rate

KNOWN_RATES = {(1000, 1050, 200): 0.85, (100, 100, 0): 1.0, (100, 40, 40): 0.0, (400, 500, 200): 0.75}
"""Retention by customers at the start, at the end, and those at the end who were won in between."""


@quiz.judged(
    "retention_rate",
    hints=[
        "Of 1,000 customers at the start, how many are among the 1,050 at the end, if 200 of these are new?",
        "Divide by the customers at the start: they are the ones who can be retained.",
    ],
)
def retention_rate(company, function):
    """Tries the student's function with rates that are known."""
    for (start, end, acquired), right in KNOWN_RATES.items():
        found = function(start, end, acquired)
        if found is None:
            return "your function returns nothing yet"
        if abs(found - right) > 1e-9:
            return f"with {start} at the start, {end} at the end, {acquired} of them new it gives {found:.4g}"
    return None


quiz.number(
    "quarter_rate",
    "share of customers, from 0 to 1",
    tolerance=0.0005,
    hints=[
        "At `begin`: `(acquired_at < begin) & ~(churned_at < begin)`. A `NaT` is never smaller.",
        "New customers who were lost again before `end` are not at the end: leave them out.",
    ],
)
quiz.number(
    "year_rate",
    "share of customers, from 0 to 1",
    tolerance=0.0005,
    hints=[
        "After two quarters the rate of those who stayed the first counts for those who are left.",
        "Multiply.",
    ],
)

# 3.3 Who forgives?

ORDER_HINTS = [
    "Merge `run.episodes` with `churned_at`; `groupby('customer_id').cumcount() + 1` numbers the orders.",
    "The customer was lost at an order if `churned_at` equals its `time`. Keep the failed orders only.",
]
quiz.number("newcomer_loss", "share of orders, from 0 to 1", tolerance=0.002, hints=ORDER_HINTS)
quiz.number("regular_loss", "share of orders, from 0 to 1", tolerance=0.001, hints=ORDER_HINTS)
quiz.number(
    "failures_cost",
    "EUR per customer",
    tolerance=0.05,
    hints=[
        "Both companies have a mean CLV. Which of the two is higher?",
        "Take the difference, not the ratio.",
    ],
)

# 3.4 Seven warnings

WARNINGS = (
    "falling RFM",
    "log-in problems",
    "no response to an offer",
    "lower survey answer",
    "complaint",
    "many questions",
    "cancelled",
)
quiz.choice(
    "best_warning",
    WARNINGS,
    hints=["Keep the rows with `fired >= 100`.", "`idxmax` of the column `precision` is the name."],
)
quiz.number(
    "false_alarms",
    "number of false alarms",
    tolerance=0.5,
    hints=["Precision is the share of right alarms.", "fired x (1 - precision)"],
)
quiz.number(
    "cost_per_hit",
    "EUR per right alarm",
    tolerance=0.05,
    hints=["With a precision of 0.25, how many calls does one right alarm need?", "3 / precision"],
)

# 3.5 To win or to keep?

quiz.number(
    "cost_won",
    "EUR per additional customer at the end of the year",
    tolerance=0.3,
    hints=[
        "Let the company live with 600 EUR of leaflets a month and compare `active_customers`.",
        "The leaflets cost 300 EUR more a month, twelve times.",
    ],
)
quiz.number(
    "cost_kept",
    "EUR per additional customer at the end of the year",
    tolerance=0.3,
    hints=[
        "Let the company live with half the failure rate and compare `active_customers`.",
        "The training costs 150 EUR a month, twelve times.",
    ],
)
quiz.number(
    "profit_gap",
    "EUR in the year",
    tolerance=5,
    hints=[
        "The leaflets are booked already, the training is not.",
        "Twelve months of training come off `keep`.",
    ],
)

# 3.6 Whom to save?

MONTHS_PASSED = 8
MOST_LOST, LEAST_TIMES_AVERAGE = 0.18, 2.0


def weeks_on_record(company):
    """The weekly panel of a company, up to the day of the decision."""
    panel = company.run.panel()
    return panel[panel["week"] <= company.run.month_starts[MONTHS_PASSED]]


@quiz.judged(
    "choose",
    hints=[
        "Who ordered within the last few weeks is probably still there: look at `recency_days`.",
        "Among these, who has paid most (`monetary`)? `nlargest` takes the top of a table by a column.",
    ],
)
def choose(company, function):
    """Judges the customers that the student's function chooses, by what happened to them without any care."""
    weeks = weeks_on_record(company)
    known = weeks.loc[weeks["week"] == weeks["week"].max(), "customer_id"]
    chosen = function(weeks.copy())
    if chosen is None:
        return "your function returns nothing yet"
    if isinstance(chosen, pd.DataFrame):
        return "return the column customer_id, not the whole table"
    chosen = pd.Index(chosen)
    if not chosen.isin(known).all():
        return "what you return are not all a customer_id of the last week"
    if len(chosen) != len(known) // 10 or chosen.has_duplicates:
        return f"choose {len(known) // 10} different customers; got {chosen.nunique()}"
    return _fate(company, chosen, known)


def _fate(company, chosen, known):
    day = company.run.month_starts[MONTHS_PASSED]
    was_lost = (company.run.truth.set_index("customer_id")["churned_at"] < day)[chosen].mean()
    if was_lost > MOST_LOST:
        return f"{was_lost:.1%} of those you chose were already lost; at most {MOST_LOST:.0%} may be"
    later = company.run.transactions[company.run.transactions["time"] >= day]
    margin = later.groupby("customer_id")["margin"].sum().reindex(known, fill_value=0)
    times = margin[chosen].mean() / margin.mean()
    if times < LEAST_TIMES_AVERAGE:
        return f"they went on to bring {times:.2f} times the average; wanted: {LEAST_TIMES_AVERAGE:g} times"
    return None


# 3.7 Five strategies, one budget

PARTS, EUR_PER_PART = 5, 100
BOUGHT = {
    "service": ("service.resolution", 0.04),
    "loyalty": ("loyalty.points_per_unit", 0.25),
    "personalisation": ("extension.relevance", 0.1),
    "communication": ("extension.offers_share", 0.1),
}
"""By strategy, the lever that a part moves, and how far; quality removes a fifth of the failures."""

FEWER_FAILURES = 0.8
TIMES_EVERYTHING, SHARE_EARNED = 1.25, 0.5
A_LITTLE_OF_EVERYTHING = dict.fromkeys((*BOUGHT, "quality"), 1)


def levers_of(company, plan):
    """The levers of a plan, which says how many parts each strategy gets."""
    scenario = company.scenario
    levers = {lever: scenario[lever] + plan.get(name, 0) * step for name, (lever, step) in BOUGHT.items()}
    failures = scenario["experience.failure_rate"] * FEWER_FAILURES ** plan.get("quality", 0)
    return {
        lever: round(value, 6) for lever, value in (levers | {"experience.failure_rate": failures}).items()
    }


@quiz.judged(
    "plan",
    hints=[
        "Give all five parts to one strategy, for each strategy, and compare `active_customers`.",
        "Two strategies keep most. The second part of one keeps less than its first: combine them.",
    ],
)
def plan(company, parts):
    """Judges a plan by the year it brings, against a little of everything and against no plan."""
    wrong = _impossible(parts)
    if wrong:
        return wrong
    now, everything, planned = (
        company.simulate(levers_of(company, one)).kpis() for one in ({}, A_LITTLE_OF_EVERYTHING, parts)
    )
    kept, wanted = (one["active_customers"] - now["active_customers"] for one in (planned, everything))
    if kept < TIMES_EVERYTHING * wanted:
        return (
            f"it keeps {kept:.0f} more; wanted: {TIMES_EVERYTHING:g} times the {wanted:.0f} of one part each"
        )
    earned, wanted = planned["profit"] - now["profit"], SHARE_EARNED * 12 * PARTS * EUR_PER_PART
    return None if earned >= wanted else f"it earns back {earned:,.0f} EUR in the year; wanted: {wanted:,.0f}"


def _impossible(parts):
    if not isinstance(parts, dict) or not parts.keys() <= A_LITTLE_OF_EVERYTHING.keys():
        return f"a plan says how many parts each of these gets: {', '.join(A_LITTLE_OF_EVERYTHING)}"
    if any(not isinstance(one, int) or one < 0 for one in parts.values()) or sum(parts.values()) != PARTS:
        return f"spend exactly {PARTS} whole parts; the plan is {parts}"
    return None
