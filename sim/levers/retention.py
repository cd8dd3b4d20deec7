"""What customers experience: quality, episodes, the product, its making, surveys."""

from sim.levers.declare import Section, lever


class Retention(Section):
    """What customers experience and what it does to them. Experience and satisfaction run from 0 to 10."""

    service_quality: float = lever(
        8.3, "Service quality", "points of 10", (0, 10),
        "Mean experience of a purchase.", cell="retention / value creation",
        source="above the market's standard, so that after losses, which weigh more, the average customer of "
        "the bundled shops is as satisfied as the market's standard: design choice", step=0.1,
    )  # fmt: skip
    quality_cost: float = lever(
        0.02, "Cost of quality", "share of sales per point", (0, 1),
        "What each point of service quality above the market's standard costs, or saves below it.",
        step=0.005,
    )  # fmt: skip
    market_standard: float = lever(
        8.1, "Market standard", "points of 10", (0, 10),
        "Satisfaction customers find elsewhere: at this level it neither holds nor drives away.",
        source="set so that the retail scenario's NPS is near 28: XM Institute 2023", step=0.1,
    )  # fmt: skip
    leniency_sd: float = lever(
        1.0, "Differences between customers", "points of 10", (0, 5),
        "Standard deviation between customers in how they judge the same service.", step=0.1,
    )  # fmt: skip
    experience_sd: float = lever(
        1.5, "Differences between visits", "points of 10", (0, 5),
        "Standard deviation between one customer's visits.", step=0.1,
    )  # fmt: skip
    anchor_purchases: float = lever(
        2.0, "Weight of the past", "purchases", (0, 100),
        "The first impression counts as this many purchases; the k-th moves satisfaction by 1 / (this + k).",
        source="anchoring and adjustment: Bolton 1998; the value is a design choice", step=0.5,
    )  # fmt: skip
    satisfaction_to_loss: float = lever(
        0.4, "Satisfaction holds", "log-odds per point", (0, 5),
        "How much each point of satisfaction above the market's standard lowers the log-odds of loss.",
        source="positive but weak, r about .10: Kumar et al. 2013; Otto et al. 2020; tuned to it",
        strength=True, step=0.05,
    )  # fmt: skip
    satisfaction_to_pace: float = lever(
        0.05, "Satisfaction speeds", "log rate per point", (0, 1),
        "How much each point of satisfaction above the market's standard raises the log purchase rate.",
        source="positive but weak, r about .10: Kumar et al. 2013; Otto et al. 2020; tuned to it",
        strength=True, step=0.01,
    )  # fmt: skip


class Experience(Section):
    """One purchase as an episode: attributes that can fail, tolerance, delight, trust, commitment."""

    attributes: int = lever(
        6, "Attributes", "per purchase", (1, 12),
        "Things that can go right or wrong at a purchase, such as the six of a pizza order: right toppings, "
        "on time, well packed, warm, fair price, tastes good.", step=1,
    )  # fmt: skip
    failure_rate: float = lever(
        0.0, "Failures", "share of attributes", (0, 1),
        "Chance that one attribute fails, when the product is what the market expects.",
        strength=True, cell="retention / value creation", step=0.005,
    )  # fmt: skip
    failure_pain: float = lever(
        1.5, "Pain of a failure", "points of 10", (0, 10),
        "How much worse a purchase feels per failure beyond what the customer tolerates.", step=0.1,
    )  # fmt: skip
    breach_to_loss: float = lever(
        0.7, "Failures drive away", "log-odds per failure", (0, 5),
        "How much each failure beyond tolerance raises the log-odds of loss at that purchase.",
        source="flat inside the zone of tolerance, steep outside: Zeithaml, Berry & Parasuraman 1993; "
        "the value is a design choice", strength=True, step=0.05,
    )  # fmt: skip
    tolerance_most: float = lever(
        1.5, "Tolerance of regulars", "failures", (0, 6),
        "Failures that a customer of long standing and full trust tolerates; a new one tolerates none.",
        source="zone of tolerance differs by customer: Zeithaml, Berry & Parasuraman 1993", step=0.1,
    )  # fmt: skip
    tolerance_purchases: float = lever(
        5.0, "Growth of tolerance", "purchases", (0.1, 100),
        "After this many purchases tolerance has grown to 63 % of what trust allows.", step=0.5,
    )  # fmt: skip
    delight_rate: float = lever(
        0.0, "Delight", "share of purchases", (0, 1),
        "Chance that a purchase exceeds expectations, when the product is what the market expects.",
        strength=True, cell="retention / marketing orientation", step=0.01,
    )  # fmt: skip
    delight_gain: float = lever(
        1.5, "Gain of a delight", "points of 10", (0, 10),
        "How much better a delightful purchase feels, beyond what delight the customer has come to expect.",
        step=0.1,
    )  # fmt: skip
    delight_cost: float = lever(
        0.5, "Cost of a delight", "currency", (0, 1e5),
        "What delighting a customer once costs the company.",
        cell="retention / marketing orientation", step=0.1,
    )  # fmt: skip
    expectation_creep: float = lever(
        0.15, "Delight becomes normal", "share per purchase", (0, 1),
        "How fast expected delight follows experienced delight.", strength=True, step=0.05,
    )  # fmt: skip
    loss_aversion: float = lever(
        0.5, "Losses weigh more", "extra weight", (0, 5),
        "How much more a purchase that disappoints moves satisfaction than one that pleases as much.",
        source="losses weigh more than gains: Bolton 1998; the value is a design choice",
        strength=True, step=0.1,
    )  # fmt: skip
    trust_gain: float = lever(
        0.05, "Kept promises build trust", "share per purchase", (0, 1),
        "How far a purchase without failure brings trust towards 1.", step=0.01,
    )  # fmt: skip
    trust_loss: float = lever(
        0.3, "Broken promises destroy it", "share per failure", (0, 1),
        "Share of trust lost per failure beyond tolerance.", step=0.05,
    )  # fmt: skip
    commitment_speed: float = lever(
        0.1, "Commitment follows", "share per purchase", (0, 1),
        "How fast commitment follows sustained satisfaction and products held.", step=0.05,
    )  # fmt: skip
    commitment_to_loss: float = lever(
        0.5, "Commitment holds", "log-odds", (0, 5),
        "How much full commitment, against the average of one half, lowers the log-odds of loss; twice that "
        "against none.", strength=True, step=0.1,
    )  # fmt: skip


