"""Monthly survey waves: a sample of recent buyers, some of whom answer, roughly."""

import numpy as np

from sim.luck import Floats, Luck, normal
from sim.scenario import Scenario
from sim.world.customers import Customers
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
        recent = np.flatnonzero(self._customers.last_purchase > day - self._levers.recent_days)
        if not recent.size:
            return
        asked, answers, nps_u, csat_u = self._luck.uniform(
            (ASKED, ANSWERS, NPS_NOISE, CSAT_NOISE), self._customers.key[recent], number
        )
        satisfaction = self._customers.satisfaction[recent]
        answered = (asked < self._levers.sample_share) & (answers < self._response(satisfaction))
        felt = satisfaction[answered]
        noise = self._levers.noise_sd
        self._journal.record(
            "surveys",
            row=recent[answered],
            day=day,
            nps=np.clip(np.round(felt + noise * normal(nps_u[answered])), 0, 10),
            csat=np.clip(np.round(1 + 0.4 * (felt + noise * normal(csat_u[answered]))), 1, 5),
        )

    def _response(self, satisfaction: Floats) -> Floats:
        """Probability to answer: the odds at the standard of satisfaction times exp(bias x surplus)."""
        rate = self._levers.response_rate
        odds = rate * np.exp(self._levers.response_bias * (satisfaction - self._standard))
        return odds / (odds + 1 - rate)
