"""Monthly survey waves: a sample of recent buyers, some of whom answer, roughly."""

from typing import Any

import numpy as np

from sim.compiled import compiled
from sim.luck import Luck, Words, normal, uniform
from sim.scenario import Scenario
from sim.world.customers import Customers, Rows
from sim.world.journal import Journal
from sim.world.operands import Operands, operands
from sim.world.purposes import ANSWERS, ASKED, CSAT_NOISE, NPS_NOISE


class Surveys:
    """Asks for NPS (0 to 10, whole) and CSAT (1 to 5, whole). Answers change nothing: it only observes."""

    def __init__(self, scenario: Scenario, luck: Luck, customers: Customers, journal: Journal) -> None:
        self._standard = scenario.retention.market_standard
        self._luck = luck
        self._keys = luck.keys((ASKED, ANSWERS))
        self._customers = customers
        self._journal = journal
        self.change(scenario)

    def change(self, terms: Scenario) -> None:
        """From now on ask by these terms."""
        self._levers = terms.surveys
        self._operands = operands(terms.surveys, market_standard=self._standard)

    def wave(self, number: int, day: float) -> None:
        """Ask recent buyers on `day`; `number` counts the waves."""
        if not self._levers.sample_share:
            return
        customers, luck = self._customers, self._luck
        who = _those_who_answer(customers.table, number, day, self._keys, self._operands)
        noise = normal(luck.uniform((NPS_NOISE, CSAT_NOISE), customers.key[who], number))
        nps, csat = customers.satisfaction[who] + self._levers.noise_sd * noise
        self._journal.record(
            "surveys",
            row=who,
            day=day,
            nps=np.rint(nps).clip(0, 10),
            csat=np.rint(1 + 0.4 * csat).clip(1, 5),
        )


@compiled
def _those_who_answer(table: Any, number: int, day: float, keys: Words, operands: Operands) -> Rows:
    """Rows of the recent buyers who are asked and answer; `keys` are those of the luck of either.

    The odds to answer are those at the market's standard of satisfaction times exp(bias x surplus).
    """
    levers = operands[0]
    rows, size = np.empty(len(table), np.intp), 0
    for row in range(len(table)):
        customer = table[row]
        key = np.uint64(customer.key)
        is_recent = customer.last_purchase > day - levers.recent_days
        if not is_recent or uniform(keys[0], key, np.uint64(number)) >= levers.sample_share:
            continue
        surplus = customer.satisfaction - levers.market_standard
        odds = levers.response_rate * np.exp(levers.response_bias * surplus)
        if uniform(keys[1], key, np.uint64(number)) < odds / (odds + 1 - levers.response_rate):
            rows[size] = row
            size += 1
    return rows[:size]
