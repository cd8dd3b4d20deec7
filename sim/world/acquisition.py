"""The acquisition department: opening customers, customers taken over from a log, leads of every channel.

Possible leads of a channel arrive as a Poisson stream at the rate of its ceiling; spending decides which of
them are reached, 1 - exp(-spend / saturation) of them. Thinning a Poisson stream leaves a Poisson stream, and
it keeps every customer who was reached before when the spending grows: the n-th possible lead is always the
same person. Promoters refer further leads; whom one refers in a month is always the same person too.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.levers import Acquisition as Levers
from sim.luck import Floats, Luck, exponential
from sim.scenario import Scenario
from sim.world.churn import MONTH
from sim.world.customers import NEVER, Customers, Rows
from sim.world.journal import ACCOUNTS, Journal
from sim.world.leads import NOBODY, WORK_HOURS, Contacts, FollowUp, Leads, converts, meet
from sim.world.purposes import ARRIVAL, CONVERSION, OPENING, REACH, REFERRED, REFERRED_ON, REFERS, WAIT
from sim.world.traits import (
    CHANNELS,
    WEEK,
    Keys,
    buyer_traits,
    by_channel,
    draw_lifetime,
    draw_posterior,
    draw_traits,
)

TAKEN_OVER = 9  # keys of customers taken over from a log; they are counted among the opening ones
SPENDING = ("paid", "trial", "deal")  # channels that marketing pays for
PROMOTER, DETRACTOR = 8.5, 6.5  # satisfaction above or below which the rounded answer would say so
YEAR = 365.0  # days for which a customer the company has parted with talks
_BLOCK = 256
_REFERRED_KEYS = 10**15  # keys of referred leads: a hash into the fifth block of this size


def customer_keys(channel: int, number: NDArray[np.int64]) -> Keys:
    """The n-th customer of a channel, always the same: opening 1, 2, ..., organic 1,000,000,001, ..."""
    return channel * 10**9 + number + 1


def first_discounts(acquisition: Levers) -> Floats:
    """Share of the price that each channel takes off the first purchase, by its code; shape (channels,)."""
    return by_channel(trial=1.0, deal=acquisition.deal_discount)


@dataclass
class Channel:
    """A stream of possible leads: `ceiling` per day, of whom the share `reached` become leads."""

    number: int
    ceiling: float
    reached: float = 1.0
    drawn: int = 0
    frontier: float = 0.0

    def leads(self, luck: Luck, until: float) -> tuple[Keys, Floats]:
        """Keys and days of the leads since the last call, up to and including `until` (days)."""
        number, day = self._arrivals(luck, until)
        key = customer_keys(self.number, number)
        reached = luck.uniform(REACH, key) < self.reached
        return key[reached], day[reached]

    def _arrivals(self, luck: Luck, until: float) -> tuple[NDArray[np.int64], Floats]:
        """Numbers and days of the possible leads."""
        days = np.empty(0)
        block = _BLOCK + int(self.ceiling * (until - self.frontier))
        while self.ceiling > 0 and (days.size == 0 or days[-1] <= until):
            start = days[-1] if days.size else self.frontier
            counts = self.drawn + days.size + np.arange(block)
            with np.errstate(over="ignore"):  # at a ceiling of almost nothing nobody ever comes
                waits = exponential(luck.uniform(ARRIVAL, self.number, counts)) / self.ceiling
                days = np.concatenate([days, np.cumsum(np.append(start, waits))[1:]])
        days = days[days <= until]
        numbers = self.drawn + np.arange(days.size)
        if days.size:
            self.drawn, self.frontier = self.drawn + days.size, float(days[-1])
        return numbers, days


class WordOfMouth:
    """What customers tell others: promoters at heart refer leads, detractors at heart cost conversions."""

    def __init__(self, scenario: Scenario, luck: Luck, customers: Customers) -> None:
        self._talk = scenario.extension.termination_talk
        ever = [one.word_of_mouth for one in scenario.eras().values()]
        self._matters = any(one.referrals_per_promoter or one.detractor_drag for one in ever)
        self._luck = luck
        self._customers = customers
        self._promoters: Keys = np.empty(0, np.int64)
        self._referred: set[int] = set()
        self.drag = 0.0  # log-odds of conversion that detractors cost in the coming month
        self.change(scenario)

    def change(self, terms: Scenario) -> None:
        """From now on customers refer by these terms, the promoters being those listened to last."""
        self._levers = terms.word_of_mouth

    def listen(self, now: float) -> None:
        """Remember for the coming month who is a promoter and what share are detractors, `now` in days.

        Share = (detractors + termination_talk x customers parted with in the last 365 days) / active
        customers, at most 1, and 0 if nobody is active.
        """
        if not self._matters:
            return
        promoters, active, detractors, parted = _heard(self._customers.table, now)
        self._promoters = self._customers.key[promoters]
        share = (detractors + self._talk * parted) / active if active else 0.0
        self.drag = self._levers.detractor_drag * min(share, 1.0)

    def leads(self, month: int, start: float, until: float) -> tuple[Keys, Floats]:
        """Keys and days of the leads that promoters refer in the month from `start` to `until` (days)."""
        if not self._levers.referrals_per_promoter:
            return np.empty(0, np.int64), np.empty(0)
        refers = self._luck.uniform(REFERS, self._promoters, month) < self._levers.referrals_per_promoter
        promoter = self._promoters[refers]
        day = start + (until - start) * self._luck.uniform(REFERRED_ON, promoter, month)
        key, first = np.unique(self._person(promoter, month), return_index=True)
        # two promoters may know the same person, who comes once
        fresh = np.array([one not in self._referred for one in key.tolist()], np.bool_)
        self._referred.update(key.tolist())
        return key[fresh], day[first[fresh]]

    def _person(self, promoter: Keys, month: int) -> Keys:
        """The key of whom each promoter refers in that month, always the same."""
        word = self._luck.words(REFERRED, promoter, month) % np.uint64(_REFERRED_KEYS)
        return 4 * _REFERRED_KEYS + word.astype(np.int64)


class Acquisition:
    """Turns leads into customers with a day for their first purchase, which retention serves."""

    def __init__(self, scenario: Scenario, luck: Luck, customers: Customers, journal: Journal) -> None:
        self._scenario = scenario
        self._luck = luck
        self._customers = customers
        self._journal = journal
        organic = Channel(CHANNELS.index("organic"), scenario.acquisition.organic_leads_per_month / MONTH)
        self._channels = {organic.number: organic} if organic.ceiling else {}
        self._follow_up = FollowUp(scenario.sales, luck)
        self._word_of_mouth = WordOfMouth(scenario, luck, customers)
        self._month = 0
        self._today = 0.0
        self._take_up(scenario)

    def change(self, terms: Scenario) -> None:
        """These terms hold from the end of the last month admitted on."""
        self._follow_up.change(terms.sales, self._today)
        self._word_of_mouth.change(terms)
        self._take_up(terms)

    def _take_up(self, terms: Scenario) -> None:
        """Spend and convert by these terms."""
        self._scenario, levers, talk = terms, terms.acquisition, terms.word_of_mouth
        self._spend = by_channel(**{name: getattr(levers, f"{name}_spend_per_month") for name in SPENDING})
        paid = {name: getattr(levers, f"{name}_conversion") for name in SPENDING}
        organic, referral = levers.organic_conversion, talk.referral_conversion
        self._conversion = by_channel(organic=organic, referral=referral, **paid)
        for name in SPENDING:
            self._reach(name)

    def _reach(self, name: str) -> None:
        """Let the spending on a channel decide whom it reaches, nobody where there is none.

        One that is new catches up with its possible leads, who come whether or not anybody spends on them.
        """
        levers, code = self._scenario.acquisition, CHANNELS.index(name)
        if code not in self._channels:
            if not self._spend[code]:
                return
            channel = Channel(code, getattr(levers, f"{name}_leads_ceiling") / MONTH)
            channel.leads(self._luck, self._today)
            self._channels = dict(sorted({**self._channels, code: channel}.items()))
        saturation = getattr(levers, f"{name}_saturation_spend")
        self._channels[code].reached = float(1 - np.exp(-self._spend[code] / saturation))

    def open(self) -> None:
        """Admit the opening customers and those taken over from a log."""
        key = customer_keys(0, np.arange(self._scenario.acquisition.opening_customers))
        spread = self._luck.uniform(OPENING, key)
        day = spread * self._scenario.acquisition.opening_weeks * WEEK
        self._admit(key, np.zeros(len(key), np.int8), day)
        if self._scenario.starting_customers is not None:
            self._take_over()

    def admit(self, until: float) -> None:
        """Pay for the month from the last call to `until` (days); meet its leads, admit those who buy.

        Leads who still wait for a representative at its end are contacted in a later month.
        """
        self._pay()
        leads = self._meet(until)
        self._note(leads)
        self._close(self._follow_up.contact(leads, until))
        self._month, self._today = self._month + 1, until

    def listen(self, now: float) -> None:
        """Hear on the last day of a month (`now`, days) what customers will tell others in the next."""
        self._word_of_mouth.listen(now)

    def _pay(self) -> None:
        """Book the month's marketing by channel and its wages in sales, on its first day."""
        sales = self._scenario.sales
        (paid,) = self._spend.nonzero()
        marketing = ACCOUNTS.index("marketing")
        self._journal.record(
            "invoices", channel=paid, day=self._today, account=marketing, amount=self._spend[paid]
        )
        wages = sales.representatives * WORK_HOURS * sales.wage_per_hour
        self._journal.invoice("sales", self._today, wages)

    def _meet(self, until: float) -> Leads:
        """The month's leads, channel by channel."""
        streams = [channel.leads(self._luck, until) for channel in self._channels.values()]
        streams.append(self._word_of_mouth.leads(self._month, self._today, until))
        codes = [*self._channels, CHANNELS.index("referral")]
        channel = np.repeat(np.array(codes, np.int8), [len(key) for key, _ in streams])
        key, day = (np.concatenate(parts) for parts in zip(*streams, strict=True))
        if not key.size:
            return NOBODY
        accuracy = self._scenario.sales.score_accuracy
        return meet(accuracy, self._luck, key, channel, day, self._conversion[channel])

    def _note(self, leads: Leads) -> None:
        per_lead = self._spend / np.maximum(np.bincount(leads.channel, minlength=len(CHANNELS)), 1)
        self._journal.record(
            "leads",
            key=leads.key,
            channel=leads.channel,
            day=leads.day,
            fit=leads.fit,
            intent=leads.intent,
            score=leads.score,
            cost=per_lead[leads.channel],
        )

    def _close(self, contacts: Contacts) -> None:
        """Those who were contacted decide; who buys is admitted."""
        leads, drag = contacts.leads, self._word_of_mouth.drag
        if not len(leads):
            return
        buys = converts(self._scenario.sales, contacts, drag, self._luck.uniform(CONVERSION, leads.key))
        self._journal.record(
            "contacts",
            key=leads.key,
            day=contacts.day,
            automated=contacts.automated,
            converted=buys,
        )
        self._admit(leads.key[buys], leads.channel[buys], contacts.day[buys])

    def _admit(self, key: Keys, channel: NDArray[np.int8], day: Floats) -> None:
        if not key.size:
            return
        traits = draw_traits(self._scenario, self._luck, key, channel)
        self._customers.admit(
            len(key),
            key=key,
            channel=channel,
            acquired_at=day,
            next_purchase=day,
            life_end=draw_lifetime(self._scenario.market, self._luck, key, day, traits["dropout"]),
            **traits,
            **buyer_traits(self._scenario, traits["rate"], traits["spend_rate"]),
        )

    def _take_over(self) -> None:
        """Continue a real log: exponential waits have no memory, so a survivor's next wait starts today."""
        known = self._scenario.starting_customers
        assert known is not None
        key = customer_keys(TAKEN_OVER, np.arange(len(known)))
        luck, table = self._luck, known.table
        traits = draw_posterior(self._scenario, luck, key, known)
        x = table["repeat_purchases"].to_numpy(np.int32)
        today = np.zeros(len(key))
        life_end = draw_lifetime(self._scenario.market, luck, key, today, traits["dropout"])
        following = exponential(luck.uniform(WAIT, key, x)) / traits["rate"]
        gone = traits["churned_at"] != NEVER
        lost_first = ~gone & (life_end < following)
        traits["churned_at"] = np.where(lost_first, life_end, traits["churned_at"])
        age = table["observed_weeks"].to_numpy(float) * WEEK
        self._customers.admit(
            len(key),
            key=key,
            acquired_at=-age,
            last_purchase=table["last_purchase_weeks"].to_numpy(float) * WEEK - age,
            purchases=x + 1,
            next_purchase=np.where(gone | lost_first, NEVER, following),
            pending=following,
            life_end=life_end,
            **traits,
            **buyer_traits(self._scenario, traits["rate"], traits["spend_rate"]),
        )


@compiled
def _heard(table: Any, now: float) -> tuple[Rows, int, int, int]:
    """Promoters' rows; how many customers are active, how many detractors; how many were lately parted with.

    Promoters and detractors count while they are active.
    """
    promoters, found = np.empty(len(table), np.intp), 0
    active = detractors = parted = 0
    for row in range(len(table)):
        customer = table[row]
        if customer.purchases > 0 and customer.churned_at > now:
            active += 1
            detractors += customer.satisfaction < DETRACTOR
            if customer.satisfaction > PROMOTER:
                promoters[found] = row
                found += 1
        parted += now - YEAR < customer.terminated_at <= now
    return promoters[:found], active, detractors, parted
