"""One customer's life, event by event: what was recorded, and what the customer felt but nobody saw."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.scenario import Scenario

Tables = Mapping[str, pd.DataFrame]
STATE = ("satisfaction", "trust", "commitment")

CAUSE_FIRST = (
    *("lead created", "contacted", "became a customer", "points redeemed", "points given back", "purchase"),
    *("joined the program", "head start", "points earned", "failed log-in", "ticket opened", "ticket closed"),
    *("rebate claimed", "survey answer", "purchase returned", "points taken back", "points expired"),
    *("promotion", "demotion", "offer"),
    *("newsletter cancelled", "cancellation recorded", "parted with", "lost", "end of the run"),
)
"""Every event, in the order of those that happen in one second: none before what brings it about."""


_MOVES = {
    "earn": "points earned",
    "bonus": "head start",
    "redeem": "points redeemed",
    "expire": "points expired",
    "adjust": "points given back",
    "reverse": "points taken back",
}


class Event(NamedTuple):
    """One moment; `amount` is money to the company, below 0 what it cost, NaN for none."""

    time: pd.Timestamp
    event: str
    detail: str
    amount: float = np.nan
    satisfaction: float = np.nan
    trust: float = np.nan
    commitment: float = np.nan


def life(tables: Tables, scenario: Scenario, until: pd.Timestamp, customer_id: object) -> pd.DataFrame:
    """The events of one customer up to `until`, sorted by time; see `Run.journey`."""
    own = _own_records(tables, customer_id)
    story = _Story(own, scenario, until)
    order = {event: place for place, event in enumerate(CAUSE_FIRST)}
    events = sorted(story.events(), key=lambda one: (one.time, order[one.event]))
    table = pd.DataFrame(events, columns=list(Event._fields))
    table["time"] = table["time"].astype("datetime64[s]")
    table[list(STATE)] = table[list(STATE)].ffill()
    return table


def _own_records(tables: Tables, customer_id: object) -> dict[str, pd.DataFrame]:
    ids = tables["customers"]["customer_id"]
    if not (ids == customer_id).any():
        raise ValueError(f"there is no customer {customer_id!r} in this run; {_known(ids)}")
    named = {name: table for name, table in tables.items() if "customer_id" in table.columns}
    return {name: table[(table["customer_id"] == customer_id).eq(True)] for name, table in named.items()}


def _known(ids: pd.Series) -> str:
    if ids.empty:
        return "it has no customers at all"
    examples = ", ".join(repr(one) for one in ids.iloc[[0, len(ids) // 2, -1]].unique().tolist())
    return f"customer ids look like {examples}"


class _Story:
    """Puts one customer's records into words, table by table."""

    def __init__(self, own: dict[str, pd.DataFrame], scenario: Scenario, until: pd.Timestamp) -> None:
        self._own = own
        self._scenario = scenario
        self._until = until

    def events(self) -> Iterator[Event]:
        """All events, each once, those of one kind in the order of their records."""
        tell: tuple[Callable[[], Iterator[Event]], ...] = (
            *(self._leads, self._customer, self._purchases, self._points, self._touches),
            *(self._rebates, self._tickets, self._surveys, self._truth),
        )
        return chain.from_iterable(one() for one in tell)

    def _rows(self, table: str) -> Iterator[Any]:
        return _records(self._own[table])

    def _money(self, amount: float) -> str:
        return f"{amount:,.2f} {self._scenario.currency}"

    def _leads(self) -> Iterator[Event]:
        for lead in self._rows("leads"):
            yield Event(
                lead.created_at,
                "lead created",
                f"{lead.channel}, score {lead.score:.2f}",
                -lead.cost or np.nan,
            )
            if pd.notna(lead.contacted_at):
                hours = _hours(lead.contacted_at - lead.created_at)
                way = "automated" if lead.automated else "by hand"
                yield Event(lead.contacted_at, "contacted", f"{way}, after {hours}")

    def _customer(self) -> Iterator[Event]:
        for one in self._rows("customers"):
            yield Event(one.acquired_at, "became a customer", f"channel {one.channel}")
            if pd.notna(one.member_since):
                yield Event(one.member_since, "joined the program", "loyalty card")
            if pd.notna(one.cancelled_at):
                yield Event(one.cancelled_at, "cancellation recorded", "contract")
            if pd.notna(one.terminated_at):
                yield Event(one.terminated_at, "parted with", "by the company")

    def _purchases(self) -> Iterator[Event]:
        """Only they and the end know the hidden state, as floats."""
        for sale, felt in zip(self._rows("transactions"), self._rows("episodes"), strict=True):
            state = (felt.satisfaction, felt.trust, felt.commitment)
            yield Event(sale.time, "purchase", self._bought(sale, felt), sale.paid, *state)
            if pd.notna(sale.refunded_at):
                yield Event(sale.refunded_at, "purchase returned", self._money(sale.paid), -sale.paid)

    def _bought(self, sale: Any, felt: Any) -> str:
        attributes = self._scenario.experience.attributes
        tolerated = f" ({abs(felt.tolerance):.1f} tolerated)" if felt.failures else ""
        parts = [
            self._money(sale.paid),
            f"{self._money(sale.discount)} off" if sale.discount else "",
            f"{felt.failures or 'none'} of {attributes} attributes failed{tolerated}",
            "delighted" if felt.delight else "",
            f"{felt.minutes:.0f} minutes" if felt.minutes else "",
        ]
        return ", ".join(part for part in parts if part)

    def _points(self) -> Iterator[Event]:
        """A redemption from several lots is one event, what it costs the company is in its purchase."""
        moves = self._own["points"].groupby(["time", "type"], observed=True)["points"].sum()
        for move in _records(moves[moves != 0].reset_index()):  # an activation moves none
            unit = "point" if abs(move.points) == 1 else "points"
            yield Event(move.time, _MOVES[move.type], f"{abs(move.points):,} {unit}")

    def _rebates(self) -> Iterator[Event]:
        for rebate in self._rows("rebates"):
            if pd.notna(rebate.claimed_at):
                answer = "refused" if rebate.refused else "paid"
                detail = f"{self._money(rebate.amount)}, {answer}"
                yield Event(rebate.claimed_at, "rebate claimed", detail, -rebate.paid or np.nan)

    def _touches(self) -> Iterator[Event]:
        for touch in self._rows("touchpoints"):
            if touch.kind in ("offer", "upsell"):
                answer = "accepted" if touch.response == "accepted" else "ignored"
                what = touch.product if touch.kind == "offer" else "up-sell"
                yield Event(touch.time, "offer", f"{answer}, {what}")
            elif touch.kind == "log-in failed":
                yield Event(touch.time, "failed log-in", "website or app")
            elif touch.kind in ("promotion", "demotion"):
                way = "higher" if touch.kind == "promotion" else "lower"
                yield Event(touch.time, touch.kind, f"to a {way} tier")
            else:
                yield Event(touch.time, "newsletter cancelled", "no more e-mail")

    def _tickets(self) -> Iterator[Event]:
        for ticket in self._rows("tickets"):
            yield Event(ticket.opened_at, "ticket opened", f"{ticket.reason}, number {ticket.ticket_id}")
            if pd.notna(ticket.closed_at):
                yield Event(ticket.closed_at, "ticket closed", self._answer(ticket), -ticket.cost or np.nan)

    def _answer(self, ticket: Any) -> str:
        outcome = "resolved" if ticket.resolved else "not resolved"
        took = _hours(ticket.closed_at - ticket.opened_at)
        cost = self._money(ticket.cost)
        return f"{outcome}, number {ticket.ticket_id}, by {ticket.channel}, after {took}, cost {cost}"

    def _surveys(self) -> Iterator[Event]:
        for answer in self._rows("surveys"):
            scale = "nps {} of 10" if answer.kind == "nps" else "csat {} of 5"
            yield Event(answer.time, "survey answer", scale.format(answer.score))

    def _truth(self) -> Iterator[Event]:
        for true in self._rows("truth"):
            if pd.notna(true.churned_at):
                seen = self._is_on_record(true.churned_at)
                yield Event(true.churned_at, "lost", "on record" if seen else "nobody recorded it")
            state = (true.satisfaction, true.trust, true.commitment)
            yield Event(self._until, "end of the run", "the hidden state now", np.nan, *state)

    def _is_on_record(self, churned_at: pd.Timestamp) -> bool:
        """A company may part with a customer whom it lost without knowing."""
        person = self._own["customers"].iloc[0]
        return bool(pd.notna(person["cancelled_at"]) or person["terminated_at"] == churned_at)


def _records(table: pd.DataFrame) -> Iterator[Any]:
    return iter(table.itertuples(index=False))


def _hours(duration: pd.Timedelta) -> str:
    return f"{duration.total_seconds() / 3600:,.1f} hours"
