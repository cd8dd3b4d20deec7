"""The market, the calendar and the prices of money and goods."""

from datetime import date
from typing import Literal

from pydantic import field_validator

from sim.levers.declare import FIRST_START, LAST_START, Section, lever


class Market(Section):
    """Who the customers are before the company does anything: the base process."""

    churn_model: Literal["bg/nbd", "pareto/nbd", "sbg"] = lever(
        "bg/nbd", "Churn model", "", None,
        "How customers are lost: bg/nbd tosses a coin after each purchase, pareto/nbd gives each a lifetime; "
        "sbg is a world of contracts, in which each bill follows the last and a coin falls at every renewal.",
        source="Fader, Hardie & Lee 2005; Schmittlein, Morrison & Colombo 1987; Fader & Hardie 2007",
    )  # fmt: skip
    rate_shape: float = lever(
        0.2426, "Purchase rate, shape r", "", (0.05, 100),
        "How alike customers are in purchase rate: the smaller, the more differ.",
        source="CDNOW, BG/NBD: Fader, Hardie & Lee 2005", step=0.05,
    )  # fmt: skip
    rate_scale_weeks: float = lever(
        4.4136, "Purchase rate, scale alpha", "weeks", (0.01, 1000),
        "The mean purchase rate is shape / scale purchases a week.",
        source="CDNOW, BG/NBD: Fader, Hardie & Lee 2005", step=0.1,
    )  # fmt: skip
    dropout_a: float = lever(
        0.7929, "Dropout, a", "", (0.05, 1000),
        "bg/nbd: a customer's chance of being lost after a purchase is Beta(a, b), mean a / (a + b).",
        source="CDNOW, BG/NBD: Fader, Hardie & Lee 2005", step=0.05,
    )  # fmt: skip
    dropout_b: float = lever(
        2.4259, "Dropout, b", "", (0.05, 1000),
        "bg/nbd: the larger b, the more loyal the customers.",
        source="CDNOW, BG/NBD: Fader, Hardie & Lee 2005", step=0.1,
    )  # fmt: skip
    life_shape: float = lever(
        0.6062, "Lifetime, shape s", "", (0.05, 100),
        "pareto/nbd: how alike customers are in their rate of loss.",
        source="CDNOW, Pareto/NBD: Fader, Hardie & Lee 2005", step=0.05,
    )  # fmt: skip
    life_scale_weeks: float = lever(
        11.668, "Lifetime, scale beta", "weeks", (0.01, 10000),
        "pareto/nbd: the mean rate of loss is shape / scale a week.",
        source="CDNOW, Pareto/NBD: Fader, Hardie & Lee 2005", step=0.1,
    )  # fmt: skip
    renewal_alpha: float = lever(
        0.6681, "Renewal, alpha", "", (0.05, 1000),
        "sbg: a customer's chance of not renewing is Beta(alpha, beta), mean alpha / (alpha + beta).",
        source="High End: Fader & Hardie 2007", step=0.05,
    )  # fmt: skip
    renewal_beta: float = lever(
        3.8061, "Renewal, beta", "", (0.05, 1000),
        "sbg: the larger beta, the more loyal the customers.",
        source="High End: Fader & Hardie 2007", step=0.1,
    )  # fmt: skip
    billing_months: float = lever(
        1.0, "Time between bills", "months", (0.25, 60),
        "sbg: a customer under contract pays this often.", step=1,
    )  # fmt: skip
    term_bills: int = lever(
        12, "Length of a contract", "bills", (1, 120),
        "sbg: a contract runs for this many bills and is then renewed or ends.", step=1,
    )  # fmt: skip
    notice_days: float = lever(
        30.0, "Notice", "days", (0, 365),
        "sbg: a cancellation is recorded this long before the contract ends; never before its last bill.",
        step=5,
    )  # fmt: skip
    rivals: float = lever(
        0.0, "Pull of rivals", "log-odds", (0, 3),
        "How much the offers of rivals raise the log-odds of loss.", strength=True, step=0.05,
    )  # fmt: skip
    return_rate: float = lever(
        0.0, "Returns", "share of purchases", (0, 1),
        "Share of purchases that are returned for the money; they are settled at the next monthly statement.",
        strength=True, step=0.01,
    )  # fmt: skip
    spend_shape: float = lever(
        6.2488, "Spend, shape p", "", (0.1, 1000),
        "How steady one customer's baskets are: their coefficient of variation is 1 / sqrt(p).",
        source="CDNOW, Gamma-Gamma: Fader & Hardie 2013", step=0.5,
    )  # fmt: skip
    spend_heterogeneity: float = lever(
        3.7446, "Spend, heterogeneity q", "", (1.05, 1000),
        "How alike customers are in mean basket: the smaller, the more differ.",
        source="CDNOW, Gamma-Gamma: Fader & Hardie 2013", step=0.5,
    )  # fmt: skip
    spend_scale: float = lever(
        15.4479, "Spend, scale gamma", "currency", (0.001, 1e6),
        "The mean basket is p x gamma / (q - 1).",
        source="CDNOW, Gamma-Gamma: Fader & Hardie 2013", step=0.5,
    )  # fmt: skip


class Clock(Section):
    """When the simulation starts, how long it runs, how often departments review their customers."""

    @field_validator("start")
    @classmethod
    def _start_is_in_the_calendar(cls, value: date) -> date:
        if not FIRST_START <= value <= LAST_START:
            raise ValueError("too early or too late")
        return value

    start: date = lever(date(2025, 1, 1), "Start", "", None, "First day of the simulation.")
    months: int = lever(
        24, "Horizon", "months", (1, 240), "Length of the simulation in calendar months.", step=1,
    )  # fmt: skip
    step_days: float = lever(
        7.0, "Review", "days", (0.25, 31),
        "How often, at least, the departments go through their customers and these make up their minds about "
        "service; purchases and tickets keep their exact times.", step=1,
    )  # fmt: skip


class Finance(Section):
    """Prices of money and goods."""

    gross_margin: float = lever(
        0.4, "Gross margin", "share of sales", (0, 1),
        "What is left of a sale after the cost of goods.", step=0.01,
    )  # fmt: skip
    annual_discount_rate: float = lever(
        0.1, "Discount rate", "per year", (0, 1),
        "What money costs: margins of later years count less.", step=0.01,
    )  # fmt: skip
