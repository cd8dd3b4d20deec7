"""What else customers buy: the product ladder, offers, up-selling, parting."""

from typing import Literal

from pydantic import Field

from sim.levers.declare import Section, lever

MOST_RUNGS = 8


class Rung(Section):
    """One further product of the ladder: what holding it is worth, and how many need it."""

    name: str = Field(min_length=1, max_length=40, description="a text of 1 to 40 characters")
    price: float = Field(
        gt=0, le=10, description="above 0, up to 10: share of the customer's mean basket that it adds"
    )
    need: float = Field(ge=0, le=1, description="0 to 1: share of customers who truly need it")


class Extension(Section):
    """Offers of further products to regular customers, and the end of relationships that only cost."""

    offers_share: float = lever(
        0.0, "Offers", "share of regulars per month", (0, 1),
        "Share of regular customers who get an offer in a month.",
        strength=True, cell="extension / marketing orientation", step=0.05,
    )  # fmt: skip
    regular_purchases: int = lever(
        3, "Regular after", "purchases", (1, 1000),
        "Customers with this many purchases, the last not longer ago than `recent_days`, are regular.",
        cell="extension / marketing orientation", step=1,
    )  # fmt: skip
    recent_days: int = lever(
        90, "Regular within", "days", (1, 3650),
        "Only customers with a purchase in this many days get offers.", step=30,
    )  # fmt: skip
    relevance: float = lever(
        0.3, "Relevance of offers", "share of offers", (0, 1),
        "Share of offers for which the data show what the customer needs next; the others go by the order of "
        "the ladder.", cell="extension / innovative IT", step=0.05,
    )  # fmt: skip
    acceptance: float = lever(
        0.3, "Acceptance", "share of fitting offers", (0, 1),
        "Share of offers of a needed product that are accepted at average commitment and without fatigue.",
        step=0.05,
    )  # fmt: skip
    unneeded_acceptance: float = lever(
        0.02, "Acceptance without need", "share of other offers", (0, 1),
        "Share of offers of a product nobody needs that are accepted all the same.", step=0.01,
    )  # fmt: skip
    commitment_to_acceptance: float = lever(
        1.0, "Commitment accepts", "log-odds", (0, 5),
        "How much full commitment, against the average of one half, raises the log-odds of acceptance.",
        strength=True, step=0.1,
    )  # fmt: skip
    fatigue_to_acceptance: float = lever(
        0.4, "Offers tire", "log-odds per recent offer", (0, 5),
        "How much each recent offer lowers the log-odds of accepting the next.", strength=True, step=0.05,
    )  # fmt: skip
    fatigue_to_pace: float = lever(
        0.02, "Offers annoy", "log rate per recent offer", (0, 1),
        "How much each recent offer lowers the log purchase rate.", strength=True, step=0.01,
    )  # fmt: skip
    fatigue_half_life_days: float = lever(
        60.0, "Forgetting of offers", "days", (1, 3650),
        "An offer counts half after this time.", step=5,
    )  # fmt: skip
    offer_cost: float = lever(
        0.1, "Cost of an offer", "currency", (0, 1e4),
        "What sending one offer costs.", cell="extension / marketing orientation", step=0.05,
    )  # fmt: skip
    product_to_pace: float = lever(
        0.1, "Products speed", "log rate per product", (0, 2),
        "How much each further product raises the log purchase rate.", strength=True, step=0.05,
    )  # fmt: skip
    product_to_loss: float = lever(
        0.3, "Products hold", "log-odds per product", (0, 5),
        "How much each further product lowers the log-odds of loss.", strength=True, step=0.05,
    )  # fmt: skip
    upsell_share: float = lever(
        0.0, "Up-selling", "share of offers", (0, 1),
        "Share of offers that propose a better version of what the customer has.",
        strength=True, cell="extension / value creation", step=0.05,
    )  # fmt: skip
    upsell_lift: float = lever(
        0.15, "Gain of an up-sell", "log basket", (0, 2),
        "How much an accepted up-sell raises the log mean basket; at most three are accepted.", step=0.05,
    )  # fmt: skip
    costly_share: float = lever(
        0.3, "Costly customers", "share of customers", (0, 1),
        "Share of customers whose further products cost more in service and returns than they bring.",
        source="one in five cross-buyers is unprofitable: Shah & Kumar 2012; tuned to it in telco, as some "
        "have paid for their cost before", strength=True, step=0.05,
    )  # fmt: skip
    costly_cost: float = lever(
        0.9, "Cost of costly customers", "share of sales per further product", (0, 5),
        "What service and returns of a costly customer cost per further product held.",
        source="70 % of customer losses: Shah & Kumar 2012; the value is tuned to it in telco", step=0.05,
    )  # fmt: skip
    termination_share: float = lever(
        0.0, "Termination", "share per quarter", (0, 1),
        "Share of the customers with a negative margin in this quarter and the one before who are treated.",
        strength=True, cell="extension / value creation", step=0.05,
    )  # fmt: skip
    termination_way: Literal["reprice", "self-service", "part"] = lever(
        "reprice", "Way of termination", "", None,
        "What is done with them: reprice charges their extra cost, self-service withdraws it along with some "
        "satisfaction, part ends the relationship.", cell="extension / value creation",
    )  # fmt: skip
    termination_pain: float = lever(
        2.0, "Pain of termination", "points of 10", (0, 10),
        "Satisfaction lost by being repriced or moved to self-service.", step=0.1,
    )  # fmt: skip
    termination_talk: float = lever(
        3.0, "Talk of the parted", "detractors per parted customer", (0, 100),
        "A customer the company has parted with talks like this many detractors for a year.", step=0.5,
    )  # fmt: skip
    opt_out_rate: float = lever(
        0.003, "Cancelled newsletters", "share of offers", (0, 1),
        "Share of offers after which a customer of average satisfaction cancels the newsletter for good; "
        "each point of satisfaction less raises the odds by half.",
        source="unsubscribe per send .17 to .5 %: vendor reports (weak)", strength=True, step=0.001,
    )  # fmt: skip
