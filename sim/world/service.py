"""The service desk: complaints, billing tickets and questions; help pages, a bot, agents; log-ins that fail.

Purchases lead to tickets that are opened some time later. A report lets the desk catch up with the customers:
it routes what has been opened, has the agents work until now, and lets customers feel what was closed. A
customer waits in a shared queue, so only here does one customer's trouble reach another.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.luck import Floats, Luck, exponential, normal
from sim.scenario import Scenario
from sim.world.customers import NEVER, Customers, Rows
from sim.world.desk import Desk, on_the_tick
from sim.world.experience import WORST
from sim.world.extension import TREATMENTS
from sim.world.journal import RESPONSES, TOUCHES, Column, Journal, Records
from sim.world.operands import Operands, operands
from sim.world.purposes import (
    BOT,
    BOT_SOLVES,
    ENQUIRY,
    HANDLING,
    LOGIN,
    RESOLVED,
    SELF_SERVICE,
    SIMPLE,
    TICKET,
    TICKET_DELAY,
)
from sim.world.visit import Visit

REASONS = ("complaint", "billing", "question")
CHANNELS = ("web", "bot", "agent")
TICKET_DELAY_DAYS = np.array([0.5, 2.0, 2.0])  # mean, by reason: design choice
LONGEST_PAIN = 3.0  # points of 10 that waiting costs at most: design choice
COMPLEX_FOR_BOT = 0.25  # how well a bot does with a complex ticket, of a simple one: design choice
LOGIN_CARE = 0.3  # log failures per point of satisfaction: the unhappy forget passwords; design choice
MOST_LOGINS = 5  # failures until the account is locked: design choice

_COMPLAINT = REASONS.index("complaint")
_WEB, _BOT, _AGENT = range(len(CHANNELS))
_HOURS = 24.0
_FIELDS = np.dtype(
    [
        ("number", np.int64),
        ("row", np.intp),
        ("count", np.int64),  # purchases before the one that caused it
        ("caused", np.float64),  # day of that purchase
        ("opened", np.float64),
        ("reason", np.int8),
        ("channel", np.int8),  # where it goes first
        ("by_machine", np.bool_),  # resolved by help pages or bot
        ("resolved", np.bool_),
        ("started", np.float64),
        ("closed", np.float64),
    ]
)
_TICKET = np.dtype((np.record, _FIELDS))
Tickets = NDArray[np.void]


class Service:
    """Tickets from purchases, their way through the desk, and what they do to satisfaction.

    `is_open` says whether there can be tickets at all: without, there is nothing to report.
    """

    def __init__(self, scenario: Scenario, luck: Luck, customers: Customers, journal: Journal) -> None:
        levers = scenario.service
        self._standard = scenario.retention.market_standard
        self._luck = luck
        self._customers = customers
        self._journal = journal
        self._desk = Desk(levers.agents)
        self._asks = np.cumsum([levers.billing_tickets, levers.questions])
        self.is_open = bool(levers.complaint_share or self._asks[-1])
        self._received: list[Records] = []
        self._coming: Tickets = np.empty(0, _TICKET)
        self._open: Tickets = np.empty(0, _TICKET)  # by number
        self._numbered = 0
        self.change(scenario)

    def change(self, terms: Scenario) -> None:
        """These terms hold from the day on up to which the desk has caught up.

        Tickets opened before it stay where they are. `purposes` may be others now.
        """
        self._levers = levers = terms.service
        self._operands = operands(levers, market_standard=self._standard)
        self._desk.staff(levers.agents)
        self.purposes = (LOGIN,) if levers.failed_logins else ()
        # chance that the channel resolves a (complex, simple) ticket without an agent
        self._skill = np.array([[0, 1], [COMPLEX_FOR_BOT * levers.bot_accuracy, levers.bot_accuracy], [0, 0]])

    def receive(self, visit: Visit) -> None:
        """Purchases that lead to tickets, and to log-ins that may fail."""
        if self.is_open:
            self._received.append(visit.records)
        if self._levers.failed_logins:
            self._log_in(visit)

    def report(self, now: float) -> Rows:
        """Bring the desk up to `now` (days); returns the rows of customers whom that has changed, each once.

        What was closed by then is recorded as an answer and felt.
        """
        self.catch_up(now)
        is_closed = self._open["closed"] <= now
        closed, self._open = self._open[is_closed], self._open[~is_closed]
        if not closed.size:
            return np.empty(0, np.intp)
        self._answer(closed)
        return self._feel(closed)

    def catch_up(self, now: float) -> None:
        """Have the desk work until `now` (days); nobody is told yet.

        All purchases before `now` must have been made. Tickets opened before it are recorded and routed.
        """
        if not self.is_open:
            return
        self._open = np.concatenate([self._open, self._route(self._opened(now))])
        self._work(now)

    def close(self, now: float) -> None:
        """After the last report, record the tickets that somebody is still working on."""
        self._answer(self._open[self._open["started"] <= now])

    def _log_in(self, visit: Visit) -> None:
        """Let log-ins fail at these purchases."""
        failures = np.empty(len(visit.who), np.int64)
        if not _log_in(self._customers.table, visit.who, visit.luck[LOGIN], self._operands, failures):
            return
        each = np.repeat(np.arange(len(failures)), failures)
        self._journal.record(
            "touchpoints",
            row=visit.who[each],
            day=visit.time[each],
            kind=TOUCHES.index("log-in failed"),
            product=-1,
            response=RESPONSES.index("none"),
        )

    def _fresh(self) -> Tickets:
        """Tickets that purchases have led to since the last report, with the day on which each is opened."""
        received, self._received = self._received, []
        if not received:
            return np.empty(0, _TICKET)
        names = ("row", "day", "count", "failures", "tolerance")
        who, time, count, failures, tolerance = (
            np.concatenate([one[name] for one in received]) for name in names
        )
        ticket, enquiry = self._luck.uniform((TICKET, ENQUIRY), self._customers.key[who], count)
        found, reason = self._asking(failures > tolerance, ticket, enquiry)
        row, caused, count = who[found], time[found], count[found]
        tickets = np.zeros(row.size, _TICKET)
        tickets["row"], tickets["caused"], tickets["count"], tickets["reason"] = row, caused, count, reason
        delay = exponential(self._luck.uniform(TICKET_DELAY, self._customers.key[row], count))
        tickets["opened"] = on_the_tick(caused + delay * TICKET_DELAY_DAYS[reason])
        return tickets

    def _asking(self, breach: NDArray[np.bool_], ticket: Floats, enquiry: Floats) -> tuple[Rows, Column]:
        """Places of the purchases that lead to a ticket, and its reason.

        A breach, failures beyond tolerance, becomes a complaint with the chance `complaint_share`; any other
        purchase a billing ticket or a question with theirs (which together count up to 1).
        """
        reason = 1 + np.searchsorted(self._asks, enquiry, side="right")
        reason[breach & (ticket < self._levers.complaint_share)] = _COMPLAINT
        found = np.flatnonzero(reason < len(REASONS))
        return found, reason[found]

    def _opened(self, now: float) -> Tickets:
        """Tickets opened since the last report and before `now`, numbered by day."""
        coming = np.concatenate([self._coming, self._fresh()])
        is_open = coming["opened"] < now
        tickets, self._coming = coming[is_open], coming[~is_open]
        tickets = tickets[np.lexsort((self._customers.key[tickets["row"]], tickets["opened"]))]
        tickets["number"] = self._numbered + np.arange(tickets.size)
        self._numbered += tickets.size
        return tickets

    def _route(self, tickets: Tickets) -> Tickets:
        """Decide what becomes of new tickets, record them and give the agents what machines leave over."""
        if not tickets.size:
            return tickets
        levers = self._levers
        simple, web, bot, solves, handling, resolved = self._luck.uniform(
            (SIMPLE, SELF_SERVICE, BOT, BOT_SOLVES, HANDLING, RESOLVED),
            self._customers.key[tickets["row"]],
            tickets["count"],
        )
        others = np.where(bot < levers.bot_share, _BOT, _AGENT)
        is_moved = self._customers.treatment[tickets["row"]] == TREATMENTS.index("self-service")
        channel = np.where(is_moved | (web < levers.self_service_share), _WEB, others)
        is_simple = (tickets["reason"] != _COMPLAINT) & (simple < levers.simple_share)
        by_machine = solves < self._skill[channel, is_simple.astype(np.intp)]
        tickets["channel"], tickets["by_machine"] = channel, by_machine
        tickets["resolved"] = by_machine | (resolved < levers.resolution)
        tickets["started"] = tickets["closed"] = np.where(by_machine, tickets["opened"], NEVER)
        self._note(tickets)
        self._queue(tickets[~by_machine], handling[~by_machine])
        return tickets

    def _note(self, tickets: Tickets) -> None:
        self._journal.record(
            "tickets",
            number=tickets["number"],
            row=tickets["row"],
            day=tickets["opened"],
            reason=tickets["reason"],
            channel=tickets["channel"],
        )

    def _queue(self, tickets: Tickets, u: Floats) -> None:
        """Those with priority come before all others, and then complaints before everything else."""
        favoured = self._customers.has_priority[tickets["row"]]
        priority = (tickets["reason"] != _COMPLAINT) - 2.0 * favoured
        self._desk.open(tickets["number"], tickets["opened"], self._handling(u), priority)

    def _handling(self, u: Floats) -> Floats:
        """Lognormal days of work; the variance of their logarithm is ln(1 + coefficient of variation²)."""
        levers = self._levers
        variance = np.log1p(levers.handling_variation**2)
        work: Floats = np.exp(np.sqrt(variance) * normal(u) - variance / 2)
        return work * (levers.handling_minutes / 60 / _HOURS)

    def _work(self, now: float) -> None:
        number, start, end = self._desk.run(now)
        place = np.searchsorted(self._open["number"], number)
        self._open["started"][place], self._open["closed"][place] = start, end

    def _answer(self, closed: Tickets) -> None:
        hours = (closed["closed"] - closed["started"]) * _HOURS
        self._journal.record(
            "answers",
            number=closed["number"],
            started=closed["started"],
            closed=closed["closed"],
            resolved=closed["resolved"],
            channel=np.where(closed["by_machine"], closed["channel"], _AGENT),
            cost=hours * self._levers.wage_per_hour,
        )

    def _feel(self, closed: Tickets) -> Rows:
        """Let customers feel what was closed; returns those whom it changed."""
        rows = np.unique(closed["row"])
        return rows[_feel(self._customers.table, rows, closed, self._operands)]


@compiled
def _log_in(table: Any, who: Rows, u: Floats, operands: Operands, failures: Column) -> bool:
    """Fill in how often each of `who` fails to log in, which annoys them; returns whether anybody does."""
    levers = operands[0]
    for i in range(len(who)):
        customer = table[who[i]]
        failures[i] = _failures(u[i], _mean_logins(customer, levers))
        if failures[i] > 0:
            annoyed = customer.satisfaction - levers.login_to_satisfaction * failures[i]
            customer.satisfaction = max(annoyed, WORST)
    return bool(failures.any())


@compiled
def _mean_logins(customer: Any, levers: Any) -> float:
    """Mean failures: failed_logins x exp(-0.3 x surplus of satisfaction)."""
    surplus = min(max(customer.satisfaction, 0.0), 10.0) - levers.market_standard
    return levers.failed_logins * np.exp(-LOGIN_CARE * surplus)


@compiled
def _failures(u: float, mean: float) -> int:
    """Poisson failures, at most 5: as many as there are counts whose distribution function `u` exceeds."""
    failures = 0
    chance = up_to = np.exp(-mean)
    while failures < MOST_LOGINS and u > up_to:
        failures += 1
        chance *= mean / failures
        up_to += chance
    return failures


@compiled
def _feel(table: Any, rows: Rows, closed: Tickets, operands: Operands) -> NDArray[np.bool_]:
    """Let customers feel each ticket; returns which of them (`rows`, each once) that changes."""
    levers = operands[0]
    satisfaction, grudge_at = table["satisfaction"][rows], table["grudge_at"][rows]
    for i in range(len(closed)):
        ticket = closed[i]
        customer = table[ticket.row]
        customer.satisfaction += _recovered(customer, ticket, levers) - _pain(ticket, levers)
        if levers.double_deviation > 0 and ticket.reason == _COMPLAINT and not ticket.resolved:
            customer.grudge_at = max(customer.grudge_at, ticket.closed)
    changes = np.empty(len(rows), np.bool_)
    for i in range(len(rows)):
        customer = table[rows[i]]
        customer.satisfaction = max(customer.satisfaction, WORST)
        changes[i] = customer.satisfaction != satisfaction[i] or customer.grudge_at != grudge_at[i]
    return changes


@compiled
def _pain(ticket: Any, levers: Any) -> float:
    """Satisfaction lost by waiting and by machines that failed."""
    hours = (ticket.started - ticket.opened) * _HOURS
    is_passed_on = ticket.channel != _AGENT and not ticket.by_machine
    return min(levers.wait_pain * hours, LONGEST_PAIN) + levers.frustration * is_passed_on


@compiled
def _recovered(customer: Any, ticket: Any, levers: Any) -> float:
    """Satisfaction that a resolved complaint gives back.

    Only of the customer's latest failure, whose damage is known, and only once: so no recovery lifts
    satisfaction above what it was before the failure.
    """
    is_healed = ticket.reason == _COMPLAINT and ticket.resolved and customer.failed_at == ticket.caused
    if not (levers.recovery > 0 and is_healed):
        return 0.0
    gain = levers.recovery * customer.damage
    customer.damage = 0.0
    return gain
