"""Tables of the deck: a run beside its baseline, as numbers and as HTML."""

from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment
from numpy.typing import ArrayLike, NDArray

from sim.lab import tiles

NOW, BASELINE = "now", "baseline"

TABLE_CSS = """
.crm-deck .crm-table { width: auto; }
.crm-deck .crm-table-page { max-height: max(380px, calc(100vh - 305px)); overflow: auto; }
.crm-deck .crm-table-page:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }
.crm-deck .crm-table table { margin: 0; border-collapse: separate; border-spacing: 0; color: inherit;
  font-size: 12px; line-height: 17px; font-variant-numeric: tabular-nums; }
.crm-deck .crm-table caption { caption-side: top; padding: 0 0 6px; text-align: left; color: inherit; }
.crm-deck .crm-table th, .crm-deck .crm-table td { padding: 2px 10px; max-width: none; text-align: right;
  white-space: nowrap; border: 0; border-bottom: 1px solid rgba(128, 138, 150, .35); color: inherit; }
.crm-deck .crm-table tr, .crm-deck .crm-table tbody tr:nth-child(odd),
.crm-deck .crm-table tbody tr:hover { background: none; }
.crm-deck .crm-table thead th { font-weight: 600; vertical-align: bottom; }
.crm-deck .crm-table th[scope=colgroup] { text-align: center; white-space: normal; }
.crm-deck .crm-table th[scope=row] { font-weight: 400; text-align: left; }
.crm-deck .crm-table td.crm-baseline { font-style: italic; }
"""
"""The look of `table_html` in the deck; colours are those of the page around, light or dark."""

_PAGE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string("""\
<div class="crm-table-page" role="region" tabindex="0" aria-label="{{ caption }}">
<table><caption>{{ caption }}</caption><thead>
{% if groups %}
<tr><th scope="col" rowspan="2">{{ corner }}</th>
{% for group, columns in groups %}
<th scope="colgroup" colspan="{{ columns }}">{{ group }}</th>
{% endfor %}
</tr><tr>
{% else %}
<tr><th scope="col">{{ corner }}</th>
{% endif %}
{% for name in names %}
<th scope="col">{{ name }}</th>
{% endfor %}
</tr></thead><tbody>
{% for head, cells in rows %}
<tr><th scope="row">{{ head }}</th>
{% for cell in cells %}
<td{% if names[loop.index0] == "baseline" %} class="crm-baseline"{% endif %}>{{ cell }}</td>
{% endfor %}
</tr>
{% endfor %}
</tbody></table></div>""")


def side_by_side(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Columns of both in pairs: (column, "now"), (column, "baseline"); rows and columns of either."""
    rows = now.index.append(before.index[~before.index.isin(now.index)])
    both = pd.concat({NOW: now.reindex(rows), BASELINE: before.reindex(rows)}, axis=1).swaplevel(axis=1)
    columns = dict.fromkeys([*now.columns, *before.columns])
    pairs = [(column, which) for column in columns for which in (NOW, BASELINE)]
    table = both.reindex(columns=pd.MultiIndex.from_tuples(pairs))
    table.index.name = now.index.name
    return table


def percent_of(part: ArrayLike, whole: ArrayLike) -> NDArray[np.float64]:
    """Part / whole in percent, NaN where there is no whole."""
    parts, wholes = np.asarray(part, float), np.asarray(whole, float)
    return 100 * parts / np.where(wholes > 0, wholes, np.nan)


def table_html(table: pd.DataFrame, caption: str) -> str:
    """The table as HTML with a caption and headings that screen readers find; everything is escaped.

    Columns may have two levels: a quantity with its unit above "now" and "baseline". Both are written with
    the same number of decimals: none for whole numbers, else about three figures of the largest.
    """
    quantities = table.columns.get_level_values(0)
    digits = {quantity: _digits(table.loc[:, quantities == quantity]) for quantity in quantities.unique()}
    names = [str(name) for name in table.columns.get_level_values(-1)]
    texts = [
        [_text(value, digits[quantity]) for value, quantity in zip(row, quantities, strict=True)]
        for row in table.itertuples(index=False, name=None)
    ]
    return _PAGE.render(
        caption=caption,
        corner=table.index.name or "",
        groups=_groups(table.columns),
        names=names,
        rows=list(zip(map(_head, table.index), texts, strict=True)),
    )


def _groups(columns: pd.Index) -> list[tuple[str, int]]:
    """Headings above the columns, each with the number of columns below it; none for a single level."""
    if columns.nlevels == 1:
        return []
    tops = columns.get_level_values(0)
    return [(str(top), int((tops == top).sum())) for top in tops.unique()]


def _head(label: Any) -> str:
    return f"{label:%b %Y}" if isinstance(label, pd.Timestamp | pd.Period) else str(label)


def _digits(values: pd.DataFrame) -> int:
    """Decimals to write these values with."""
    numbers = np.abs(values.select_dtypes("number").to_numpy(float))
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size or (numbers % 1 == 0).all():
        return 0
    return int(np.clip(2 - np.floor(np.log10(numbers.max())), 0, 2))


def _text(value: Any, digits: int) -> str:
    if isinstance(value, str):
        return value
    return "–" if pd.isna(value) else tiles.number(float(value), digits)
