"""What pulls customers back sooner and what holds them: one sum each, read by every decision about them."""

import numpy as np
from numpy.typing import NDArray

from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.customers import Customers, Rows
from sim.world.experience import Experience
from sim.world.extension import Extension
from sim.world.loyalty import Loyalty
from sim.world.operands import operands


class Forces:
    """Pull (log purchase rate) and hold (log-odds or log hazard of loss, lowered); at 0 they are the base."""

    def __init__(
        self,
        scenario: Scenario,
        customers: Customers,
        experience: Experience,
        loyalty: Loyalty,
        extension: Extension,
    ) -> None:
        self._retention = operands(scenario.retention)
        self._experience_levers = operands(scenario.experience)
        self._service = operands(scenario.service)
        self._market = operands(scenario.market)
        self._extension_levers = operands(scenario.extension)
        self._customers = customers
        self._experience = experience
        self._loyalty = loyalty
        self._extension = extension

    def of(self, who: Rows, time: Floats) -> tuple[Floats, Floats]:
        """Pull and hold of customers `who` at `time` (days)."""
        customers, retention, experience = self._customers, self._retention, self._experience_levers
        surplus = self._experience.surplus(who)
        pull = retention.satisfaction_to_pace * surplus
        hold = (
            retention.satisfaction_to_loss * surplus
            + experience.commitment_to_loss * (customers.commitment[who] - 0.5)
            - experience.breach_to_loss * customers.breach[who]
            - self._service.double_deviation * self._resents(who, time)
            - self._market.rivals
        )
        pull, hold = self._loyalty.add_forces(who, time, pull, hold)
        if not self._extension.is_open:
            return pull, hold
        held, levers = customers.held[who], self._extension_levers
        annoyed = levers.fatigue_to_pace * self._extension.fatigue(who, time)
        return pull + levers.product_to_pace * held - annoyed, hold + levers.product_to_loss * held

    def _resents(self, who: Rows, time: Floats) -> NDArray[np.bool_]:
        """Whether a second failure or an unresolved complaint is still remembered."""
        age = time - self._customers.grudge_at[who]
        return age < self._service.window_days
