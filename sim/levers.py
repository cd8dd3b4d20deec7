"""Every lever of the simulated company: one declaration each, from which all else is generated.

A lever is one pydantic field below. Its bounds validate; its title, unit, step, cell, sentence and source
feed the widgets, the TOML comments, the error messages and `sim.levers()`. To add a lever, add a field
here and the line of `world/` that reads it.

`cell` places a decision in the grid (acquisition | retention | extension) x (marketing orientation | value
creation | innovative IT); levers without a cell describe the market, not a decision. A lever with
`strength=True` scales a mechanism, and the mechanism vanishes at 0.
"""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

DESIGN = "design choice"
FIRST_START, LAST_START = date(1900, 1, 1), date(2199, 12, 31)


def lever(  # noqa: PLR0913 - a lever is all of these
    default: Any,
    label: str,
    unit: str,
    limits: tuple[float, float] | None,
    what: str,
    *,
    source: str = DESIGN,
    cell: str | None = None,
    step: float | None = None,
    strength: bool = False,
) -> Any:
    """Declare a lever: a pydantic field whose metadata is all that widgets, files and messages need."""
    low, high = limits or (None, None)
    extra: dict[str, Any] = {"unit": unit, "step": step, "cell": cell, "source": source, "strength": strength}
    return Field(default, ge=low, le=high, title=label, description=what, json_schema_extra=extra)


class Section(BaseModel):
    """A group of levers: immutable, no unknown names, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    @field_validator("*", mode="before")
    @classmethod
    def _kinds_are_kept(cls, value: Any, info: Any) -> Any:
        kind = cls.model_fields[info.field_name].annotation
        if kind in (int, float) and isinstance(value, str | bytes | bool):
            raise ValueError("not a number")
        if kind is date and not isinstance(value, str | date):
            raise ValueError("not a date")
        return value


class Market(Section):
    """Who the customers are before the company does anything: the base process."""

    churn_model: Literal["bg/nbd", "pareto/nbd"] = lever(
        "bg/nbd", "Churn model", "", None,
        "How customers are lost: bg/nbd tosses a coin after each purchase, pareto/nbd gives each a lifetime.",
        source="Fader, Hardie & Lee 2005; Schmittlein, Morrison & Colombo 1987",
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


class Acquisition(Section):
    """Where first purchases come from."""

    opening_customers: int = lever(
        2000, "Opening customers", "customers", (0, 5_000_000),
        "Customers who make their first purchase in the opening weeks.", step=100,
    )  # fmt: skip
    opening_weeks: float = lever(
        12.0, "Opening weeks", "weeks", (0, 520),
        "The opening customers' first purchases are spread evenly over these weeks.",
        source="CDNOW: first purchases in the first 12 weeks of 1997", step=1,
    )  # fmt: skip
    organic_leads_per_month: float = lever(
        0.0, "Organic leads", "leads per month", (0, 1e6),
        "People who find the company by themselves.", step=5,
    )  # fmt: skip
    organic_conversion: float = lever(
        0.3, "Organic conversion", "share of leads", (0, 1),
        "Share of organic leads that make a first purchase.",
        cell="acquisition / value creation", step=0.01,
    )  # fmt: skip
    paid_spend_per_month: float = lever(
        0.0, "Paid marketing", "currency per month", (0, 1e8),
        "Marketing spend on the paid channel.",
        cell="acquisition / marketing orientation", step=100,
    )  # fmt: skip
    paid_leads_ceiling: float = lever(
        200.0, "Paid leads at most", "leads per month", (0, 1e6),
        "Leads per month that unlimited spending would bring.", step=10,
    )  # fmt: skip
    paid_saturation_spend: float = lever(
        2000.0, "Saturation spend", "currency per month", (1, 1e8),
        "Spending this much brings 63 % of the ceiling; every further unit brings less.", step=100,
    )  # fmt: skip
    paid_conversion: float = lever(
        0.15, "Paid conversion", "share of leads", (0, 1),
        "Share of paid leads that make a first purchase.",
        cell="acquisition / innovative IT", step=0.01,
    )  # fmt: skip


class Retention(Section):
    """What customers experience and what it does to them. Experience and satisfaction run from 0 to 10."""

    service_quality: float = lever(
        8.1, "Service quality", "points of 10", (0, 10),
        "Mean experience of a purchase.", cell="retention / value creation", step=0.1,
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
        0.15, "Satisfaction holds", "log-odds per point", (0, 5),
        "How much each point of satisfaction above the market's standard lowers the log-odds of loss.",
        source="positive but weak: Kumar et al. 2013; Otto et al. 2020; the value is a design choice",
        strength=True, step=0.05,
    )  # fmt: skip
    satisfaction_to_pace: float = lever(
        0.03, "Satisfaction speeds", "log rate per point", (0, 1),
        "How much each point of satisfaction above the market's standard raises the log purchase rate.",
        source="positive but weak: Kumar et al. 2013; Otto et al. 2020; the value is a design choice",
        strength=True, step=0.01,
    )  # fmt: skip


class Loyalty(Section):
    """A points program: members earn points per unit spent and trade them for rewards."""

    points_per_unit: float = lever(
        0.0, "Points per unit spent", "points per currency unit", (0, 20),
        "Points a member earns for each unit of currency paid. At 0 there is no program.",
        cell="retention / marketing orientation", strength=True, step=0.25,
    )  # fmt: skip
    reward_points: int = lever(
        100, "Points for a reward", "points", (1, 1_000_000),
        "Points that buy one reward.", cell="retention / marketing orientation", step=10,
    )  # fmt: skip
    reward_cost: float = lever(
        3.0, "Cost of a reward", "currency", (0, 1e5),
        "What one reward costs the company.", cell="retention / marketing orientation", step=0.25,
    )  # fmt: skip
    join_probability: float = lever(
        0.3, "Joining", "probability per purchase", (0, 1),
        "Chance that a customer who is not yet a member joins at a purchase.",
        cell="retention / innovative IT", step=0.05,
    )  # fmt: skip
    redemption_probability: float = lever(
        0.6, "Redeeming", "probability per purchase", (0, 1),
        "Chance that a member with enough points takes the reward at a purchase.",
        cell="retention / innovative IT", step=0.05,
    )  # fmt: skip
    goal_gradient: float = lever(
        0.223, "Goal gradient", "log rate at the goal", (0, 2),
        "How much members' log purchase rate rises from an empty card to a full one, to fall back after it.",
        source="waits 20 % shorter towards the reward: Kivetz, Urminsky & Zheng 2006",
        strength=True, step=0.01,
    )  # fmt: skip
    switching_cost: float = lever(
        0.5, "Points hold", "log-odds at the goal", (0, 5),
        "How much a full card lowers the log-odds of loss; a half-full one does half of it.",
        strength=True, step=0.05,
    )  # fmt: skip
    reward_delight: float = lever(
        1.0, "Delight of a reward", "points of 10", (0, 5),
        "How much better a purchase with a reward is experienced.", strength=True, step=0.1,
    )  # fmt: skip
    expected_breakage: float = lever(
        0.2, "Expected breakage", "share of points", (0, 1),
        "Share of outstanding points that the accounts expect never to be redeemed.",
        source="retail 20 to 35 % (weak): consultancies", step=0.05,
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
        "How often the departments go through their customers; purchases keep their exact times.", step=1,
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
