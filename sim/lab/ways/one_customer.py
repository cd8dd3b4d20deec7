"""The way to fly that follows one customer: the journey as a chart and a table, beside the same in a twin."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import ipywidgets as widgets

from sim.lab.console import html_line
from sim.lab.journey_chart import journey_chart
from sim.lab.people import RULES, beside_twin, find, pick
from sim.lab.sheet_table import table_html
from sim.lab.ways.image import PictureBox
from sim.lab.ways.way import Way
from sim.run import Run

if TYPE_CHECKING:
    from sim.lab.deck import FlightDeck


def journey_png(run: Run, customer_id: object) -> bytes:
    """`journey_chart` as the bytes of a PNG."""
    buffer = io.BytesIO()
    journey_chart(run, customer_id).savefig(buffer, format="png")
    return buffer.getvalue()


def journey_html(run: Run, customer_id: object) -> str:
    """`Run.journey` as a table that scrolls."""
    journey = run.journey(customer_id)
    journey["time"] = journey["time"].dt.strftime("%d %b %Y %H:%M")
    return table_html(journey.set_index("time"), f"All that happened to customer {customer_id}")


class OneCustomer(Way):
    """Choose a person by a rule or an id; moves of levers then tell the life of the same person anew.

    From code: `follow(customer_id)`, `follow_rule(rule)`, `following`.
    """

    TITLE = "One customer"
    WHAT = "Follow one person: what happened, what nobody saw, and the same person in the baseline"
    CSS = """
.crm-deck .crm-way-customer .crm-choice { flex-wrap: wrap; gap: 6px; align-items: center; }
.crm-deck .crm-way-customer .crm-choice .widget-label { width: auto; margin-right: 5px; }
.crm-deck .crm-way-customer .crm-choice > * { width: auto; }
.crm-deck .crm-way-customer .crm-id input { width: 120px; }
.crm-deck .crm-way-customer .crm-life { display: grid; gap: 10px; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); }
.crm-deck .crm-way-customer .crm-life > * { min-width: 0; }
.crm-deck .crm-way-customer img { display: block; width: 100%; height: auto; }
.crm-deck .crm-way-customer .crm-table-page { max-height: 380px; }
.crm-deck .crm-way-customer .crm-journey td { text-align: left; white-space: normal; }
"""

    def __init__(self, deck: FlightDeck) -> None:
        self.following: object = None
        self._place = 0
        self._is_writing = False
        self._shown: tuple[Run, Run, object] | None = None
        self.rule = widgets.Dropdown(options=tuple(RULES), value="somebody lost", description="Whom")
        self.id = widgets.Text(description="Id", continuous_update=False).add_class("crm-id")
        another = deck._button("Another", "The next one by this rule", self._another)
        self.rule.observe(lambda _: deck._by_hand(lambda: self.follow_rule(self.rule.value)), "value")
        self.id.observe(lambda _: self._typed(), "value")
        self.now, self.before = PictureBox(), PictureBox()
        self.figures, self.journey = html_line("crm-table"), html_line("crm-table", "crm-journey")
        self.text = html_line("crm-what")
        choice = widgets.HBox([self.rule, another, self.id]).add_class("crm-choice")
        life = widgets.GridBox([self.now, self.before, self.journey, self.figures]).add_class("crm-life")
        super().__init__(deck, [choice, self.text, life])
        self.add_class("crm-way-customer")

    def follow(self, customer_id: object) -> None:
        """Show this customer. ValueError for one who is in neither the run nor the baseline."""
        if not any(_is_in(run, customer_id) for run in (self.deck.run, self.deck.baseline)):
            find(self.deck.run, str(customer_id))
        self.following = customer_id
        self.refresh()

    def follow_rule(self, rule: str, place: int = 0) -> None:
        """Show a customer chosen by a rule of `sim.lab.people.RULES`."""
        self._place = place
        self.follow(pick(self.deck.run, rule, place))

    def refresh(self) -> None:
        """The same person in the present run; another one only if the person is in neither world."""
        run, baseline = self.deck.run, self.deck.baseline
        if not any(_is_in(one, self.following) for one in (run, baseline)):
            self.following, self._place = pick(run, "anyone"), 0
        if self._shown == (run, baseline, self.following):
            return
        self._shown = (run, baseline, self.following)
        self._write_id()
        self._show(self.now, run)
        self._show(self.before, baseline if baseline is not run else None)
        self.journey.value = journey_html(run, self.following) if _is_in(run, self.following) else ""
        figures = beside_twin(run, baseline, self.following)
        self.figures.value = table_html(figures, f"Customer {self.following} in both worlds")
        self.text.value = self._in_words(run, baseline)

    def _in_words(self, run: Run, baseline: Run) -> str:
        if baseline is run:
            return "Move a lever: the same person is followed, with the same luck, beside the baseline."
        if not _is_in(run, self.following):
            return "This person is a customer in the baseline only: under the present levers nobody won them."
        if not _is_in(baseline, self.following):
            return "This person is no customer in the baseline: the present levers won them."
        return "Above or left: now. Below or right: the same person, with the same luck, in the baseline."

    def _show(self, picture: PictureBox, run: Run | None) -> None:
        is_there = run is not None and _is_in(run, self.following)
        picture.layout.display = None if is_there else "none"
        if run is not None and is_there:
            words = f"The journey of customer {self.following}; the table tells it in words"
            picture.show(journey_png(run, self.following), words)

    def _write_id(self) -> None:
        self._is_writing = True
        try:
            self.id.value = str(self.following)
        finally:
            self._is_writing = False

    def _typed(self) -> None:
        if not self._is_writing and self.id.value.strip() != str(self.following):
            self.deck._by_hand(lambda: self.follow(find(self.deck.run, self.id.value)))

    def _another(self) -> None:
        self.follow_rule(self.rule.value, self._place + 1)


def _is_in(run: Run, customer_id: object) -> bool:
    return bool((run.customers["customer_id"] == customer_id).any())
