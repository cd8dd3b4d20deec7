"""What a check or a hint shows: a coloured box in a notebook, the same words in a terminal."""

from dataclasses import dataclass
from html import escape

INK = "#202124"
LOOKS = {
    "right": ("Right", "#e6f4ea", "#137333"),
    "wrong": ("Not yet", "#fce8e6", "#b3261e"),
    "not attempted": ("Not attempted", "#fef7e0", "#7a5900"),
    "hint": ("Hint", "#e8f0fe", "#174ea6"),
}
"""By outcome: the word in front, the background and the edge. Ink and background come together, so that a
dark theme changes neither; the word says what the colour says."""


@dataclass(frozen=True)
class Box:
    """One outcome of LOOKS with a title and a sentence."""

    outcome: str
    title: str
    text: str

    def __repr__(self) -> str:
        return f"[{LOOKS[self.outcome][0]}] {self.title}" + (f": {self.text}" if self.text else "")

    def _repr_html_(self) -> str:
        word, background, edge = LOOKS[self.outcome]
        style = f"padding:.4em .8em;color:{INK};background-color:{background};border-left:6px solid {edge}"
        kind = "crm-hint" if self.outcome == "hint" else "crm-check"
        head = f"<strong>{word}</strong> · {escape(self.title)}" + (": " if self.text else "")
        body = f"{head}{escape(self.text)}"
        return f"<div class='{kind}' role='status' data-outcome='{self.outcome}' style='{style}'>{body}</div>"

    def show(self) -> None:
        """Show it below the cell, or print it where there is no notebook."""
        from IPython.display import display  # slow to import, and grading shows nothing

        display(self)
