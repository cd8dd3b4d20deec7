"""What pulls customers back sooner and what holds them: one sum each, read by every decision about them."""

from typing import Any

import numpy as np

from sim.compiled import compiled
from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.customers import Customers, Rows
from sim.world.extension import Extension, fatigue_of
from sim.world.loyalty import Loyalty
from sim.world.operands import Operands, operands


class Forces:
    """Pull (log purchase rate) and hold (log-odds or log hazard of loss, lowered); at 0 they are the base."""

    def __init__(
        self,
        scenario: Scenario,
        customers: Customers,
        loyalty: Loyalty,
        extension: Extension,
    ) -> None:
        self._operands = operands(
            scenario.retention,
            commitment_to_loss=scenario.experience.commitment_to_loss,
            breach_to_loss=scenario.experience.breach_to_loss,
            double_deviation=scenario.service.double_deviation,
            window_days=scenario.service.window_days,
            rivals=scenario.market.rivals,
            product_to_pace=scenario.extension.product_to_pace,
            product_to_loss=scenario.extension.product_to_loss,
            fatigue_to_pace=scenario.extension.fatigue_to_pace,
        )
        self._customers = customers
        self._loyalty = loyalty
        self._extension = extension

    def of(self, who: Rows, time: Floats) -> tuple[Floats, Floats]:
        """Pull and hold of customers `who` at `time` (days)."""
        pull, hold = _forces(self._customers.table, who, time, self._operands)
        self._loyalty.add_forces(who, time, pull, hold)
        if self._extension.is_open:
            tiring = self._extension.fatigue_half_life_days, self._operands
            _extend(self._customers.table, who, time, tiring, (pull, hold))
        return pull, hold


@compiled
def _forces(table: Any, who: Rows, time: Floats, operands: Operands) -> tuple[Floats, Floats]:
    """Pull and hold that come of what customers think of the company and have not forgotten."""
    levers = operands[0]
    pull, hold = np.empty(len(who)), np.empty(len(who))
    for i in range(len(who)):
        customer = table[who[i]]
        surplus = customer.satisfaction - levers.market_standard
        resents = time[i] - customer.grudge_at < levers.window_days
        pull[i] = levers.satisfaction_to_pace * surplus
        hold[i] = (
            levers.satisfaction_to_loss * surplus
            + levers.commitment_to_loss * (customer.commitment - 0.5)
            - levers.breach_to_loss * customer.breach
            - levers.double_deviation * resents
            - levers.rivals
        )
    return pull, hold


@compiled
def _extend(
    table: Any, who: Rows, time: Floats, tiring: tuple[float, Operands], forces: tuple[Floats, Floats]
) -> None:
    """Add what further products do, and offers that tire with this half-life (days), by these levers."""
    (half_life_days, operands), (pull, hold) = tiring, forces
    levers = operands[0]
    for i in range(len(who)):
        customer = table[who[i]]
        fatigue = fatigue_of(customer, time[i], half_life_days)
        pull[i] += levers.product_to_pace * customer.held - levers.fatigue_to_pace * fatigue
        hold[i] += levers.product_to_loss * customer.held
