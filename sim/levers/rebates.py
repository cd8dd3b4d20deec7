"""Rebates: money back for those who ask for it in time."""

from sim.levers.declare import Section, lever

MARKETING = "retention / marketing orientation"
VALUE = "retention / value creation"


class Rebates(Section):
    """A share of the price back, on a claim. The deal-prone buy more because of it, and claim more."""

    rate: float = lever(
        0.0, "Rebate", "share of what is paid", (0, 0.9),
        "What a customer can claim back of a purchase. At 0 there are no rebates.",
        cell=MARKETING, strength=True, step=0.01,
    )  # fmt: skip
    deadline_days: int = lever(
        30, "Deadline", "days", (1, 365),
        "How long after a purchase a claim is accepted.", cell=VALUE, step=5,
    )  # fmt: skip
    claim_effort: float = lever(
        0.0, "Effort of a claim", "log-odds", (0, 10),
        "How much forms and proofs lower the log-odds of a claim.", cell=VALUE, strength=True, step=0.1,
    )  # fmt: skip
    refusal_rate: float = lever(
        0.03, "Refused claims", "share of claims", (0, 1),
        "Share of claims that are refused.", cell=VALUE, strength=True, step=0.01,
    )  # fmt: skip
    prone_share: float = lever(
        0.2, "Deal-prone customers", "share of customers", (0, 1),
        "Share of customers whom rebates make buy more.", step=0.05,
    )  # fmt: skip
    rebate_to_pace: float = lever(
        2.0, "Rebates speed", "log rate per share", (0, 5),
        "How much the log purchase rate of the deal-prone rises per share of the price to claim back.",
        strength=True, step=0.1,
    )  # fmt: skip
    prone_claims: float = lever(
        0.68, "Claims of the deal-prone", "share of purchases", (0, 1),
        "Share of their purchases that the deal-prone claim for within 30 days, without effort.",
        source="claimed for 68 % of incremental sales: PMA 2005", step=0.01,
    )  # fmt: skip
    others_claims: float = lever(
        0.08, "Claims of the others", "share of purchases", (0, 1),
        "The same of the others.",
        source="claimed for 21 % of all sales: PMA 2005; tuned to it", step=0.01,
    )  # fmt: skip
    procrastination: float = lever(
        0.3, "Procrastination", "log-odds per doubled deadline", (0, 5),
        "How much a deadline twice as long lowers the log-odds of a claim.",
        source="longer deadlines, fewer claims: Silk 2004; the value is a design choice",
        strength=True, step=0.05,
    )  # fmt: skip
    refusal_pain: float = lever(
        1.0, "Pain of a refusal", "points of 10", (0, 10),
        "Satisfaction lost by a refused claim.", strength=True, step=0.1,
    )  # fmt: skip
    expected_claims: float = lever(
        0.2, "Expected claims", "share of rebates", (0, 1),
        "Share of rebates that the accounts accrue at the sale, until their deadline has passed.",
        source="claimed for 21 % of all sales: PMA 2005", step=0.01,
    )  # fmt: skip
