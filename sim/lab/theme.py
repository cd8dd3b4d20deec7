"""The look of the flight deck in one place: colours, type and spacing, for its charts and its page.

The colours are from Okabe & Ito's palette for colour-blind readers, darkened where they are text. Nothing is
told by colour alone: the baseline is dashed, changes carry an arrow, a sign and a word.
"""

from pathlib import Path
from typing import Any

INK = "#1f2933"
MUTED = "#5b6673"
RULE = "#d5dbe3"
NOW_COLOUR = "#0072b2"
BASELINE_COLOUR = "#3c3c3c"
BETTER = "#005a94"
WORSE = "#b34700"

BALANCE_COLOURS = {"points_liability": "#0072b2", "deferred_revenue": "#b34700", "rebates_owed": "#00805f"}

FONT = "DejaVu Sans"  # comes with matplotlib, so pictures are the same on every machine
TITLE_PT, TEXT_PT = 11.5, 10.5
FIGURE_INCHES, DOTS_PER_INCH = (9.6, 6.4), 100
MARGINS = {"left": 0.068, "right": 0.985, "bottom": 0.088, "top": 0.89, "wspace": 0.19, "hspace": 0.52}
MIDDLE = 0.51  # of the page: labels of a chart on the left end before it, those on the right begin after it

NOW: dict[str, Any] = {"color": NOW_COLOUR, "linewidth": 2.4}
BASELINE: dict[str, Any] = {"color": BASELINE_COLOUR, "linewidth": 1.5, "linestyle": (0, (4, 2.5))}
BAND, BARS = 0.2, 0.3
"""How opaque the colour of the run is where it fills a band or the bars of a histogram."""

LIGHT = {
    "page": "#ffffff",
    "card": "#f6f8fa",
    "ink": INK,
    "muted": MUTED,
    "rule": RULE,
    "edge": "#7d8894",
    "accent": NOW_COLOUR,
    "on-accent": "#ffffff",
    "better": BETTER,
    "worse": WORSE,
}
DARK = {
    "page": "#111111",
    "card": "#1c2127",
    "ink": "#e8edf2",
    "muted": "#aab4bf",
    "rule": "#47505a",
    "edge": "#8a95a1",
    "accent": "#56b4e9",
    "on-accent": "#0b1620",
    "better": "#7cc7f7",
    "worse": "#ffa15e",
}
"""The colours of the page in light and dark themes; `var(--crm-ink)` and so on in its style.

The page itself is JupyterLab's, `page` where there is no JupyterLab around.
"""


def _style() -> str:
    """The style of the deck: its colours in light and in dark themes, and deck.css."""
    own = Path(__file__).with_name("deck.css").read_text(encoding="utf-8")
    return _colours(".crm-deck", LIGHT) + _colours('[data-jp-theme-light="false"] .crm-deck', DARK) + own


def _colours(selector: str, colours: dict[str, str]) -> str:
    named = colours | {"page": f"var(--jp-layout-color0, {colours['page']})"}
    return f"{selector} {{ {' '.join(f'--crm-{name}: {colour};' for name, colour in named.items())} }}\n"


CSS = _style()
