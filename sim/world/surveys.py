"""Monthly survey waves: a sample of recent buyers, some of whom answer, roughly."""

import numpy as np

from sim.luck import Floats, Luck, Numbers, normal
from sim.scenario import Scenario
from sim.world.customers import Customers, Rows
from sim.world.journal import Journal
from sim.world.purposes import ANSWERS, ASKED, CSAT_NOISE, NPS_NOISE


class Surveys:
    """Asks for NPS (0 to 10, whole) and CSAT (1 to 5, whole). Answers change nothing: it only observes."""

    def __init__(self, scenario: Scenario, luck: Luck, customers: Customers, journal: Journal) -> None:
        self._standard = scenario.retention.market_standard
        self._luck = luck
        self._customers = customers
        self._journal = journal
        self.change(scenario)

    def change(self, terms: Scenario) -> None:
        """From now on ask by these terms."""
        self._levers = terms.surveys

    def wave(self, number: int, day: float) -> None:
        """Ask recent buyers on `day`; `number` counts the waves."""
        customers, levers = self._customers, self._levers
        recent = np.flatnonzero(customers.last_purchase > day - levers.recent_days)
        asked = self._those_within(levers.sample_share, recent, ASKED, number)
        answering = self._those_within(self._response(customers.satisfaction[asked]), asked, ANSWERS, number)
        u = self._luck.uniform((NPS_NOISE, CSAT_NOISE), customers.key[answering], number)
        nps, csat = customers.satisfaction[answering] + levers.noise_sd * normal(u)
        self._journal.record(
            "surveys",
            row=answering,
            day=day,
            nps=np.clip(np.round(nps), 0, 10),
            csat=np.clip(np.round(1 + 0.4 * csat), 1, 5),
        )

    def _those_within(self, chance: Numbers, who: Rows, purpose: int, number: int) -> Rows:
        """Those of `who` on whom the luck of this wave falls, with these chances."""
        return who[self._luck.uniform(purpose, self._customers.key[who], number) < chance]

    def _response(self, satisfaction: Floats) -> Floats:
        """Probability to answer: the odds at the standard of satisfaction times exp(bias x surplus)."""
        rate = self._levers.response_rate
        odds = rate * np.exp(self._levers.response_bias * (satisfaction - self._standard))
        return odds / (odds + 1 - rate)
