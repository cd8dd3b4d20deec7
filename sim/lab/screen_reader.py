"""What a screen reader says of a console: names of sliders, texts of pictures, states of buttons, news."""

from pathlib import Path

import anywidget
import ipywidgets as widgets


class ScreenReader(anywidget.AnyWidget):
    """Nothing to see: in the browser it keeps the attributes of its console that ipywidgets leaves out.

    Sliders and boxes get the label of their lever as their name, toggles and cells say whether they are
    pressed or open, the status line is announced as it changes. Pictures are passed over: the text beside
    each says what it shows.
    """

    _esm = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

    def __init__(self) -> None:
        super().__init__(layout=widgets.Layout(display="none"))
