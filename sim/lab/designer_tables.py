"""The designer's three views as HTML tables; every word from a scenario in them is escaped."""

from collections.abc import Iterable
from html import escape
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.lab import tiles
from sim.lab.designer_views import BALANCES
from sim.lab.theme import BALANCE_COLOURS
from sim.scenario import TOOLS


class Row(NamedTuple):
    """One line of a table: a column of a view, how it is called and written, and the tools it is about."""

    column: str
    label: str
    unit: str
    digits: int = 0
    scale: float = 1.0
    tools: tuple[str, ...] = ()

    def words(self, currency: str) -> str:
        """Label and unit, the head of the line."""
        unit = escape(self.unit.format(currency=currency))
        return f"<th scope=row>{escape(self.label)} <small>{unit}</small></th>"

    def text(self, value: Any, sign: str = "") -> str:
        """A value of the column as it is written; sign "+" shows it, NaN is a dash."""
        if isinstance(value, str):
            return escape(value)
        return "–" if np.isnan(value) else tiles.number(value * self.scale, self.digits, sign)


POINTS, DISCOUNTS, REBATES, PRIVILEGES = ((tool,) for tool in TOOLS)

CUSTOMER = (
    Row("purchases_per_year", "Purchases", "a year", 1),
    Row("spend_per_year", "Spend", "{currency} a year"),
    Row("points_per_year", "Points", "a year", tools=POINTS),
    Row("purchases_to_reward", "To a reward", "purchases", tools=POINTS),
    Row("weeks_to_reward", "To a reward", "weeks", tools=POINTS),
    Row("rewards_per_year", "Rewards", "a year", 1, tools=POINTS),
    Row("reward_value_per_year", "Rewards, worth", "{currency} a year", 1, tools=POINTS),
    Row("discounts_per_year", "Saved on deals", "{currency} a year", 1, tools=DISCOUNTS),
    Row("rebates_per_year", "Money back", "{currency} a year", 1, tools=REBATES),
    Row("tier", "Tier", "reached", tools=PRIVILEGES),
    Row("benefits_per_year", "Privileges", "{currency} a year, cost", 1, tools=PRIVILEGES),
    Row("return_share", "Back in all", "% of spend", 1, 100.0, ("points", "discounts", "rebates")),
)

MANAGER = (
    *(
        Row(tile.kpi, tile.label, tile.unit, tile.digits)
        for tile in tiles.TILES
        if tile.kpi in ("clv", "churn_rate_per_month", "nps", "profit")
    ),
    Row("enrolment_rate", "Members", "% of customers", 1, 100.0, ("points", "privileges")),
    Row("redemption_rate", "Redeemed", "% of points", 1, 100.0, POINTS),
    Row("program_cost", "Program cost", "{currency} in all", tools=("points", "rebates", "privileges")),
    Row("discounts", "Discounts", "{currency} off prices", tools=DISCOUNTS),
)

AT_THE_END = (
    Row("points_outstanding", "Points outstanding", "points", tools=POINTS),
    Row("breakage_outstanding", "of them never redeemed", "% expected", 1, 100.0, POINTS),
    Row("breakage_estimate", "of all issued points", "% expected", 1, 100.0, POINTS),
    Row("points_liability", "Points liability", "{currency}, at cost", tools=POINTS),
    Row("deferred_revenue", "Deferred revenue", "{currency}, IFRS 15", tools=POINTS),
    Row("rebates_owed", "Rebates owed", "{currency}", tools=REBATES),
)

OVER_ALL_MONTHS = (
    Row("points_issued", "Points issued", "points", tools=POINTS),
    Row("points_redeemed", "redeemed", "points", tools=POINTS),
    Row("points_expired", "expired", "points", tools=POINTS),
    Row("revenue_deferred", "Revenue deferred", "{currency}", tools=POINTS),
    Row("revenue_released", "released", "{currency}", tools=POINTS),
    Row("rebates_accrued", "Rebates accrued", "{currency}", tools=REBATES),
    Row("rebates_paid", "paid", "{currency}", tools=REBATES),
    Row("program_cost", "Program cost", "{currency}", tools=("points", "rebates", "privileges")),
    Row("discounts", "Discounts", "{currency} off prices", tools=DISCOUNTS),
)