class Product(Section):
    """The five product levels: what the company spends on each, where 1 is what the market expects."""

    core: float = lever(
        1.0, "Core product", "of the market's norm", (0, 2),
        "Spending on the benefit itself.", cell="retention / marketing orientation", step=0.05,
    )  # fmt: skip
    basic: float = lever(
        1.0, "Basic product", "of the market's norm", (0, 2),
        "Spending on what makes the product usable at all: missing it fails.",
        cell="retention / marketing orientation", step=0.05,
    )  # fmt: skip
    expected: float = lever(
        1.0, "Expected product", "of the market's norm", (0, 2),
        "Spending on what customers take for granted: missing it fails, more of it is hardly noticed.",
        cell="retention / marketing orientation", step=0.05,
    )  # fmt: skip
    augmented: float = lever(
        1.0, "Augmented product", "of the market's norm", (0, 2),
        "Spending on what nobody expected: it delights.", cell="retention / marketing orientation", step=0.05,
    )  # fmt: skip
    potential: float = lever(
        1.0, "Potential product", "of the market's norm", (0, 2),
        "Spending on what the product may become: novelty keeps delight from becoming normal.",
        cell="retention / innovative IT", step=0.05,
    )  # fmt: skip
    level_cost: float = lever(
        0.03, "Cost of a level", "share of sales", (0, 1),
        "What doubling the spending on one level costs.", step=0.005,
    )  # fmt: skip
    core_effect: float = lever(
        0.5, "Core improves", "points of 10", (0, 5),
        "How much doubling the core spending improves every purchase.", strength=True, step=0.1,
    )  # fmt: skip
    expected_effect: float = lever(
        1.5, "Missing things fail", "log-odds", (0, 5),
        "How much going without basic or expected spending raises the log-odds of each failure; doubling it "
        "lowers them by a fifth as much.",
        source="asymmetric: missing must-be attributes hurt, Kano et al. 1984; the value is a design choice",
        strength=True, step=0.1,
    )  # fmt: skip
    augmented_effect: float = lever(
        1.0, "Extras delight", "log-odds", (0, 5),
        "How much doubling the augmented spending raises the log-odds of delight.",
        source="asymmetric: attractive attributes delight, Kano et al. 1984; the value is a design choice",
        strength=True, step=0.1,
    )  # fmt: skip
    potential_effect: float = lever(
        1.0, "Novelty keeps delight fresh", "log rate", (0, 5),
        "How much doubling the potential spending lowers the log speed at which delight becomes normal.",
        strength=True, step=0.1,
    )  # fmt: skip


class Fulfilment(Section):
    """A kitchen, a workshop or a warehouse whose queue makes orders late."""

    capacity: int = lever(
        0, "Orders at a time", "orders", (0, 500),
        "How many orders are worked on at the same time, such as ovens. At 0 there is no limit and no queue.",
        strength=True, cell="retention / value creation", step=1,
    )  # fmt: skip
    minutes_per_order: float = lever(
        20.0, "Work per order", "minutes", (0.1, 1440),
        "Mean time of one order in the kitchen; varies with a coefficient of variation of one half.",
        step=1,
    )  # fmt: skip
    opening_hours: float = lever(
        6.0, "Opening hours", "hours per day", (0.5, 24),
        "A day's orders fall into these hours.", cell="retention / value creation", step=0.5,
    )  # fmt: skip
    promised_minutes: float = lever(
        35.0, "Promised time", "minutes", (1, 1440),
        "An order that waits and is made for longer than this is late: one attribute fails.",
        cell="retention / marketing orientation", step=5,
    )  # fmt: skip
    cold_minutes: float = lever(
        55.0, "Cold after", "minutes", (1, 1440),
        "After this time the order is cold, too: a second attribute fails.", step=5,
    )  # fmt: skip
    wage_per_hour: float = lever(
        15.0, "Wage in the kitchen", "currency per hour", (0, 1000),
        "What each place in the kitchen costs while it is open.", step=1,
    )  # fmt: skip


class Surveys(Section):
    """Monthly waves that ask recent buyers for NPS and CSAT."""

    sample_share: float = lever(
        0.3, "Customers asked", "share per month", (0, 1),
        "Share of recent buyers asked in each monthly wave.", cell="retention / innovative IT", step=0.05,
    )  # fmt: skip
    recent_days: int = lever(
        90, "Who is asked", "days", (1, 3650),
        "Customers with a purchase in this many days are asked.", step=30,
    )  # fmt: skip
    response_rate: float = lever(
        0.25, "Response rate", "share of those asked", (0, 1),
        "Share that answers, at the market's standard of satisfaction.", step=0.05,
    )  # fmt: skip
    response_bias: float = lever(
        0.1, "Response bias", "log-odds per point", (-2, 2),
        "How much each point of satisfaction above the standard raises the log-odds of answering.",
        strength=True, step=0.05,
    )  # fmt: skip
    noise_sd: float = lever(
        1.0, "Noise of answers", "points of 10", (0, 5),
        "Standard deviation of an answer around the satisfaction behind it, before rounding.", step=0.1,
    )  # fmt: skip
