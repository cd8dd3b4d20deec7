"""Discounts: instant, without a liability, and learned by the customers."""

from typing import Literal

from sim.levers.declare import Section, lever

MARKETING = "retention / marketing orientation"


class Discounts(Section):
    """Deals on some days of some months. The price that customers expect, their reference, follows them."""

    depth: float = lever(
        0.0, "Depth of deals", "share of the price", (0, 0.9),
        "What a deal takes off the price. At 0 there are no deals.",
        cell=MARKETING, strength=True, step=0.05,
    )  # fmt: skip
    deals_per_year: int = lever(
        12, "Deals a year", "months with a deal", (1, 12),
        "In how many months of a year there is a deal, evenly spread.", cell=MARKETING, step=1,
    )  # fmt: skip
    deal_days: int = lever(
        7, "Days of a deal", "days", (1, 28),
        "How long a deal lasts, from the first day of its month.", cell=MARKETING, step=1,
    )  # fmt: skip
    audience: Literal["everybody", "members", "lapsing"] = lever(
        "everybody", "Deals for", "", None,
        "everybody, the members of the loyalty program, or those lapsing: who have not bought for twice "
        "their mean wait on record when the deal begins; it is theirs once.",
        cell="retention / innovative IT",
    )  # fmt: skip
    price_to_pace: float = lever(
        1.2, "Price moves", "log rate per log price", (0, 3),
        "How much the log purchase rate rises per log step that an unexpected deal takes off the price.",
        source="20 % off sells 73 % more on average: Bijmolt, van Heerde & Pieters 2005; all tuned to it",
        strength=True, step=0.1,
    )  # fmt: skip
    price_to_basket: float = lever(
        0.5, "Price fills baskets", "log basket per log price", (0, 3),
        "The same of the log basket, beside what is bought ahead.", strength=True, step=0.1,
    )  # fmt: skip
    reference_weight: float = lever(
        0.4, "Comparing", "share of the effect", (0, 1),
        "Share of what a price does to pace and basket that comes from comparing it with the reference "
        "price. After deals the full price then feels like a loss.",
        source="demand follows the price and its gap to the reference: Greenleaf 1995; the value is a design "
        "choice", strength=True, step=0.05,
    )  # fmt: skip
    loss_weight: float = lever(
        0.65, "Losses weigh more", "extra weight", (0, 5),
        "How much more a price above the reference moves than one as far below it.",
        source="losses weigh about 1.65 times gains in brand choice: Hardie, Johnson & Fader 1993",
        strength=True, step=0.05,
    )  # fmt: skip
    reference_speed: float = lever(
        0.15, "The reference follows", "share per purchase", (0, 1),
        "How far the reference price moves towards a price paid: deals teach customers to expect deals.",
        source="adaptive expectations: Kalyanaram & Winer 1995; the value is a design choice",
        strength=True, step=0.05,
    )  # fmt: skip
    stocking_up: float = lever(
        1.0, "Stocking up", "log basket per log price", (0, 3),
        "How much customers buy ahead on a deal. The next wait is longer by as much: the dip after the deal. "
        "Nobody stocks up under contract, where bills come anyway.",
        source="a third of what a deal sells is borrowed from later: van Heerde, Leeflang & Wittink 2004",
        strength=True, step=0.1,
    )  # fmt: skip
    image_to_loss: float = lever(
        0.5, "A cheap image", "log-odds per log price", (0, 10),
        "How much a reference price below the full one raises the log-odds of loss.",
        strength=True, step=0.1,
    )  # fmt: skip
