"""Key figures of loyalty programs, as their operators report them: who takes part, what points become.

A table of members has one row a customer: customer_id and member_since, NaT for those who are none. A table
of points has one row a movement, as `sim.Run.points`: time, customer_id, type, points and lot_id.
"""

from typing import Any

import numpy as np
import pandas as pd

from .inputs import Moment, Numbers, require, require_amount, require_columns, require_timestamps, to_moment

ISSUES = ("earn", "bonus")
"""Types of movement by which points come into being."""


def enrolment_rate(customers: pd.DataFrame) -> float:
    """Share of customers who are members.

    Formula: members / customers, of a table with customer_id and member_since; 0 to 1 at the time of the
    table, NaN without customers. Source: usage of the trade.

    >>> join = pd.to_datetime(["2024-01-05", None, "2024-02-01", None])
    >>> enrolment_rate(pd.DataFrame({"customer_id": [1, 2, 3, 4], "member_since": join}))
    0.5
    """
    return float(_member_since(customers).notna().mean())


def sales_penetration(transactions: pd.DataFrame, customers: pd.DataFrame) -> float:
    """Share of sales that members make.

    Formula: amount of the purchases made as a member / amount of all purchases, 0 to 1 over the time of the
    table; NaN without sales. A purchase at the moment of joining counts as a member's. `transactions` needs
    customer_id, time and amount. Source: usage of retailers' annual reports.

    >>> log = pd.DataFrame({"customer_id": [1, 1, 2], "amount": [10.0, 30.0, 20.0],
    ...                     "time": pd.to_datetime(["2024-01-01", "2024-01-05", "2024-01-07"])})
    >>> join = pd.DataFrame({"customer_id": [1, 2], "member_since": pd.to_datetime(["2024-01-05", None])})
    >>> sales_penetration(log, join)
    0.5
    """
    require_columns(transactions, "transactions", ["customer_id", "time", "amount"])
    amount = transactions["amount"]
    return _ratio(amount[_by_member(transactions, customers)].sum(), amount.sum())


def active_rate(
    customers: pd.DataFrame,
    transactions: pd.DataFrame,
    points: pd.DataFrame,
    as_of: Moment,
    window_days: float = 365,
) -> float:
    """Share of members who bought, earned or redeemed lately.

    Formula: members with a purchase or a movement of theirs (earn, bonus, redeem) in (as_of - window_days,
    as_of] / members, 0 to 1; NaN without members. Points that only expire are no activity. Source: the
    definition of the COLLOQUY loyalty census, active in the last 12 months.

    >>> day = pd.to_datetime(["2024-01-01", "2023-01-01"])
    >>> members = pd.DataFrame({"customer_id": [1, 2], "member_since": pd.to_datetime(["2022-01-01"] * 2)})
    >>> log = pd.DataFrame({"customer_id": [1, 2], "time": day})
    >>> moves = log.assign(type=["earn", "earn"])
    >>> active_rate(members, log, moves, as_of="2024-06-01")
    0.5
    """
    require_columns(transactions, "transactions", ["customer_id", "time"])
    _require_movements(points, "customer_id")
    require("window_days", window_days, window_days > 0, "above 0")
    end = to_moment(as_of)
    members = _members(customers, end)
    own = points[points["type"].isin([*ISSUES, "redeem"])]
    moves = pd.concat([transactions[["customer_id", "time"]], own[["customer_id", "time"]]])
    lately = (moves["time"] <= end) & (moves["time"] > end - pd.Timedelta(days=window_days))
    return _ratio(members.isin(moves.loc[lately, "customer_id"]).sum(), len(members))


def never_redeemed_share(customers: pd.DataFrame, points: pd.DataFrame, as_of: Moment) -> float:
    """Share of members who have never redeemed.

    Formula: members without a redemption up to as_of / members, 0 to 1; NaN without members. New members
    had little time: it falls with the age of a program. Source: Bond loyalty reports.

    >>> members = pd.DataFrame({"customer_id": [1, 2], "member_since": pd.to_datetime(["2024-01-01"] * 2)})
    >>> moves = pd.DataFrame({"customer_id": [1], "time": pd.to_datetime(["2024-02-01"]),
    ...                       "type": ["redeem"]})
    >>> never_redeemed_share(members, moves, as_of="2024-03-01")
    0.5
    """
    _require_movements(points, "customer_id")
    end = to_moment(as_of)
    members = _members(customers, end)
    redeemed = (points["type"] == "redeem") & (points["time"] <= end)
    return _ratio((~members.isin(points.loc[redeemed, "customer_id"])).sum(), len(members))


def redemption_rate(redeemed: Numbers, issued: Numbers) -> Numbers:
    """Share of the points issued that were redeemed; of the same period, it is the burn rate.

    Formula: points redeemed / points issued, both since the start, or both of one period: then above 1 where
    more is burnt than earned. NaN where nothing was issued. ValueError for a negative input. Source: usage
    of airlines' annual reports, burn to earn.

    >>> print(redemption_rate(redeemed=4_500, issued=10_000))
    0.45
    """
    require_amount("redeemed", redeemed)
    require_amount("issued", issued)
    return _quotient(redeemed, issued)


