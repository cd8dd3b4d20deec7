"""Worlds in which every mechanism is strong, whatever the bundled scenarios and defaults say."""

import sim
from histories import BETWEEN_PURCHASES
from sim.levers.extension import Rung
from sim.scenario import Scenario

AT_PURCHASES = {
    **BETWEEN_PURCHASES,
    "acquisition.opening_customers": 6000,
    "acquisition.opening_weeks": 4,
    "market.billing_months": 1,
    "market.term_bills": 3,
    "market.rivals": 0.2,
    "retention.service_quality": 8.2,
    "retention.market_standard": 8.1,
    "retention.leniency_sd": 1.0,
    "retention.experience_sd": 1.5,
    "retention.anchor_purchases": 2.0,
    "retention.satisfaction_to_loss": 0.4,
    "retention.satisfaction_to_pace": 0.2,
    "product.expected": 0.8,
    "product.augmented": 1.2,
    "experience.attributes": 5,
    "experience.failure_rate": 0.06,
    "experience.breach_to_loss": 0.8,
    "experience.delight_rate": 0.1,
    "experience.delight_gain": 2.0,
    "experience.expectation_creep": 0.2,
    "experience.loss_aversion": 0.5,
    "experience.commitment_to_loss": 2.0,
    "service.double_deviation": 1.0,
    "service.failed_logins": 0.1,
    "loyalty.goal_gradient": 0.223,
    "loyalty.switching_cost": 0.8,
    "loyalty.redemption_probability": 0.2,
    "loyalty.heavy_response": 0.5,
    "loyalty.reward_momentum": 0.6,
    "word_of_mouth.referrals_per_promoter": 0.02,
    "word_of_mouth.referral_to_basket": 0.3,
    "surveys.sample_share": 0.5,
    "surveys.response_rate": 0.3,
    "surveys.response_bias": 0.4,
    "surveys.noise_sd": 1.5,
    "clock.months": 18,
}
BETWEEN = {
    "acquisition.opening_customers": 4000,
    "acquisition.opening_weeks": 4,
    "experience.failure_rate": 0.06,
    "service.complaint_share": 0.4,
    "service.billing_tickets": 0.03,
    "service.questions": 0.08,
    "service.agents": 2,
    "service.handling_minutes": 120,
    "service.self_service_share": 0.2,
    "service.bot_share": 0.2,
    "service.recovery": 0.6,
    "extension.offers_share": 0.5,
    "extension.regular_purchases": 2,
    "extension.recent_days": 365,
    "extension.acceptance": 0.4,
    "extension.commitment_to_acceptance": 2.0,
    "extension.fatigue_to_acceptance": 0.8,
    "extension.opt_out_rate": 0.02,
    "extension.upsell_share": 0.3,
    "word_of_mouth.referrals_per_promoter": 0.05,
    "clock.months": 9,
}
KITCHEN = {
    "acquisition.opening_customers": 4000,
    "acquisition.opening_weeks": 4,
    "experience.attributes": 6,
    "experience.failure_rate": 0.06,
    "experience.delight_rate": 0.1,
    "fulfilment.capacity": 6,
    "fulfilment.minutes_per_order": 16,
    "fulfilment.opening_hours": 6,
    "fulfilment.promised_minutes": 30,
    "fulfilment.cold_minutes": 40,
    "clock.months": 6,
}


def at_purchases() -> Scenario:
    """A coffee chain whose customers change their mind at purchases only: judged by `histories`."""
    return sim.load("coffee").change(AT_PURCHASES)


def between_purchases() -> Scenario:
    """A coffee chain with a busy desk and many offers, of products that everybody needs."""
    ladder = tuple(Rung(name=f"product {n}", price=0.1, need=1.0) for n in range(8))
    return Scenario(**{**dict(sim.load("coffee")), "ladder": ladder}).change(BETWEEN)


def with_a_kitchen() -> Scenario:
    """A pizza delivery whose ovens are often behind."""
    return sim.load("pizza").change(KITCHEN)
