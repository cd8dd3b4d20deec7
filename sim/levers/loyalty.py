"""What rewards customers for staying."""

from sim.levers.declare import Section, lever


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
