"""A DataFrame as an HTML table of the deck."""

from html import escape

import pandas as pd


def table_html(table: pd.DataFrame, caption: str) -> str:
    """The table with a caption, headings that screen readers find, and everything escaped."""
    return f"<table><caption>{escape(caption)}</caption>{table.to_html(escape=True, border=0)}</table>"
