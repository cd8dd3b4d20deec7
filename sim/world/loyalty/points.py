"""Points: earning, the pull of the goal, redeeming."""

from typing import Any

import numpy as np
from scipy.special import logit

from sim.compiled import compiled
from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.customers import Customers, Rows
from sim.world.journal import Journal, Records
from sim.world.loyalty.accounts import Accounts, Whole
from sim.world.loyalty.expiry import Expiry
from sim.world.loyalty.tool import Tool
from sim.world.operands import Operands, operands
from sim.world.purposes import CATEGORY, REDEEM, TAKEOVER
from sim.world.visit import NO_LUCK, Visit

MOMENTUM_DAYS = 30.0  # half-life of what a redemption adds to the pace


class Points(Tool):
    """Members earn whole points and trade them for rewards, at most one redemption at a purchase.

    A returned purchase costs what is left of the points it earned; a reward redeemed at it is not given back.
    Once nothing earns points any more they can still be redeemed and lapse, but a goal out of reach does not
    pull.
    """

    def __init__(self, all_terms: list[Scenario], customers: Customers, journal: Journal) -> None:
        """All terms that hold at some time of the run, those at its start first."""
        self._customers = customers
        self._accounts = Accounts(customers, journal)
        self._expiry = Expiry([terms.loyalty for terms in all_terms], customers)
        self.purposes = (REDEEM,)
        if any(terms.loyalty.bonus_share for terms in all_terms):
            self.purposes += (CATEGORY,)
        if all_terms[0].loyalty.fraud_rate:
            self.purposes += (TAKEOVER,)
        self.change(all_terms[0])

    def change(self, terms: Scenario) -> None:
        self._levers = levers = terms.loyalty
        self._is_open = "points" in terms.tools()
        self._operands = operands(
            levers,
            log_odds=float(logit(levers.redemption_probability)),
            redeems_all=levers.redemption == "amount",
            tier_bonus=terms.privileges.points_bonus,
            goal_gradient=levers.goal_gradient * self._is_open,
        )
        self._accounts.pending_days = terms.loyalty.pending_days

    def price(self, visit: Visit) -> None:
        """Thieves came before; members with a full card may redeem before they pay."""
        if self._levers.fraud_rate:
            self._make_good_thefts(visit)
        drawn, records = visit.luck[REDEEM], visit.records
        takes, points = _redeem(self._customers.table, records, drawn, visit.favour, self._operands)
        if takes.size:
            self._accounts.debit("redeem", visit.who[takes], visit.time[takes], points)

    def reward(self, visit: Visit) -> None:
        """New members get their head start; all members earn on what they paid."""
        if not self._is_open:
            return
        table, records = self._customers.table, visit.records
        if self._levers.endowed_points:
            new = _newcomers(table, records)
            head_start = np.full(new.size, self._levers.endowed_points)
            self._accounts.credit("bonus", visit.who[new], visit.time[new], head_start)
        luck = visit.luck.get(CATEGORY, NO_LUCK)
        earns = _earn(table, records, luck, self._operands)
        points, returned = records["points_earned"][earns], records["returned"][earns]
        self._accounts.credit("earn", visit.who[earns], visit.time[earns], points, returned)

    def add_forces(self, who: Rows, time: Floats, pull: Floats, hold: Floats) -> None:
        """The goal and the memory of a redemption speed; points not yet redeemed hold their owner."""
        _add_forces(self._customers.table, who, time, self._operands, pull, hold)

    def statement(self, number: int, now: float) -> Rows:
        """First reversals, then pending points become active, then points lapse."""
        reversed_from = self._accounts.settle(now)
        lapsing = self._expiry.lapsing(self._levers, number, now)
        who = np.flatnonzero(lapsing)
        self._accounts.debit("expire", who, np.full(who.size, now), lapsing[who])
        self._expiry.close(number)
        return np.concatenate([reversed_from, who])

    def _make_good_thefts(self, visit: Visit) -> None:
        """Thieves have redeemed all active points of some; the company bears it and gives them back."""
        (robbed,) = (visit.luck[TAKEOVER] < self._levers.fraud_rate).nonzero()
        robbed = robbed[self._customers.active_points[visit.who[robbed]] > 0]
        if not robbed.size:
            return
        who, time = visit.who[robbed], visit.time[robbed]
        points = self._customers.active_points[who]
        self._accounts.debit("redeem", who, time, points)
        self._accounts.restore(who, time, points)
        visit.records["reward_cost"][robbed] += points / self._levers.reward_points * self._levers.reward_cost


