"""Privileges: tiers that are earned, kept, lost and envied."""

from typing import Literal

from sim.levers.declare import Section, lever

MARKETING = "retention / marketing orientation"
VALUE = "retention / value creation"


class Privileges(Section):
    """Tiers of the loyalty program, by what a member paid in a qualifying period. Levels are 1, 2 and 3."""

    silver_spend: float = lever(
        0.0, "Silver from", "currency per qualifying period", (0, 1e7),
        "Spending that qualifies for silver, level 1. At 0 there is no such tier.",
        cell=MARKETING, strength=True, step=50,
    )  # fmt: skip
    gold_spend: float = lever(
        0.0, "Gold from", "currency per qualifying period", (0, 1e7),
        "The same for gold, level 2.", cell=MARKETING, strength=True, step=50,
    )  # fmt: skip
    platinum_spend: float = lever(
        0.0, "Platinum from", "currency per qualifying period", (0, 1e7),
        "The same for platinum, level 3.", cell=MARKETING, strength=True, step=50,
    )  # fmt: skip
    period: Literal["rolling", "calendar"] = lever(
        "rolling", "Qualifying period", "", None,
        "rolling: the last months before each statement; calendar: from fixed dates on.", cell=VALUE,
    )  # fmt: skip
    period_months: int = lever(
        12, "Length of the period", "months", (1, 36), "How long spending counts.", cell=VALUE, step=1,
    )  # fmt: skip
    validity_months: int = lever(
        12, "Validity of a tier", "months", (1, 60),
        "How long a tier is kept without qualifying again.", cell=VALUE, step=1,
    )  # fmt: skip
    landing: Literal["soft", "reset"] = lever(
        "soft", "After a missed tier", "", None,
        "soft: one level down, for another validity; reset: down to what was qualified for.", cell=VALUE,
    )  # fmt: skip
    points_bonus: float = lever(
        0.0, "Tier bonus", "share of points per level", (0, 5),
        "How many more points a member of a tier earns, per level.",
        cell=MARKETING, strength=True, step=0.05,
    )  # fmt: skip
    benefit_cost: float = lever(
        1.0, "Cost of privileges", "currency per month and level", (0, 1e5),
        "What upgrades, lounges and gifts cost a month for each member of a tier, per level.",
        cell=MARKETING, step=0.25,
    )  # fmt: skip
    benefit_delight: float = lever(
        0.2, "Privileges delight", "points of 10 per level", (0, 5),
        "How much better privileges make each purchase, per level.", strength=True, step=0.05,
    )  # fmt: skip
    priority_level: int = lever(
        0, "Priority in service from", "level", (0, 3),
        "Members of this level or a higher one are served before everybody else who waits. At 0 nobody is.",
        cell="retention / innovative IT", strength=True, step=1,
    )  # fmt: skip
    status_to_loss: float = lever(
        0.2, "Status holds", "log-odds per level", (0, 5),
        "How much a tier lowers the log-odds of loss, per level.", strength=True, step=0.05,
    )  # fmt: skip
    status_to_pace: float = lever(
        0.05, "Status speeds", "log rate per level", (0, 2),
        "How much a tier raises the log purchase rate, per level.", strength=True, step=0.01,
    )  # fmt: skip
    status_to_commitment: float = lever(
        0.5, "Status commits", "log-odds per level", (0, 5),
        "How much a tier raises the log-odds of the commitment that a member tends to, per level.",
        strength=True, step=0.1,
    )  # fmt: skip
    promotion_joy: float = lever(
        0.5, "Joy of promotion", "points of 10 per level", (0, 10),
        "Satisfaction gained when a tier is reached, per level.", strength=True, step=0.1,
    )  # fmt: skip
    demotion_pain: float = lever(
        1.5, "Pain of demotion", "points of 10 per level", (0, 10),
        "Satisfaction lost when a tier is lost, per level.",
        source="the demoted are less loyal than those never promoted: Wagner et al. 2009; the value is a "
        "design choice", strength=True, step=0.1,
    )  # fmt: skip
    envy: float = lever(
        0.5, "Envy", "points of 10", (0, 10),
        "How much worse a purchase feels to those without a tier, were all other customers in one; in "
        "proportion to the share who are, of customers with a purchase in the last year.",
        strength=True, step=0.1,
    )  # fmt: skip
