"""Leads: their features and score, how they are followed up, and what they decide at the first contact.

What a lead is and wants (fit, intent) decides with the channel how likely it buys; the company sees a score
that strays from it. Without representatives leads decide at once. With them, a share is contacted at once by
a machine and the others wait their turn at a desk, where the best score comes first; waiting cools them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.levers import Sales
from sim.luck import Floats, Luck, exponential, normal
from sim.world.churn import MONTH
from sim.world.desk import Desk
from sim.world.purposes import AUTOMATED, FIT, INTENT, LEAD_WORK, SCORE_NOISE
from sim.world.traits import Keys

WORK_HOURS = 160  # of a representative in a month

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Leads:
    """Leads, one entry each in every field.

    key         keys the luck, also of the customer the lead may become
    channel     index into world.traits.CHANNELS
    day         of creation
    conversion  chance that a lead of average propensity, contacted at once by a person, buys
    fit         how well the lead fits what the company sells, standard normal
    intent      how much the lead wants to buy, standard normal
    score       the company's estimate of the propensity, standard normal
    """

    key: Keys
    channel: NDArray[np.int8]
    day: Floats
    conversion: Floats
    fit: Floats
    intent: Floats
    score: Floats

    @property
    def propensity(self) -> Floats:
        """(fit + intent) / sqrt 2, standard normal: what the score estimates."""
        return _propensity(self.fit, self.intent)

    def __len__(self) -> int:
        return len(self.key)

    def __getitem__(self, which: NDArray[np.bool_ | np.int64]) -> "Leads":
        return Leads(*(column[which] for column in vars(self).values()))

    def __add__(self, others: "Leads") -> "Leads":
        columns = zip(vars(self).values(), vars(others).values(), strict=True)
        return Leads(*map(np.concatenate, columns))


NOBODY = Leads(np.empty(0, np.int64), np.empty(0, np.int8), *np.empty((5, 0)))


@dataclass(frozen=True)
class Contacts:
    """First contacts with leads: on which day, and whether a machine made them."""

    leads: Leads
    day: Floats
    automated: Bools

    @property
    def hours(self) -> Floats:
        """Hours from the lead's creation to the contact."""
        return 24 * (self.day - self.leads.day)

    def __add__(self, others: "Contacts") -> "Contacts":
        day, automated = (
            np.concatenate([getattr(self, name), getattr(others, name)]) for name in ("day", "automated")
        )
        return Contacts(self.leads + others.leads, day, automated)


def meet(
    accuracy: float, luck: Luck, key: Keys, channel: NDArray[np.int8], day: Floats, conversion: Floats
) -> Leads:
    """The leads with these keys; score = accuracy x propensity + sqrt(1 - accuracy^2) x noise."""
    fit, intent, noise = normal(luck.uniform((FIT, INTENT, SCORE_NOISE), key))
    score = accuracy * _propensity(fit, intent) + np.sqrt(1 - accuracy**2) * noise
    return Leads(key, channel, day, conversion, fit, intent, score)


def converts(levers: Sales, contacts: Contacts, drag: float, u: Floats) -> Bools:
    """Whether each lead buys at its first contact, decided by the uniform `u`.

    The odds of its conversion, times exp(fit_to_conversion x propensity - delay_to_conversion x
    log(1 + hours) - automated_to_conversion x machine - drag); `drag` is log-odds.
    """
    shift = levers.fit_to_conversion * contacts.leads.propensity - drag
    shift -= levers.delay_to_conversion * np.log1p(contacts.hours)
    shift -= levers.automated_to_conversion * contacts.automated
    conversion = contacts.leads.conversion
    odds = conversion * np.exp(shift)
    return u * (odds + (1 - conversion)) < odds  # added in this order, the bracket is exactly 1 without shift


class FollowUp:
    """Sees to the first contact: at once without representatives, else by machine or at their desk."""

    def __init__(self, levers: Sales, luck: Luck) -> None:
        self._luck = luck
        self._desk: Desk | None = None
        self._assigned = NOBODY  # all leads ever given to the desk, which knows them by their place here
        self._waits = np.empty(0, np.bool_)  # which of them nobody has contacted yet
        self._given_up: Contacts | None = None
        self.change(levers, 0.0)

    def change(self, levers: Sales, today: float) -> None:
        """So many representatives and machines from `today` on, up to which leads have been contacted.

        Without representatives there is no desk any more: who still waited at it decides today.
        """
        self._levers = levers
        if self._desk is not None and not levers.representatives:
            self._close(today)
        elif self._desk is not None:
            self._desk.staff(levers.representatives)
        elif levers.representatives:
            self._desk = Desk(levers.representatives)

    def _close(self, today: float) -> None:
        left = self._assigned[self._waits]
        self._given_up = Contacts(left, np.full(len(left), today), np.zeros(len(left), np.bool_))
        self._desk, self._assigned, self._waits = None, NOBODY, np.empty(0, np.bool_)

    def contact(self, leads: Leads, until: float) -> Contacts:
        """New leads in, first contacts up to `until` (days) out; the others wait for a later call."""
        given_up, self._given_up = self._given_up, None
        contacts = self._contact(leads, until)
        return contacts if given_up is None else contacts + given_up

    def _contact(self, leads: Leads, until: float) -> Contacts:
        if self._desk is None:
            return Contacts(leads, leads.day, np.zeros(len(leads), np.bool_))
        by_machine = self._luck.uniform(AUTOMATED, leads.key) < self._levers.automated_share
        self._assign(self._desk, leads[~by_machine])
        number, start, _ = self._desk.run(until)
        self._waits[number] = False
        at_once, waited = leads[by_machine], self._assigned[number]
        day = np.concatenate([at_once.day, np.maximum(start, waited.day)])  # the desk's clock rounds
        return Contacts(at_once + waited, day, np.arange(len(day)) < len(at_once))

    def _assign(self, desk: Desk, leads: Leads) -> None:
        hours = self._levers.hours_per_lead * exponential(self._luck.uniform(LEAD_WORK, leads.key))
        number = len(self._assigned) + np.arange(len(leads))
        desk.open(number, leads.day, hours * MONTH / WORK_HOURS, -leads.score)
        self._assigned += leads
        self._waits = np.append(self._waits, np.ones(len(leads), np.bool_))


def _propensity(fit: Floats, intent: Floats) -> Floats:
    return (fit + intent) / np.sqrt(2)
