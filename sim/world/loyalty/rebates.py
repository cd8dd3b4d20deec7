"""Rebates: money back for those who claim it in time; few do, but most of those whom it made buy."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from sim.compiled import compiled
from sim.luck import Floats, beta
from sim.scenario import Scenario
from sim.world.costs import to_the_cent
from sim.world.customers import NEVER, Customers, Rows
from sim.world.experience import WORST
from sim.world.journal import Journal, Records
from sim.world.loyalty.tool import NOBODY, Tool
from sim.world.operands import Operands, operands
from sim.world.purposes import CLAIM, CLAIM_DAY, REFUSED
from sim.world.visit import Visit

USUAL_DEADLINE = 30.0  # days, for which the levers give the chances of a claim
EARLY, LATE = 0.5, 0.75  # Beta distribution of claims within the deadline: many soon, some just in time


class Promises(NamedTuple):
    """Rebates, one value each: the place of the purchase, currency, whether it is claimed and refused."""

    given: Rows
    amount: Floats
    claims: NDArray[np.bool_]
    refused: NDArray[np.bool_]


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
        others, prone = expit(logit([levers.others_claims, levers.prone_claims]) - trouble)
        self._operands = operands(levers, others_claims=others, prone_claims=prone)

    def reward(self, visit: Visit) -> None:
        """Promise a share of what was paid; whether, when and how it is claimed is decided at once."""
        levers = self._levers
        luck = visit.luck[CLAIM], visit.luck[REFUSED]
        given, amount, claims, refused = _promise(self._customers.table, visit.records, luck, self._operands)
        if not given.size:
            return
        who, time, share = visit.who[given], visit.time[given], visit.luck[CLAIM_DAY][given]
        day = np.full(len(who), NEVER)
        day[claims] = time[claims] + levers.deadline_days * beta(share[claims], EARLY, LATE)
        self._journal.record(
            "rebates",
            row=who,
            day=time,
            amount=amount,
            deadline=time + levers.deadline_days,
            claimed=day,
            refused=refused,
        )
        if levers.refusal_pain and np.count_nonzero(refused):
            self._refusals.append((who[refused], day[refused]))

    def add_forces(self, who: Rows, time: Floats, pull: Floats, hold: Floats) -> None:
        """What can be claimed back speeds the deal-prone."""
        _speed(self._customers.table, who, self._levers.rebate_to_pace * self._levers.rate, pull)

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


@compiled
def _promise(table: Any, visits: Records, luck: tuple[Floats, Floats], operands: Operands) -> Promises:
    """A rebate of rate x paid, to the cent, on each purchase that is not returned.

    `luck` is that of claims and of refusals.
    """
    levers = operands[0]
    claim, refusal = luck
    given, amount, size = np.empty(len(visits), np.intp), np.empty(len(visits)), 0
    claims, refused = np.empty(len(visits), np.bool_), np.empty(len(visits), np.bool_)
    for i in range(len(visits)):
        visit = visits[i]
        rebate = to_the_cent(levers.rate * (visit.amount - visit.discount))
        if rebate > 0 and not visit.returned:
            chance = levers.prone_claims if table[visit.row].is_prone else levers.others_claims
            given[size], amount[size] = i, rebate
            claims[size] = claim[i] < chance
            refused[size] = claims[size] and refusal[i] < levers.refusal_rate
            size += 1
    return Promises(given[:size], amount[:size], claims[:size], refused[:size])


@compiled
def _speed(table: Any, who: Rows, speed: float, pull: Floats) -> None:
    """Pull += rebate_to_pace x rate for the deal-prone."""
    for i in range(len(who)):
        if table[who[i]].is_prone:
            pull[i] += speed
