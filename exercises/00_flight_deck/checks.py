"""Questions and hints of the exercises of lesson 00."""

from sim.classroom import Assignment

quiz = Assignment("00_flight_deck")
check, hint = quiz.check, quiz.hint

quiz.number(
    "profit",
    "EUR in all months together",
    tolerance=0.5,
    hints=["`run.months` has one row a month. Which of its columns is what is left after all costs?"],
)
quiz.number(
    "profit_share",
    "profit in per cent of revenue",
    tolerance=0.05,
    hints=["Add up both columns first. Then divide, and take it times 100."],
)
quiz.number(
    "nps",
    "promoters less detractors, in per cent of all answers",
    tolerance=0.05,
    hints=[
        "`run.surveys` holds the answers to two questions. Keep the rows whose `kind` is `nps`.",
        "Promoters answer 9 or 10, detractors 0 to 6. The passives (7 and 8) count as answers.",
    ],
)
quiz.number(
    "csat",
    "satisfied customers in per cent of all answers",
    tolerance=0.05,
    hints=["Satisfied is who answers 4 or 5 on the scale from 1 to 5. It is not the mean score."],
)
quiz.number(
    "churn",
    "share of customers lost in a month, the mean of the months",
    tolerance=0.0002,
    hints=[
        "`run.months` has it as a column. The first month has none: nobody was there before. `mean` knows."
    ],
)
quiz.number(
    "lost_in_a_year",
    "share of customers lost within twelve months",
    tolerance=0.002,
    hints=[
        "Who is lost in January cannot be lost again in February: do not add the months up.",
        "First ask who stays: (1 - churn) each month, twelve times.",
    ],
)
quiz.number(
    "effect",
    "EUR of CLV per customer",
    tolerance=0.005,
    hints=[
        "`company.simulate({...})` is your company with one lever changed: same customers, same luck.",
        "`kpis()['clv']` of both. Which less which? A gain is positive.",
    ],
)
quiz.number(
    "standard_error",
    "EUR",
    tolerance=0.005,
    hints=[
        "`run.clv` is a Series: one value a customer. Subtract the two Series customer by customer.",
        "The error of a mean is the standard deviation divided by the root of n: pandas calls it `sem`.",
    ],
)
quiz.number(
    "seeming",
    "EUR of CLV per customer",
    tolerance=0.01,
    hints=[
        "A member has a date in `member_since` of `run.customers`.",
        "The mean CLV of members less the mean CLV of all others.",
    ],
)
quiz.number(
    "true_effect",
    "EUR of CLV per member",
    tolerance=0.01,
    hints=[
        "Compare each member with the same person in the company without points.",
        "Subtract `without.clv` from `run.clv`, then keep the members, then take the mean.",
    ],
)


@quiz.judged(
    "points", ["Try 0, a half, one, two ... and draw the curve.", "A `for` loop over the values helps."]
)
def points(company, points_per_unit):
    present = company.scenario.loyalty.points_per_unit
    earned = _profit(company, {"loyalty.points_per_unit": points_per_unit})
    for name, other in {"no points": 0, "the present card": present, "twice the points": 2 * present}.items():
        gain = earned - _profit(company, {"loyalty.points_per_unit": other})
        if gain < -0.005:
            return f"your card earns {-gain:,.0f} EUR less than {name}"
    return None


OPEN_TO_THE_BOARD = (
    "loyalty.points_per_unit",
    "loyalty.endowed_points",
    "experience.delight_rate",
    "extension.offers_share",
    "acquisition.paid_spend_per_month",
    "retention.service_quality",
)
BEST_SERVICE = 8.8  # what a year of training can reach
CLV_GOAL = 0.015


@quiz.judged(
    "plan",
    [
        "Which of these decisions change who comes, and which change what a customer does?",
        "Change one decision at a time, and look at CLV and profit of each. Then combine the best.",
    ],
)
def plan(company, changes):
    wrong = _not_a_plan(changes)
    if wrong:
        return wrong
    flown, present = company.simulate(changes), company.run
    clv = flown.kpis()["clv"] / present.kpis()["clv"] - 1
    profit = flown.months["profit"].sum() - present.months["profit"].sum()
    if clv < CLV_GOAL:
        return f"CLV changes by {clv:+.1%}; the board wants {CLV_GOAL:+.1%} at least"
    if profit < 0:
        return f"CLV changes by {clv:+.1%}, but profit by {profit:,.0f} EUR: it must not fall"
    return None


def _profit(company, changes):
    return company.simulate(changes).months["profit"].sum()


def _not_a_plan(changes):
    if not isinstance(changes, dict) or not 1 <= len(changes) <= 3:
        return 'write one to three decisions as {"lever": value}'
    closed = [lever for lever in changes if lever not in OPEN_TO_THE_BOARD]
    if closed:
        return f"{closed[0]} is not among {', '.join(OPEN_TO_THE_BOARD)}"
    if changes.get("retention.service_quality", 0) > BEST_SERVICE:
        return f"service quality can reach {BEST_SERVICE} within the year, not more"
    return None
