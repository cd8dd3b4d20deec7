"""What happens after the purchase: the service desk."""

from sim.levers.declare import Section, lever


class Service(Section):
    """The service desk: tickets from failures, bills and questions; queue, self-service, bot, recovery."""

    complaint_share: float = lever(
        0.0, "Complaints", "share of failed purchases", (0, 1),
        "Share of purchases with a failure beyond tolerance that become a complaint.",
        strength=True, step=0.05,
    )  # fmt: skip
    billing_tickets: float = lever(
        0.0, "Billing tickets", "share of purchases", (0, 1),
        "Share of purchases after which a customer disputes the bill.", strength=True, step=0.005,
    )  # fmt: skip
    questions: float = lever(
        0.0, "Questions", "share of purchases", (0, 1),
        "Share of purchases after which a customer asks something.", strength=True, step=0.005,
    )  # fmt: skip
    agents: int = lever(
        2, "Service agents", "people", (1, 500),
        "People at the desk at any time.", cell="retention / value creation", step=1,
    )  # fmt: skip
    handling_minutes: float = lever(
        30.0, "Handling time", "minutes", (0.1, 10_000),
        "Mean time an agent works on a ticket.", step=5,
    )  # fmt: skip
    handling_variation: float = lever(
        1.0, "Variation of handling", "coefficient of variation", (0, 5),
        "Standard deviation of the lognormal handling time / its mean.", step=0.1,
    )  # fmt: skip
    wage_per_hour: float = lever(
        25.0, "Wage at the desk", "currency per hour", (0, 1000),
        "What an hour of handling tickets costs.", step=1,
    )  # fmt: skip
    self_service_share: float = lever(
        0.0, "Self-service", "share of tickets", (0, 1),
        "Share of tickets that first go to the help pages on the web.",
        cell="retention / innovative IT", step=0.05,
    )  # fmt: skip
    bot_share: float = lever(
        0.0, "Service bot", "share of tickets", (0, 1),
        "Share of the other tickets that first go to a bot.", cell="retention / innovative IT", step=0.05,
    )  # fmt: skip
    bot_accuracy: float = lever(
        0.6, "Accuracy of the bot", "share of its tickets", (0, 1),
        "Share of its simple tickets that the bot resolves; of complex ones it resolves a quarter as many.",
        cell="retention / innovative IT", step=0.05,
    )  # fmt: skip
    simple_share: float = lever(
        0.7, "Simple cases", "share of questions and bills", (0, 1),
        "Share of questions and billing tickets that are simple; complaints are always complex.", step=0.05,
    )  # fmt: skip
    frustration: float = lever(
        0.5, "Frustration by machines", "points of 10", (0, 10),
        "Satisfaction lost when help pages or bot fail and the customer has to queue after all.",
        strength=True, step=0.1,
    )  # fmt: skip
    wait_pain: float = lever(
        0.1, "Pain of waiting", "points of 10 per hour", (0, 10),
        "Satisfaction lost per hour in the queue, up to three points.", strength=True, step=0.05,
    )  # fmt: skip
    resolution: float = lever(
        0.8, "Resolved", "share of tickets", (0, 1),
        "Share of tickets that the agents resolve.", cell="retention / value creation", step=0.05,
    )  # fmt: skip
    recovery: float = lever(
        0.6, "Recovery", "share of the damage", (0, 1),
        "Share of the satisfaction lost in a failure that a resolved complaint restores.",
        source="satisfaction recovers, repurchase does not exceed what it was: de Matos et al. 2007; "
        "the value is a design choice", strength=True, step=0.05,
    )  # fmt: skip
    double_deviation: float = lever(
        0.7, "Second failure", "log-odds", (0, 5),
        "How much a second failure within the window, or an unresolved complaint, raises the log-odds of "
        "loss while it is remembered.",
        source="a second failure is worse: Maxham & Netemeyer 2002; the value is a design choice",
        strength=True, step=0.1,
    )  # fmt: skip
    window_days: float = lever(
        180.0, "Memory of failures", "days", (1, 3650),
        "How long a failure beyond tolerance is remembered as the first of two.", step=30,
    )  # fmt: skip
    failed_logins: float = lever(
        0.0, "Failed log-ins", "per purchase", (0, 5),
        "Mean number of log-ins that fail around a purchase, of customers with average satisfaction.",
        strength=True, cell="retention / innovative IT", step=0.02,
    )  # fmt: skip
    login_to_satisfaction: float = lever(
        0.3, "Pain of a failed log-in", "points of 10", (0, 10),
        "Satisfaction lost per failed log-in.", strength=True, step=0.1,
    )  # fmt: skip