def breakage_by_cohort(points: pd.DataFrame, period: str = "M") -> pd.DataFrame:
    """What became of the points, by the period in which their lot was opened.

    Every movement counts for the cohort of its lot: issued (earn and bonus), redeemed, expired, reversed and
    adjusted (points given back, above 0), all up to the end of the table; outstanding, what is left; and
    breakage so far, expired / (issued + adjusted - reversed). `period` is a pandas period: "M", "Q" or "Y".
    Indexed by issue period. Source: breakage by issue cohort as in airlines' deferred revenue notes.

    >>> moves = pd.DataFrame({
    ...     "time": pd.to_datetime(["2024-01-05", "2024-02-01", "2024-02-20", "2025-01-31"]),
    ...     "type": ["earn", "redeem", "earn", "expire"],
    ...     "points": [100, -60, 10, -40], "lot_id": [0, 0, 1, 0]})
    >>> print(breakage_by_cohort(moves).drop(columns=["reversed", "adjusted"]))
             issued  redeemed  expired  outstanding  breakage
    issued_in
    2024-01     100        60       40            0       0.4
    2024-02      10         0        0           10       0.0
    """
    _require_movements(points, "points")
    _require_present(points, "points", "lot_id")
    kind, moved = points["type"].astype(str), points["points"]
    issued_in = points.groupby("lot_id")["time"].transform("min").dt.to_period(period).rename("issued_in")
    of_kind = {
        "issued": moved.where(kind.isin(ISSUES), 0),
        **{name: -moved.where(kind == which, 0) for name, which in _FATES.items()},
        "adjusted": moved.where(kind == "adjust", 0),
        "outstanding": moved,
    }
    cohorts = pd.DataFrame(of_kind).groupby(issued_in).sum()
    granted = cohorts["issued"] + cohorts["adjusted"] - cohorts["reversed"]
    return cohorts.assign(breakage=_quotient(cohorts["expired"], granted))


_FATES = {"redeemed": "redeem", "expired": "expire", "reversed": "reverse"}


def member_margin(transactions: pd.DataFrame, customers: pd.DataFrame) -> "pd.Series[float]":
    """Mean margin per member and per other customer.

    Formula: margin of all purchases of a group / customers in it, currency over the time of the table; a
    member by the end of it is a member. Returns member and other, NaN for a group of nobody. That members
    bring more is no effect of the program: those who buy more join. `transactions` needs customer_id, time
    and margin.

    >>> log = pd.DataFrame({"customer_id": [1, 1, 2], "margin": [4.0, 2.0, 1.0],
    ...                     "time": pd.to_datetime(["2024-01-01", "2024-01-05", "2024-01-07"])})
    >>> join = pd.DataFrame({"customer_id": [1, 2], "member_since": pd.to_datetime(["2024-01-05", None])})
    >>> print(member_margin(log, join).to_dict())
    {'member': 6.0, 'other': 1.0}
    """
    require_columns(transactions, "transactions", ["customer_id", "time", "margin"])
    is_member = _member_since(customers).notna()
    members = customers.loc[is_member, "customer_id"]
    from_members = transactions["customer_id"].isin(members)
    margin = transactions["margin"]
    return pd.Series(
        {
            "member": _ratio(margin[from_members].sum(), len(members)),
            "other": _ratio(margin[~from_members].sum(), len(customers) - len(members)),
        },
        name="margin",
    )


def program_cost_ratio(cost: Numbers, sales: Numbers) -> Numbers:
    """What a program costs as a share of sales.

    Formula: (rewards + benefits + rebates paid) / sales of the same period, NaN without sales. ValueError for
    a negative input. Source: usage of retailers' annual reports.

    >>> print(program_cost_ratio(cost=300, sales=10_000))
    0.03
    """
    require_amount("cost", cost)
    require_amount("sales", sales)
    return _quotient(cost, sales)


def return_on_program(incremental_margin: Numbers, cost: float | Numbers) -> Numbers:
    """What a program earns on what it costs.

    Formula: (incremental margin - cost) / cost, of the same period: 0 where it just pays, -1 where it does
    nothing. Only margin that would not be there without the program is incremental. NaN without cost.
    ValueError for a negative cost. Source: return on marketing investment, Lenskold 2003.

    >>> print(return_on_program(incremental_margin=1_500, cost=1_000))
    0.5
    """
    require_amount("cost", cost)
    return _quotient(incremental_margin - cost, cost)


def _quotient(numerator: Numbers, denominator: float | Numbers) -> Numbers:
    """NaN where the denominator is 0; numbers, arrays or Series."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient: Any = np.divide(numerator, np.divide(denominator, np.not_equal(denominator, 0)))
    return quotient


def _ratio(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator else float("nan")


def _require_movements(points: pd.DataFrame, *columns: str) -> None:
    require_columns(points, "points", ["time", *columns])
    _require_present(points, "points", "type")


def _require_present(table: pd.DataFrame, name: str, column: str) -> None:
    if column not in table.columns:
        present = ", ".join(map(str, table.columns))
        raise ValueError(f"{name} needs a column '{column}', but has only: {present}")


def _member_since(customers: pd.DataFrame) -> pd.Series:
    require_columns(customers, "customers", ["customer_id"])
    _require_present(customers, "customers", "member_since")
    require_timestamps("customers: column 'member_since'", customers["member_since"])
    return customers["member_since"]


def _members(customers: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series:
    """Ids of those who have joined by then."""
    return customers.loc[_member_since(customers) <= as_of, "customer_id"]


def _by_member(transactions: pd.DataFrame, customers: pd.DataFrame) -> "pd.Series[bool]":
    since = pd.Series(_member_since(customers).to_numpy(), customers["customer_id"])
    return transactions["time"] >= since.reindex(transactions["customer_id"]).to_numpy()
