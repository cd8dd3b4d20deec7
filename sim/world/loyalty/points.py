"""Points: earning, the pull of the goal, redeeming."""

import numpy as np
from scipy.special import expit, logit

from sim.luck import Floats, Numbers
from sim.scenario import Scenario
from sim.world.customers import Customers, Rows
from sim.world.journal import Journal
from sim.world.loyalty.accounts import Accounts, Whole
from sim.world.loyalty.expiry import Expiry
from sim.world.loyalty.tool import Tool, Visit
from sim.world.purposes import CATEGORY, REDEEM, TAKEOVER

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
        self._levers = terms.loyalty
        self._tier_bonus = terms.privileges.points_bonus
        self._is_open = "points" in terms.tools()
        self._accounts.pending_days = terms.loyalty.pending_days

    def price(self, visit: Visit) -> None:
        """Thieves came before; members with a full card may redeem before they pay."""
        if self._levers.fraud_rate:
            self._make_good_thefts(visit)
        (full,) = (self._customers.active_points[visit.who] >= self._levers.reward_points).nonzero()
        if full.size:
            takes = visit.luck[REDEEM][full] < self._redemption_probability(visit.who[full])
            self._redeem(visit, full[takes])

    def reward(self, visit: Visit) -> None:
        """New members get their head start; all members earn on what they paid."""
        if not self._is_open:
            return
        since = self._customers.member_since[visit.who]
        if self._levers.endowed_points:
            (new,) = (since == visit.time).nonzero()
            head_start = np.full(new.size, self._levers.endowed_points)
            self._accounts.credit("bonus", visit.who[new], visit.time[new], head_start)
        visit.points = self._earned(visit) * (since <= visit.time)
        (earns,) = visit.points.nonzero()
        self._accounts.credit(
            "earn", visit.who[earns], visit.time[earns], visit.points[earns], visit.returned[earns]
        )

    def pull(self, who: Rows, time: Floats) -> Floats:
        """The goal gradient and the momentum of a redemption, diluted by the cards of rivals.

        Whoever has filled a card works on the next one, redeemed or not: the pace falls back. Those whom the
        program does not move only time their purchases by the goal.
        """
        levers, customers = self._levers, self._customers
        response = customers.response[who]
        lift: Floats = np.zeros(who.size)
        if self._is_open:
            goal = customers.points[who] % levers.reward_points / levers.reward_points
            timing = (1 - response) / 2 * (customers.member_since[who] <= time)
            lift = levers.goal_gradient * (goal - timing)
        if levers.reward_momentum:
            age = (customers.redeemed_at[who] - time) / MOMENTUM_DAYS
            lift = lift + levers.reward_momentum * response * np.exp2(age)
        return lift * customers.dilution[who]

    def hold(self, who: Rows, time: Floats) -> Floats:
        """Points not yet redeemed hold their owner."""
        return self._levers.switching_cost * self._progress(who)

    def statement(self, number: int, now: float) -> Rows:
        """First reversals, then pending points become active, then points lapse."""
        reversed_from = self._accounts.settle(now)
        lapsing = self._expiry.lapsing(self._levers, number, now)
        who = np.flatnonzero(lapsing)
        self._accounts.debit("expire", who, np.full(who.size, now), lapsing[who])
        self._expiry.close(number)
        return np.concatenate([reversed_from, who])

    def _progress(self, who: Rows) -> Floats:
        """How full the card is, 0 to 1, pending points included; 0 for those without one."""
        return np.minimum(self._customers.points[who] / self._levers.reward_points, 1.0)

    def _earned(self, visit: Visit) -> Whole:
        """Whole points that these purchases bring to members.

        (points_per_unit x paid + points_per_visit) x bonus of the category x (1 + points_bonus x tier)
        """
        levers = self._levers
        points = visit.paid * levers.points_per_unit + levers.points_per_visit
        if levers.bonus_share:
            has_bonus = visit.luck[CATEGORY] < levers.bonus_share
            points = points * np.where(has_bonus, levers.bonus_multiplier, 1.0)
        if self._tier_bonus:
            points = points * (1 + self._tier_bonus * self._customers.tier[visit.who])
        return np.floor(points + 1e-9).astype(np.int64)

    def _redemption_probability(self, who: Rows) -> Numbers:
        """logit P = logit redemption_probability - redemption_hassle x h, h ~ exponential(1) for life."""
        levers = self._levers
        if not levers.redemption_hassle:
            return levers.redemption_probability
        minds = self._customers.hassle[who]
        return expit(logit(levers.redemption_probability) - levers.redemption_hassle * minds)

    def _redeem(self, visit: Visit, takes: Rows) -> None:
        """These places of the visit redeem one reward, or all active points where any amount can be."""
        levers, who = self._levers, visit.who[takes]
        points = np.full(takes.size, levers.reward_points)
        if levers.redemption == "amount":
            points = self._customers.active_points[who]
        self._accounts.debit("redeem", who, visit.time[takes], points)
        self._customers.redeemed_at[who] = visit.time[takes]
        visit.reward_cost[takes] += self._cost_of(points)
        visit.delight[takes] += levers.reward_delight

    def _make_good_thefts(self, visit: Visit) -> None:
        """Thieves have redeemed all active points of some; the company bears it and gives them back."""
        (robbed,) = (visit.luck[TAKEOVER] < self._levers.fraud_rate).nonzero()
        robbed = robbed[self._customers.active_points[visit.who[robbed]] > 0]
        who, time = visit.who[robbed], visit.time[robbed]
        points = self._customers.active_points[who]
        self._accounts.debit("redeem", who, time, points)
        self._accounts.restore(who, time, points)
        visit.reward_cost[robbed] += self._cost_of(points)

    def _cost_of(self, points: Whole) -> Floats:
        """What so many redeemed points cost the company, currency."""
        return points / self._levers.reward_points * self._levers.reward_cost
