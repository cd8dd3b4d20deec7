"""Bugs of the loyalty programs for `test_planted_bugs`: their worlds, the checks of each, who sees what."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import books
import judges_customers as customers
import judges_loyalty as loyalty
import sim
from planting import Bug, Patch, while_customers_have, with_levers, with_operands
from sim import Run, accounts, kpi
from sim.scenario import Scenario
from sim.world import tables, traits
from sim.world.loyalty.accounts import Accounts
from sim.world.loyalty.discounts import Discounts
from sim.world.loyalty.expiry import Expiry
from sim.world.loyalty.membership import Membership
from sim.world.loyalty.points import Points
from sim.world.loyalty.privileges import Privileges
from sim.world.service import Service

STILL = {
    "acquisition.opening_weeks": 2,
    "acquisition.organic_leads_per_month": 0,
    "acquisition.paid_spend_per_month": 0,
    "market.rate_shape": 3,
    "market.rate_scale_weeks": 6,
    "market.dropout_b": 30,
    "clock.months": 8,
}
TERMS = {
    "acquisition.opening_customers": 300,
    "market.return_rate": 0.1,
    "loyalty.pending_days": 20,
    "loyalty.reward_points": 30,
    "loyalty.fraud_rate": 0.02,
    "loyalty.expiry": "lot",
    "loyalty.expiry_months": 3,
    "rebates.rate": 0.1,
    "rebates.refusal_rate": 0.2,
    "clock.months": 10,
}
TIERS = {
    "acquisition.opening_customers": 400,
    "loyalty.join_probability": 0.7,
    "privileges.silver_spend": 25,
    "privileges.gold_spend": 40,
    "privileges.period_months": 2,
    "privileges.validity_months": 2,
    "privileges.promotion_joy": 0.5,
    "privileges.demotion_pain": 1.5,
    "privileges.priority_level": 1,
    "service.questions": 0.5,
    "service.self_service_share": 0,
    "service.bot_share": 0,
    "service.handling_minutes": 120,
}
DEALS = {
    "acquisition.opening_customers": 800,
    "discounts.depth": 0.3,
    "discounts.price_to_basket": 0.5,
    "discounts.reference_weight": 0.5,
    "discounts.reference_speed": 0.4,
    "discounts.loss_weight": 0.65,
    "discounts.stocking_up": 1.5,
}
MEMBERS = {
    "acquisition.opening_customers": 2500,
    "market.rate_scale_weeks": 3,
    "loyalty.points_per_visit": 1,
    "loyalty.join_probability": 0.3,
    "loyalty.self_selection": 0.8,
    "loyalty.membership_to_pace": 0.7,
    "loyalty.fading_months": 2,
}
COFFEE = sim.load("coffee")
STILL_COFFEE = COFFEE.base().change(STILL)
SCENARIOS: dict[str, Scenario] = {
    "coffee": COFFEE.change({"clock.months": 6, "acquisition.opening_weeks": 12}),
    "terms": COFFEE.change(TERMS),
    "terms, nothing pending": COFFEE.change({**TERMS, "loyalty.pending_days": 0}),
    "tiers": STILL_COFFEE.change(TIERS),
    "deals": STILL_COFFEE.change(DEALS),
    "members": STILL_COFFEE.change(MEMBERS),
}
CHECKS: dict[str, tuple[Callable[[Run], float], ...]] = {
    "coffee": tuple(books.LAWS.values()),
    "terms": (
        books.points_go_in_the_order_in_which_they_became_active,
        books.pending_points_become_active_at_the_first_statement_after_their_wait,
        books.no_balance_and_no_lot_is_ever_overdrawn,
        books.a_returned_purchase_keeps_no_points,
        books.points_expire_at_statements_and_by_the_terms,
        books.a_reward_costs_its_points_and_its_price,
        books.rebates_are_accrued_and_end_at_what_was_paid,
        books.the_ledger_adds_up_to_its_sources,
        books.deferred_revenue_is_what_is_deferred_and_not_yet_released,
        books.breakage_lies_between_what_has_expired_and_what_can_expire,
        loyalty.revenue_is_released_as_points_are_redeemed,
        loyalty.accounts_know_nothing_of_the_future,
    ),
    "terms, nothing pending": (
        books.points_go_in_the_order_in_which_they_became_active,
        books.no_balance_and_no_lot_is_ever_overdrawn,
        books.a_returned_purchase_keeps_no_points,
    ),
    "tiers": (
        loyalty.tiers_follow_from_what_members_paid,
        loyalty.promotions_please_and_demotions_hurt_as_the_levers_say,
        loyalty.nobody_is_served_while_a_ticket_with_priority_waits,
    ),
    "deals": (loyalty.baskets_follow_price_and_reference, loyalty.what_was_bought_ahead_is_missing_later),
    "members": (
        loyalty.members_move_as_the_levers_say,
        customers.members_join_as_often_as_the_levers_say,
        customers.big_spenders_join_more_readily_as_the_lever_says,
    ),
}


# ---- points


def last_points_redeemed_first(patch: Patch) -> None:
    split = tables.split_into_lots

    def newest(moves: Any) -> Any:
        lots = split(moves)
        last_of = pd.Series(lots["lot"]).groupby(lots["row"]).cummax().to_numpy()
        return {**lots, "lot": np.where(lots["points"] < 0, last_of, lots["lot"])}

    patch.setattr(tables, "split_into_lots", newest)


def points_redeemed_before_they_are_earned(patch: Patch) -> None:
    price = Points.price

    def on_credit(self: Any, visit: Any) -> None:
        self._customers.active_points += 10
        price(self, visit)
        self._customers.active_points -= 10

    def one_lot_each(moves: Any) -> Any:
        return {**moves, "lot": moves["row"]}

    patch.setattr(Points, "price", on_credit)
    patch.setattr(tables, "split_into_lots", one_lot_each)


def pending_points_that_can_be_redeemed(patch: Patch) -> None:
    init = Points.__init__

    def at_once(self: Any, *given: Any) -> None:
        init(self, *given)
        self._accounts.pending_days = 0

    patch.setattr(Points, "__init__", at_once)


def points_that_lapse_although_they_were_redeemed(patch: Patch) -> None:
    """As many as were credited in the month that lapses, of whatever is left, newer points among it."""

    def all_of_that_age(self: Any, ruler: Any) -> Any:
        old = np.zeros(len(self._customers), np.int64)
        old[: len(ruler)] = ruler
        return np.minimum(old, self._customers.active_points)

    patch.setattr(Expiry, "_older_than", all_of_that_age)


def reversals_of_points_already_spent(patch: Patch) -> None:
    while_customers_have(patch, Accounts, "_reverse", "points_spent", 0)


# ---- tiers


def tiers_that_are_never_lost(patch: Patch) -> None:
    with_levers(patch, Privileges, "_levers", validity_months=1200)


def demotions_that_nobody_minds(patch: Patch) -> None:
    with_levers(patch, Privileges, "_levers", demotion_pain=0.0)


def priority_that_the_desk_does_not_see(patch: Patch) -> None:
    while_customers_have(patch, Service, "_queue", "has_priority", False)


# ---- deals


def reference_prices_that_never_learn(patch: Patch) -> None:
    with_operands(patch, Discounts, reference_speed=0.0)


def stock_that_nobody_uses_up(patch: Patch) -> None:
    while_customers_have(patch, Discounts, "add_forces", "stock", 0.0)


# ---- members


def big_spenders_who_join_like_all_others(patch: Patch) -> None:
    patch.setattr(traits, "_spending_score", lambda market, rate, spend_rate: np.zeros_like(rate))


def membership_that_never_fades(patch: Patch) -> None:
    with_operands(patch, Membership, fading_months=1e9)


def heavy_buyers_who_respond_like_light_ones(patch: Patch) -> None:
    while_customers_have(patch, Membership, "add_forces", "response", 1.0)


# ---- accounts


def rebates_paid_twice(patch: Patch) -> None:
    booked = accounts.Accounts._rebate_bookings.fget

    def twice(self: Any) -> pd.DataFrame:
        bookings = booked(self)
        return pd.concat([bookings, bookings[bookings["amount"] < 0]], ignore_index=True)

    patch.setattr(accounts.Accounts, "_rebate_bookings", property(twice))


def rebates_that_are_never_trued_up(patch: Patch) -> None:
    def accrued(self: Any) -> pd.DataFrame:
        rebates = self._tables["rebates"].assign(account="rebates", amount=-self._accrued)
        return rebates[["time", "account", "amount", "customer_id"]]

    patch.setattr(accounts.Accounts, "_rebate_bookings", property(accrued))


def deferrals_that_are_never_released(patch: Patch) -> None:
    patch.setattr(accounts, "earned", lambda deferral, *others: np.zeros_like(deferral))


def breakage_estimated_from_the_future(patch: Patch) -> None:
    """Every month expects what the last one does, as far as points are left."""
    estimate = kpi.expected_redemptions

    def with_hindsight(issued: Any, redeemed: Any, outstanding: Any, *given: Any) -> Any:
        final = estimate(issued, redeemed, outstanding, *given)[:, -1:]
        return np.clip(np.triu(np.broadcast_to(final, issued.shape)), redeemed, redeemed + outstanding)

    patch.setattr(kpi, "expected_redemptions", with_hindsight)


BUGS = (
    Bug(last_points_redeemed_first, "coffee", books.points_go_in_the_order_in_which_they_became_active),
    Bug(points_redeemed_before_they_are_earned, "coffee", books.no_balance_and_no_lot_is_ever_overdrawn),
    Bug(
        pending_points_that_can_be_redeemed,
        "terms",
        books.points_go_in_the_order_in_which_they_became_active,
    ),
    Bug(
        pending_points_that_can_be_redeemed,
        "terms",
        books.pending_points_become_active_at_the_first_statement_after_their_wait,
    ),
    Bug(
        points_that_lapse_although_they_were_redeemed,
        "terms",
        books.points_expire_at_statements_and_by_the_terms,
    ),
    Bug(
        reversals_of_points_already_spent,
        "terms, nothing pending",
        books.points_go_in_the_order_in_which_they_became_active,
    ),
    Bug(tiers_that_are_never_lost, "tiers", loyalty.tiers_follow_from_what_members_paid),
    Bug(
        demotions_that_nobody_minds,
        "tiers",
        loyalty.promotions_please_and_demotions_hurt_as_the_levers_say,
    ),
    Bug(
        priority_that_the_desk_does_not_see,
        "tiers",
        loyalty.nobody_is_served_while_a_ticket_with_priority_waits,
    ),
    Bug(reference_prices_that_never_learn, "deals", loyalty.baskets_follow_price_and_reference),
    Bug(stock_that_nobody_uses_up, "deals", loyalty.what_was_bought_ahead_is_missing_later),
    Bug(
        big_spenders_who_join_like_all_others,
        "members",
        customers.big_spenders_join_more_readily_as_the_lever_says,
    ),
    Bug(membership_that_never_fades, "members", loyalty.members_move_as_the_levers_say),
    Bug(heavy_buyers_who_respond_like_light_ones, "members", loyalty.members_move_as_the_levers_say),
    Bug(rebates_paid_twice, "terms", books.rebates_are_accrued_and_end_at_what_was_paid),
    Bug(rebates_that_are_never_trued_up, "terms", books.rebates_are_accrued_and_end_at_what_was_paid),
    Bug(deferrals_that_are_never_released, "terms", loyalty.revenue_is_released_as_points_are_redeemed),
    Bug(breakage_estimated_from_the_future, "terms", loyalty.accounts_know_nothing_of_the_future),
)
