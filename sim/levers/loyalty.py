"""The loyalty program: who joins and responds, and the points that members earn and redeem."""

from typing import Literal

from sim.levers.declare import Section, lever

MARKETING = "retention / marketing orientation"
VALUE = "retention / value creation"
IT = "retention / innovative IT"


class Loyalty(Section):
    """A program that customers join. Members earn points and trade them for rewards; see also `privileges`.

    Buyers are light, moderate or heavy by the third of the market's purchase rates they belong to.
    """

    points_per_unit: float = lever(
        0.0, "Points per unit spent", "points per currency unit", (0, 20),
        "Points a member earns for each unit of currency paid.",
        cell=MARKETING, strength=True, step=0.25,
    )  # fmt: skip
    points_per_visit: float = lever(
        0.0, "Points per visit", "points per purchase", (0, 10_000),
        "Points a member earns for each purchase, whatever its size.",
        cell=MARKETING, strength=True, step=1,
    )  # fmt: skip
    bonus_share: float = lever(
        0.0, "Bonus category", "share of purchases", (0, 1),
        "Share of purchases in the category of goods that earns a bonus.",
        cell=MARKETING, strength=True, step=0.05,
    )  # fmt: skip
    bonus_multiplier: float = lever(
        2.0, "Bonus", "times the points", (1, 20),
        "How many times the points a purchase in the bonus category earns.", cell=MARKETING, step=0.5,
    )  # fmt: skip
    pending_days: int = lever(
        0, "Points pending", "days", (0, 365),
        "How long points wait until they can be redeemed; they become active at the next monthly statement.",
        cell=VALUE, step=1,
    )  # fmt: skip
    endowed_points: int = lever(
        0, "Head start", "points", (0, 1_000_000),
        "Points that a member gets for joining.",
        source="an endowed head start raises completion from 19 to 34 %: Nunes & Dreze 2006",
        cell=MARKETING, strength=True, step=10,
    )  # fmt: skip
    redemption: Literal["reward", "amount"] = lever(
        "reward", "Redeemed as", "", None,
        "reward takes the points of one reward at a time; amount takes all active points, worth as much per "
        "point, once there are enough for a reward.", cell=VALUE,
    )  # fmt: skip
    reward_points: int = lever(
        100, "Points for a reward", "points", (1, 1_000_000),
        "Points that buy one reward.", cell=MARKETING, step=10,
    )  # fmt: skip
    reward_cost: float = lever(
        3.0, "Cost of a reward", "currency", (0, 1e5),
        "What one reward costs the company.", cell=MARKETING, step=0.25,
    )  # fmt: skip
    reward_value: float = lever(
        5.0, "Value of a reward", "currency", (0.01, 1e5),
        "What one reward would cost the customer to buy: its stand-alone selling price in the accounts.",
        cell=MARKETING, step=0.25,
    )  # fmt: skip
    expiry: Literal["none", "fixed", "rolling", "lot"] = lever(
        "none", "Points expire", "", None,
        "none: never; fixed: all at once, every expiry period; rolling: all, an expiry period after the last "
        "purchase; lot: each an expiry period after it became active. Always at a monthly statement.",
        cell=VALUE,
    )  # fmt: skip
    expiry_months: int = lever(
        24, "Expiry period", "months", (1, 120), "How long points last, where they expire.",
        cell=VALUE, step=1,
    )  # fmt: skip
    join_probability: float = lever(
        0.3, "Joining", "probability per purchase", (0, 1),
        "Chance that an average customer who is not yet a member joins at a purchase.", cell=IT, step=0.05,
    )  # fmt: skip
    self_selection: float = lever(
        0.8, "Big spenders join", "log-odds per standard deviation", (0, 5),
        "How much the odds to join at a purchase rise with the logarithm of what a customer spends a week.",
        source="members spend more before they join: Leenheer et al. 2007; the value is a design choice",
        strength=True, step=0.1,
    )  # fmt: skip
    redemption_probability: float = lever(
        0.6, "Redeeming", "probability per purchase", (0, 1),
        "Chance that a member with enough points takes the reward at a purchase, were it no trouble.",
        cell=IT, step=0.05,
    )  # fmt: skip
    redemption_hassle: float = lever(
        0.0, "Hassle of redeeming", "log-odds", (0, 10),
        "How much the trouble of redeeming lowers its log-odds, on average; customers mind it differently.",
        cell=IT, strength=True, step=0.1,
    )  # fmt: skip
    fraud_rate: float = lever(
        0.0, "Account takeovers", "share of members' purchases", (0, 1),
        "Chance, since a member's last purchase, that a thief has redeemed the active points. The company "
        "gives them back, so each theft costs it as much as a redemption.",
        strength=True, step=0.0005,
    )  # fmt: skip
    goal_gradient: float = lever(
        0.223, "Goal gradient", "log rate at the goal", (0, 2),
        "How much members' log purchase rate rises from an empty card to a full one, to fall back after it. "
        "Those whom the program does not move only time their purchases by it.",
        source="waits 20 % shorter towards the reward: Kivetz, Urminsky & Zheng 2006",
        strength=True, step=0.01,
    )  # fmt: skip
    membership_to_pace: float = lever(
        0.1, "Membership speeds", "log rate", (0, 2),
        "How much a new member's log purchase rate rises, for those whom the program moves; it fades.",
        source="members buy more within three months: Liu 2007; the value is a design choice",
        strength=True, step=0.01,
    )  # fmt: skip
    fading_months: float = lever(
        7.0, "Fading", "months", (0.1, 120),
        "Half-life of what membership adds to the pace.",
        source="gains erode in 6 to 9 months: Meyer-Waarden 2007", step=0.5,
    )  # fmt: skip
    light_response: float = lever(
        1.0, "Light buyers respond", "share", (0, 1),
        "Share of what the program can do to the pace that it does to light buyers.",
        source="light and moderate buyers rise: Liu 2007; the value is a design choice", step=0.05,
    )  # fmt: skip
    moderate_response: float = lever(
        0.7, "Moderate buyers respond", "share", (0, 1), "The same of moderate buyers.",
        source="light and moderate buyers rise: Liu 2007; the value is a design choice", step=0.05,
    )  # fmt: skip
    heavy_response: float = lever(
        0.0, "Heavy buyers respond", "share", (0, 1),
        "The same of heavy buyers, who mostly collect.",
        source="heavy buyers do not rise but claim rewards: Liu 2007", step=0.05,
    )  # fmt: skip
    reward_momentum: float = lever(
        0.1, "Redeeming speeds", "log rate", (0, 2),
        "How much the log purchase rate rises after a redemption, for those whom the program moves; it "
        "halves every 30 days.",
        source="rewarded behaviour, Taylor & Neslin 2005; the value is a design choice",
        strength=True, step=0.01,
    )  # fmt: skip
    rival_cards: float = lever(
        0.5, "Cards of rivals", "cards per customer", (0, 10),
        "How many programs of rivals a customer is a member of, on average. With n of them all effects on "
        "the pace are divided by 1 + n.",
        source="several cards dilute each other: Meyer-Waarden 2007; the value is a design choice",
        strength=True, step=0.1,
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
        "Share of points that the accounts expect never to be redeemed, until there are data.",
        source="retail 20 to 35 % (weak): consultancies", step=0.05,
    )  # fmt: skip
