"""Rebates: money back for those who claim it in time; few do, but most of those whom it made buy."""

import numpy as np
from scipy.special import expit, logit

from sim.luck import Floats, Numbers, beta
from sim.scenario import Scenario
from sim.world.customers import NEVER, Customers, Rows
from sim.world.experience import WORST
from sim.world.journal import Journal
from sim.world.loyalty.tool import NOBODY, Tool, Visit
from sim.world.purposes import CLAIM, CLAIM_DAY, REFUSED

USUAL_DEADLINE = 30.0  # days, for which the levers give the chances of a claim
EARLY, LATE = 0.5, 0.75  # Beta distribution of claims within the deadline: many soon, some just in time


class Rebates(Tool):
    """Each purchase that is not returned can be claimed for; a refused claim hurts at the next statement.

    logit P(claim) = logit(prone_claims or others_claims) - claim_effort - procrastination
    log2(deadline_days / 30). Claims come early or just before the deadline, as coupons do (Inman & McAlister
    1994); the shape is a design choice.
    """

    def __init__(self, terms: Scenario, customers: Customers, journal: Journal) -> None:
        self._customers = customers
        self._journal = journal
        self._refusals: list[tuple[Rows, Floats]] = []
        self.purposes = (CLAIM, CLAIM_DAY, REFUSED)
        self.change(terms)

    def change(self, terms: Scenario) -> None:
        self._levers = levers = terms.rebates
        doublings = np.log2(levers.deadline_days / USUAL_DEADLINE)
        trouble = levers.claim_effort + levers.procrastination * doublings
        self._chances = expit(logit([levers.others_claims, levers.prone_claims]) - trouble)

    def reward(self, visit: Visit) -> None:
        """Promise a share of what was paid; whether, when and how it is claimed is decided at once."""
        levers = self._levers
        amount = (levers.rate * visit.paid).round(2)
        given = (amount > 0) & ~visit.returned
        if not np.count_nonzero(given):
            return
        who, time = visit.who[given], visit.time[given]
        claim, share, refusal = (visit.luck[purpose][given] for purpose in self.purposes)
        claims = claim < self._chances[self._customers.is_prone[who].astype(np.intp)]
        refused = claims & (refusal < levers.refusal_rate)
        day = np.full(len(who), NEVER)
        day[claims] = time[claims] + levers.deadline_days * beta(share[claims], EARLY, LATE)
        self._journal.record(
            "rebates",
            row=who,
            day=time,
            amount=amount[given],
            deadline=time + levers.deadline_days,
            claimed=day,
            refused=refused,
        )
        if levers.refusal_pain and np.count_nonzero(refused):
            self._refusals.append((who[refused], day[refused]))

    def pull(self, who: Rows, time: Floats) -> Numbers:
        """What can be claimed back speeds the deal-prone."""
        speed = self._levers.rebate_to_pace * self._levers.rate
        return speed * self._customers.is_prone[who] if speed else 0.0

    def statement(self, number: int, now: float) -> Rows:
        """Those whose claims have been refused by now feel it."""
        if not self._refusals:
            return NOBODY
        row, day = (np.concatenate(column) for column in zip(*self._refusals, strict=True))
        due = day <= now
        self._refusals = [(row[~due], day[~due])]
        hurt, refusals = np.unique(row[due], return_counts=True)
        felt = self._customers.satisfaction[hurt] - self._levers.refusal_pain * refusals
        self._customers.satisfaction[hurt] = np.maximum(felt, WORST)
        return hurt
