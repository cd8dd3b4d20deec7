"""What every way to fly is: a panel that acts on the deck and follows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import ipywidgets as widgets

if TYPE_CHECKING:
    from sim.lab.deck import FlightDeck


class Way(widgets.VBox):
    """A panel of the deck. Its kind gives the title, what it is for, the contents, and follows the deck."""

    TITLE: ClassVar[str]
    WHAT: ClassVar[str]
    """One sentence for the tooltip of the button that opens it."""
    CSS: ClassVar[str] = ""

    def __init__(self, deck: FlightDeck, children: Sequence[widgets.Widget] = ()) -> None:
        self.deck = deck
        super().__init__(list(children))
        self.add_class("crm-way")

    def refresh(self) -> None:
        """The deck shows another run or another baseline now."""

    def after_move(self) -> None:
        """The deck has flown, whether the panel is open or not; `refresh` follows if it is."""

    def stop(self) -> None:
        """The panel is put away or the deck is closed: end what is still at work."""
