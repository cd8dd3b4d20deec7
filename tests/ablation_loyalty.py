"""Trials of the loyalty programs: points, tiers, deals and rebates, one strength at a time; see `ablation`.

What one trial raises is often where another one starts: such a world is lived once.
"""

from sim.run import Run
from trials import BUSY_DESK, Levers, basket, lost, purchases, satisfaction, trial

# ---- worlds: everybody is a member; a reward, a tier and a deal can be had within months

GOAL: Levers = {"loyalty.goal_gradient": 0.223, "loyalty.join_probability": 1, "loyalty.reward_points": 30}
PROGRAM: Levers = {
    "loyalty.points_per_unit": 1,
    "loyalty.join_probability": 1,
    "loyalty.reward_points": 30,
}
OPEN_TO_ALL: Levers = {**PROGRAM, "loyalty.join_probability": 0.1}
MOVING: Levers = {**PROGRAM, "loyalty.membership_to_pace": 0.5}
RANKS: Levers = {"loyalty.join_probability": 1, "privileges.period_months": 2}
SILVER: Levers = {**RANKS, "privileges.silver_spend": 15}
GOLD: Levers = {**SILVER, "privileges.gold_spend": 25}
SPEEDING: Levers = {"privileges.status_to_pace": 0.3}
FALLING: Levers = {**SILVER, "privileges.period_months": 1, "privileges.validity_months": 1}
SLOW_DESK: Levers = {
    **BUSY_DESK,
    **RANKS,
    "privileges.silver_spend": 30,
    "service.handling_minutes": 400,
}
DEALS: Levers = {"discounts.depth": 0.3}
FILLING: Levers = {**DEALS, "discounts.price_to_basket": 1}
TEACHING: Levers = {**FILLING, "discounts.reference_speed": 0.5}
REBATES: Levers = {
    "rebates.rate": 0.2,
    "rebates.prone_share": 0.5,
    "rebates.deadline_days": 60,
    "rebates.refusal_rate": 0.5,
}
TRUSTED: Levers = {**REBATES, "rebates.refusal_rate": 0}


# ---- what is looked at


def points(run: Run) -> float:
    """Points earned per purchase."""
    return float(run.transactions["points_earned"].mean())


def rewarded(run: Run) -> float:
    """Share of the members who redeemed."""
    moves = run.points
    return moves.loc[moves["type"] == "redeem", "customer_id"].nunique() / len(run.customers)


def redemptions(run: Run) -> float:
    """Rewards per customer."""
    return float((run.transactions["cost_of_reward"] > 0).sum() / len(run.customers))


def reward_cost(run: Run) -> float:
    """Cost of rewards, currency per purchase."""
    return float(run.transactions["cost_of_reward"].mean())


def selection(run: Run) -> float:
    """How much more members would spend a week than others by nature, currency."""
    weekly = run.truth["purchase_rate"] * run.truth["basket_mean"]
    is_member = run.customers["member_since"].notna()
    return float(weekly[is_member].mean() - weekly[~is_member].mean())


def commitment(run: Run) -> float:
    """Mean commitment at the end, 0 to 1."""
    return float(run.truth["commitment"].mean())


def wait_in_tier(run: Run) -> float:
    """Mean hours that tickets of members in a tier waited."""
    ranked = run.customers.loc[run.customers["tier"] != "none", "customer_id"]
    tickets = run.tickets[run.tickets["customer_id"].isin(ranked)]
    return float((tickets["started_at"] - tickets["opened_at"]).dt.total_seconds().mean() / 3600)


def basket_at_full_price(run: Run) -> float:
    """Mean basket of purchases without a deal, currency."""
    sales = run.transactions
    return float(sales.loc[sales["discount"] == 0, "amount"].mean())


def claims(run: Run) -> float:
    """Share of rebates claimed by the end."""
    return float(run.rebates["claimed_at"].notna().mean())


# ---- trials

TRIALS_OF_LOYALTY = (
    trial("loyalty.points_per_unit", 1, purchases, +1, GOAL),
    trial("loyalty.goal_gradient", 0.223, purchases, +1, PROGRAM),
    trial("loyalty.switching_cost", 2, lost, -1, PROGRAM),
    trial("loyalty.reward_delight", 1, satisfaction, +1, PROGRAM),
    trial("loyalty.bonus_share", 0.5, points, +1, PROGRAM),
    trial("loyalty.endowed_points", 10, rewarded, +1, PROGRAM),
    trial("loyalty.redemption_hassle", 2, redemptions, -1, PROGRAM),
    trial("loyalty.fraud_rate", 0.1, reward_cost, +1, PROGRAM),
    trial("loyalty.reward_momentum", 0.5, purchases, +1, PROGRAM),
    trial("loyalty.membership_to_pace", 0.5, purchases, +1, PROGRAM),
    trial("loyalty.rival_cards", 3, purchases, -1, MOVING),
    trial("loyalty.self_selection", 1.5, selection, +1, OPEN_TO_ALL),
    trial("loyalty.points_per_visit", 6, purchases, +1, GOAL),
    trial("privileges.silver_spend", 15, purchases, +1, {**RANKS, **SPEEDING}),
    trial("privileges.status_to_pace", 0.3, purchases, +1, SILVER),
    trial("privileges.status_to_loss", 2, lost, -1, SILVER),
    trial("privileges.benefit_delight", 0.5, satisfaction, +1, SILVER),
    trial("privileges.promotion_joy", 1, satisfaction, +1, SILVER),
    trial("privileges.envy", 1, satisfaction, -1, SILVER),
    trial("privileges.gold_spend", 25, purchases, +1, {**SILVER, **SPEEDING}),
    trial("privileges.platinum_spend", 40, purchases, +1, {**GOLD, **SPEEDING}),
    trial("privileges.demotion_pain", 1.5, satisfaction, -1, FALLING),
    trial("privileges.status_to_commitment", 2, commitment, +1, SILVER),
    trial("privileges.points_bonus", 1, points, +1, {**SILVER, **PROGRAM}),
    trial("privileges.priority_level", 1, wait_in_tier, -1, SLOW_DESK),
    trial("discounts.depth", 0.3, purchases, +1, {"discounts.price_to_pace": 1.2}),
    trial("discounts.price_to_pace", 1.2, purchases, +1, DEALS),
    trial("discounts.stocking_up", 1, purchases, -1, DEALS),
    trial("discounts.price_to_basket", 1, basket, +1, DEALS),
    trial("discounts.reference_weight", 0.5, basket_at_full_price, -1, TEACHING),
    trial(
        "discounts.reference_speed", 0.5, basket_at_full_price, -1,
        {**FILLING, "discounts.reference_weight": 0.5},
    ),
    trial(
        "discounts.loss_weight", 1, basket_at_full_price, -1,
        {**TEACHING, "discounts.reference_weight": 0.5},
    ),
    trial("discounts.image_to_loss", 5, lost, +1, TEACHING),
    trial("rebates.rate", 0.2, purchases, +1, {**REBATES, "rebates.rate": 0, "rebates.rebate_to_pace": 2}),
    trial("rebates.rebate_to_pace", 2, purchases, +1, REBATES),
    trial("rebates.claim_effort", 1, claims, -1, REBATES),
    trial("rebates.procrastination", 0.5, claims, -1, REBATES),
    trial("rebates.refusal_rate", 0.5, satisfaction, -1, {**TRUSTED, "rebates.refusal_pain": 2}),
    trial("rebates.refusal_pain", 2, satisfaction, -1, REBATES),
)  # fmt: skip
