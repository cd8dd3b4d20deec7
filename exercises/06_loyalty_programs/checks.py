"""Questions and hints of the exercises of lesson 06."""

import numpy as np

import sim
from sim.classroom import Assignment

quiz = Assignment("06_loyalty_programs")
check, hint = quiz.check, quiz.hint

# ---- 1: what the card owes

quiz.number(
    "outstanding",
    "points",
    tolerance=5,
    hints=[
        "`run.points` is a passbook: one row a movement, above 0 when points are earned, below when they go.",
        "The balance of a passbook is the sum of its movements.",
    ],
)
quiz.number(
    "liability",
    "EUR",
    tolerance=0.5,
    hints=[
        "What does one point cost the company? `reward_cost` buys `reward_points` of them.",
        "Only the points that will be redeemed cost anything: multiply by 1 - breakage.",
    ],
)
quiz.number(
    "old_breakage",
    "share of the points of the first quarter",
    tolerance=0.003,
    hints=[
        "Points earned open a lot; every later movement of these points names the same `lot_id`.",
        "Find the lots earned before 1 April, keep all their movements, divide the sum by what was earned.",
    ],
)

# ---- 2: what the card costs

quiz.number(
    "promised",
    "% of what members pay",
    tolerance=0.05,
    hints=[
        "For 100 EUR a member gets 100 x `points_per_unit` points. How many rewards are these?",
        "Count each reward at what it costs the company, not at its price.",
    ],
)
quiz.number(
    "real",
    "% of what members pay",
    tolerance=0.05,
    hints=[
        "`transactions` has `cost_of_reward`. Divide its sum by what was `paid`.",
        "Only purchases of members count: `time` at or after the `member_since` of that customer.",
    ],
)

# ---- 3: IFRS 15

EXAMPLES = [(100_000, 10_000, 1.0, 0.05), (5_000, 20_000, 0.05, 0.2), (800, 0, 0.05, 0.2), (60, 90, 0.1, 0.0)]
"""Sales, points, value of a point and breakage; the first is Example 52 of IFRS 15."""


@quiz.judged(
    "deferral",
    hints=[
        "The stand-alone price of the points is points x value of a point x (1 - breakage).",
        "The customers paid `sales` for both together. Split it in the ratio of the two stand-alone prices.",
    ],
)
def deferral(company, function):
    for case in EXAMPLES:
        sales, points, value, breakage = case
        price = points * value * (1 - breakage)
        answer, right = function(*case), sales * price / (sales + price)
        if abs(answer - right) > 0.01:
            return f"deferral{case} gives {answer:,.2f}, which is not what IFRS 15 asks for"
    return None


quiz.number(
    "january",
    "EUR",
    tolerance=0.5,
    hints=[
        "Take January's sales to members (`paid`, from the purchase on at which they joined) and its points.",
        "A point is worth `reward_value` / `reward_points`; the breakage is `expected_breakage`.",
    ],
)

# ---- 4: self-selection

quiz.number(
    "naive",
    "EUR per customer",
    tolerance=0.1,
    hints=[
        "Add up `margin` less `cost_of_reward` by customer.",
        "The mean of the members less the mean of the others.",
    ],
)
quiz.number(
    "true_effect",
    "EUR per member",
    tolerance=0.02,
    hints=[
        "Add up `margin` less `cost_of_reward` by customer in both worlds, and subtract.",
        "Who lives in one world only becomes NaN: `dropna()`. Then take the mean over the members.",
    ],
)

# ---- 5: who takes the rewards

quiz.number(
    "heavy_share",
    "% of the cost of rewards",
    tolerance=0.2,
    hints=[
        "Add up `cost_of_reward` by customer in `run`, then by `group`.",
        "The cost of the heavy third, divided by that of the three thirds, times 100.",
    ],
)
quiz.number(
    "light_lift",
    "% more purchases of the light third",
    tolerance=0.2,
    hints=[
        "Count the purchases of the light third in both worlds.",
        "With the card / without the card - 1, times 100: of totals, not a mean of customers' ratios.",
    ],
)

# ---- 6: rebates

quiz.number(
    "slippage",
    "% of the money promised",
    tolerance=0.1,
    hints=[
        "Keep the rebates whose `deadline` is before 1 January 2026: the others may still be claimed.",
        "`paid` is what customers got back. Which share of the `amount` did they not get?",
    ],
)
quiz.number(
    "refusal_harm",
    "points of satisfaction",
    tolerance=0.005,
    hints=[
        "`truth` has the satisfaction of every customer at the end of the year.",
        "Of those refused in `strict`, subtract the satisfaction that the same people have in `fair`.",
    ],
)

# ---- 7: tiers

quiz.number(
    "demotion_shock",
    "points of satisfaction",
    tolerance=0.01,
    hints=[
        "`touchpoints` of kind `demotion` name the demoted.",
        "Their satisfaction in `tiers` less the satisfaction the same people have in `run`; then the mean.",
    ],
)
quiz.number(
    "envy",
    "points of satisfaction",
    tolerance=0.005,
    hints=[
        "Nobody who was ever promoted counts. `touchpoints` of kind `promotion` name those who were.",
        "Satisfaction in `tiers` less satisfaction in `run`, customer by customer, then the mean.",
    ],
)