@compiled
def _redeem(
    table: Any, visits: Records, luck: Floats, favour: Floats, operands: Operands
) -> tuple[Rows, Whole]:
    """Of those with a full card some redeem one reward, or all active points where any amount can be.

    Returns their places among the visits and the points.
    """
    levers = operands[0]
    places, points, size = np.empty(len(visits), np.intp), np.empty(len(visits), np.int64), 0
    for i in range(len(visits)):
        visit = visits[i]
        customer = table[visit.row]
        if customer.active_points >= levers.reward_points and luck[i] < _readiness(customer, levers):
            redeemed = customer.active_points if levers.redeems_all else np.int64(levers.reward_points)
            visit.reward_cost += redeemed / levers.reward_points * levers.reward_cost
            favour[i] += levers.reward_delight
            customer.redeemed_at = visit.day
            places[size], points[size] = i, redeemed
            size += 1
    return places[:size], points[:size]


@compiled
def _readiness(customer: Any, levers: Any) -> float:
    """logit P = logit redemption_probability - redemption_hassle x h, h ~ exponential(1) for life."""
    if levers.redemption_hassle == 0:
        return levers.redemption_probability
    return 1 / (1 + np.exp(levers.redemption_hassle * customer.hassle - levers.log_odds))


@compiled
def _newcomers(table: Any, visits: Records) -> Rows:
    """Places among the visits of those at which the customer joins."""
    places, size = np.empty(len(visits), np.intp), 0
    for i in range(len(visits)):
        if table[visits[i].row].member_since == visits[i].day:
            places[size] = i
            size += 1
    return places[:size]


@compiled
def _earn(table: Any, visits: Records, luck: Floats, operands: Operands) -> Rows:
    """Fill in the points that visits bring, by their luck in categories; returns the places of those."""
    levers = operands[0]
    places, size = np.empty(len(visits), np.intp), 0
    for i in range(len(visits)):
        visit = visits[i]
        customer = table[visit.row]
        if customer.member_since <= visit.day:
            has_bonus = levers.bonus_share > 0 and luck[i] < levers.bonus_share
            visit.points_earned = _earned(customer, levers, visit.amount - visit.discount, has_bonus)
        if visit.points_earned:
            places[size] = i
            size += 1
    return places[:size]


@compiled
def _earned(customer: Any, levers: Any, paid: float, has_bonus: bool) -> int:
    """Whole points that a purchase brings to a member.

    (points_per_unit x paid + points_per_visit) x bonus of the category x (1 + points_bonus x tier)
    """
    points = paid * levers.points_per_unit + levers.points_per_visit
    if has_bonus:
        points *= levers.bonus_multiplier
    return int(np.floor(points * (1 + levers.tier_bonus * customer.tier) + 1e-9))


@compiled
def _add_forces(table: Any, who: Rows, time: Floats, operands: Operands, pull: Floats, hold: Floats) -> None:
    """Pull += the goal gradient and the momentum of a redemption, diluted by the cards of rivals.

    Hold += switching_cost x how full the card is, 0 to 1, pending points included.
    """
    levers = operands[0]
    for i in range(len(who)):
        customer = table[who[i]]
        cards = customer.points / levers.reward_points
        momentum = np.exp2((customer.redeemed_at - time[i]) / MOMENTUM_DAYS)
        lift = _goal(customer, levers, time[i]) + levers.reward_momentum * customer.response * momentum
        pull[i] += lift * customer.dilution
        hold[i] += levers.switching_cost * min(cards, 1.0)


@compiled
def _goal(customer: Any, levers: Any, time: float) -> float:
    """The pull of the goal: goal_gradient x (how full the card is - (1 - response) / 2 for members).

    Whoever has filled a card works on the next one, redeemed or not: the pace falls back. Those whom the
    program does not move only time their purchases by the goal.
    """
    full = customer.points % levers.reward_points / levers.reward_points
    timing = (1 - customer.response) / 2 * (customer.member_since <= time)
    return levers.goal_gradient * (full - timing)
