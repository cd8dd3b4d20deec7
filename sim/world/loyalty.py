"""The points program: joining, earning, the pull of the goal, redeeming."""

import numpy as np
from numpy.typing import NDArray

from sim.levers import Loyalty
from sim.luck import Draws, Floats
from sim.world.customers import NEVER, Customers, Rows
from sim.world.journal import Journal
from sim.world.purposes import JOIN, REDEEM


class PointsProgram:
    """Members earn whole points per unit paid and trade `reward_points` for a reward, one per purchase."""

    def __init__(self, levers: Loyalty, customers: Customers, journal: Journal) -> None:
        self._levers = levers
        self._customers = customers
        self._journal = journal
        self._open = levers.points_per_unit > 0
        self.purposes = (JOIN, REDEEM) if self._open else ()

    def redeem(self, who: Rows, time: Floats, luck: Draws) -> NDArray[np.bool_]:
        """Members with a full card may take the reward before they pay; returns who does."""
        if not self._open:
            return np.zeros(len(who), np.bool_)
        full = self._customers.points[who] >= self._levers.reward_points
        takes = full & (luck[REDEEM] < self._levers.redemption_probability)
        self._move(who[takes], time[takes], np.full(takes.sum(), -self._levers.reward_points))
        return takes

    def earn(self, who: Rows, time: Floats, paid: Floats, luck: Draws) -> NDArray[np.int64]:
        """Customers may join, then members earn on what they paid; returns the points of each purchase."""
        if not self._open:
            return np.zeros(len(who), np.int64)
        customers = self._customers
        joins = (customers.member_since[who] == NEVER) & (luck[JOIN] < self._levers.join_probability)
        customers.member_since[who[joins]] = time[joins]
        member = customers.member_since[who] <= time
        points = np.floor(paid * self._levers.points_per_unit * member + 1e-9).astype(np.int64)
        earned = points > 0
        self._move(who[earned], time[earned], points[earned])
        return points

    def progress(self, who: Rows) -> Floats:
        """How full the card is, 0 to 1; 0 for those without one."""
        return np.minimum(self._customers.points[who] / self._levers.reward_points, 1.0)

    def _move(self, who: Rows, time: Floats, points: NDArray[np.int64]) -> None:
        if who.size:
            self._customers.points[who] += points
            self._journal.record("points", row=who, day=time, points=points)