# ---- 8: a better card

CARD = (
    "loyalty.points_per_unit",
    "loyalty.reward_points",
    "loyalty.endowed_points",
    "loyalty.expiry",
    "loyalty.expiry_months",
)
"""The levers that the board leaves to the designer of the card."""
LEAST_GAIN, MOST_OWED = 0.02, 0.7
OTHER_YEARS = 3


def other_seeds(company):
    """Other customers of the same kind: a good card must not be good for this year's guests only."""
    return [(company.seed + year) % 2**64 for year in range(1, OTHER_YEARS + 1)]


def profit_and_debt(scenario, seeds):
    """Profit, and the points liability at the end, summed over the seeds (EUR)."""
    kpis = [sim.simulate(scenario, seed).kpis() for seed in seeds]
    return sum(one["profit"] for one in kpis), sum(one["points_liability"] for one in kpis)


@quiz.judged(
    "card",
    hints=[
        "Give less. How much of the profit does each point per euro bring, and what does it cost?",
        "A head start (`endowed_points`) brings new members near their first reward, and costs little.",
    ],
)
def card(company, design):
    if not isinstance(design, dict) or not set(design) <= set(CARD):
        return f"the design is a dict with some of these levers: {', '.join(CARD)}"
    seeds = other_seeds(company)
    present = profit_and_debt(company.scenario, seeds)
    profit, owed = profit_and_debt(company.scenario.change(design), seeds)
    gain, debt = profit / present[0] - 1, owed / present[1]
    said = f"with other guests, profit changes by {gain:+.1%} and the debt is {debt:.0%} of the present one"
    is_good = gain >= LEAST_GAIN and debt <= MOST_OWED
    return None if is_good else f"{said}; asked for: at least {LEAST_GAIN:+.0%} and at most {MOST_OWED:.0%}"


# ---- 9: which tool for which company

TOOLS = ("points", "discounts", "rebates", "privileges")
COMPANIES = ("coffee", "grocery", "airline", "hotel")
SMALL = {
    "acquisition.opening_customers": 200,
    "acquisition.organic_leads_per_month": 4.0,
    "acquisition.paid_spend_per_month": 0.0,
    "clock.months": 12,
    "finance.gross_margin": 0.7,
    "loyalty.join_probability": 0.6,
    "loyalty.membership_to_pace": 0.0,
}
CUSTOMERS = (
    {
        "loyalty.goal_gradient": 0.8,
        "loyalty.switching_cost": 0.6,
        "loyalty.moderate_response": 1.0,
        "loyalty.heavy_response": 1.0,
        "loyalty.rival_cards": 0.0,
    },
    {
        "discounts.price_to_pace": 3.0,
        "discounts.price_to_basket": 1.5,
        "discounts.reference_weight": 0.0,
        "discounts.stocking_up": 0.0,
        "discounts.image_to_loss": 0.0,
    },
    {"rebates.prone_share": 0.6, "rebates.rebate_to_pace": 5.0},
    {"privileges.status_to_pace": 0.5, "privileges.status_to_loss": 1.0, "privileges.envy": 0.1},
)
"""Four kinds of customers, one for each company; which has which differs from student to student."""


def four_companies(company):
    """Four companies without a program, by name; their customers differ in what moves them."""
    kinds = np.random.default_rng(company.seed).permutation(len(CUSTOMERS))
    return {
        name: sim.load(name).change(SMALL | CUSTOMERS[kind]).without_program()
        for name, kind in zip(COMPANIES, kinds, strict=True)
    }


def profit_gain(company, scenario, *tools):
    """What each of these tools changes of a company's profit, % of the profit without it."""
    without = sim.simulate(scenario, company.seed).kpis()["profit"]
    with_it = {tool: sim.simulate(sim.add_program(scenario, tool), company.seed).kpis() for tool in tools}
    return {tool: float(100 * (kpis["profit"] / without - 1)) for tool, kpis in with_it.items()}


@quiz.judged(
    "plan",
    hints=[
        "`profit_gain(company, four['hotel'], *TOOLS)` tries all tools in one company.",
        "Look for the largest gain of each company. A gain below 0 is a loss.",
    ],
)
def plan(company, tools):
    if not isinstance(tools, dict) or set(tools) != set(COMPANIES):
        return f"the plan is a dict with a tool for each of {', '.join(COMPANIES)}"
    if not set(tools.values()) <= set(TOOLS):
        return f"tools are {', '.join(TOOLS)}; got {', '.join(map(repr, tools.values()))}"
    four = four_companies(company)
    gains = {name: profit_gain(company, scenario, *TOOLS) for name, scenario in four.items()}
    mean = np.mean([gains[name][tool] for name, tool in tools.items()])
    best = np.mean([max(by_tool.values()) for by_tool in gains.values()])
    if mean >= 0.9 * best:
        return None
    return f"your plan changes profit by {mean:+.1f} % on average; the best plan reaches {best:+.1f} %"
