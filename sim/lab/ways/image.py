"""A place for a picture in a panel that is made while the deck is on the screen."""

from base64 import b64encode
from html import escape

import ipywidgets as widgets


class PictureBox(widgets.HTML):
    """A picture with words for who cannot see it.

    Not widgets.Image: JupyterLab loses the bytes of one that is made within a callback, and it has no words.
    """

    def show(self, png: bytes, words: str) -> None:
        """Show the bytes of a PNG."""
        data = b64encode(png).decode()
        self.value = f'<img src="data:image/png;base64,{data}" alt="{escape(words)}">'