def customer_html(view: pd.DataFrame, tools: Iterable[str], currency: str) -> str:
    """`customer_view` with a column for each customer; only lines about these tools."""
    head = "".join(f"<th scope=col>{escape(str(name))}</th>" for name in view.index)
    lines = [_line(row, currency, [_or_never(row, value) for value in view[row.column]])
             for row in _about(CUSTOMER, tools)]  # fmt: skip
    note = "Members who buy all year at their usual pace, redeem every reward and claim every rebate."
    return _page("The customer", "what regulars get in a year", _table(head, lines), note)


def manager_html(view: pd.DataFrame, tools: Iterable[str], currency: str) -> str:
    """`manager_view`: with the program, without, the difference; only lines about these tools."""
    head = "".join(f"<th scope=col>{name}</th>" for name in ("with", "without", "difference"))
    figures = dict(view.iterrows())
    lines = [_comparison(row, figures[row.column], currency) for row in _about(MANAGER, tools)]
    note = "The same customers with the same luck; ± is the 95 % interval between them, where there is one."
    return _page("The manager", "against no program", _table(head, lines), note)


def accountant_html(view: pd.DataFrame, tools: Iterable[str], currency: str) -> str:
    """`accountant_view`: the last balances, and what all months come to; only lines about these tools."""
    chosen, last, total = [*tools], view.iloc[-1], view.sum(numeric_only=True)
    month = f"{pd.Timestamp(view['month'].iloc[-1]):%b %Y}"
    lines = [
        *_block(f"at the end of {month}", AT_THE_END, last, chosen, currency),
        *_block(f"over all {len(view)} months", OVER_ALL_MONTHS, total, chosen, currency),
    ]
    table = _table("", lines) if lines else "<p>No program: nothing is owed.</p>"
    return _page("The accountant", "what is owed, and what it costs", table, "")


def legend_html() -> str:
    """Which line of the accountant's chart is which."""
    names = {"points_liability": "points liability", "deferred_revenue": "deferred revenue",
             "rebates_owed": "rebates owed"}  # fmt: skip
    marks = zip(BALANCES, ("━", "╍", "┄"), strict=True)
    return " ".join(f'<span style="color:{BALANCE_COLOURS[name]}">{mark} {names[name]}</span>'
                    for name, mark in marks)  # fmt: skip


def _about(rows: Iterable[Row], tools: Iterable[str]) -> list[Row]:
    chosen = {*tools}
    return [row for row in rows if not row.tools or chosen.intersection(row.tools)]


def _or_never(row: Row, value: object) -> str:
    return "never" if isinstance(value, float) and np.isnan(value) else row.text(value)


def _comparison(row: Row, figures: pd.Series, currency: str) -> str:
    """with, without, and the change with the half-width of its interval and a word."""
    half = (figures["change_high"] - figures["change_low"]) / 2
    verdict = str(figures["verdict"])
    sure = "" if np.isnan(half) else f"± {tiles.number(half, row.digits)} "
    change = row.text(figures["change"], "+")
    cell = f'<span class="crm-{verdict.replace(" ", "-")}">{change}<br><small>{sure}{verdict}</small></span>'
    both = [row.text(figures[one]) for one in ("with_program", "without_program")]
    return _line(row, currency, [*both, cell])


def _block(head: str, rows: Iterable[Row], values: pd.Series, tools: list[str], currency: str) -> list[str]:
    lines = [_line(row, currency, [row.text(values[row.column])]) for row in _about(rows, tools)]
    return [f"<tr class=crm-part><th colspan=2>{escape(head)}</th></tr>", *lines] if lines else []


def _line(row: Row, currency: str, cells: Iterable[str]) -> str:
    return f"<tr>{row.words(currency)}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _table(head: str, lines: Iterable[str]) -> str:
    top = f"<thead><tr><td></td>{head}</tr></thead>" if head else ""
    return f"<table>{top}<tbody>{''.join(lines)}</tbody></table>"


def _page(title: str, subtitle: str, table: str, note: str) -> str:
    below = f"<p>{escape(note)}</p>" if note else ""
    return f"<h3>{escape(title)} <small>{escape(subtitle)}</small></h3>{table}{below}"
