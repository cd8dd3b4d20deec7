"""The books of a run: every booking with its account, and what each customer brought in and cost."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim import kpi
from sim.kpi.value import DAYS_PER_YEAR
from sim.luck import Floats
from sim.world.journal import Column

Tables = dict[str, pd.DataFrame]

INCOME = ("revenue", "points_released")
COSTS = (
    *("discounts", "refunds", "rebates", "points_deferred", "cost_of_goods", "service", "program"),
    *("marketing", "sales", "extension"),
)
"""Accounts: income is booked above 0, costs below; what is taken back is booked with the other sign."""


def ledger(tables: Tables, accruals: pd.DataFrame) -> pd.DataFrame:
    """One row a booking, sorted by time: time, account, amount, customer_id (missing where it is nobody's).

    revenue is at full price, discounts are what was taken off it; refunds are what was paid for returned
    goods, whose cost goes back to cost_of_goods that day; service is quality, product levels and delight at
    the sale, tickets, and the wages of the kitchen; program is rewards when they are redeemed and the
    benefits of tiers; marketing, sales and extension are what channels, sales representatives and offers
    cost. `accruals`, from `sim.accounts`, are rebates, points_deferred and points_released.
    """
    sales, tickets, invoices = tables["transactions"], tables["tickets"], tables["invoices"]
    answered = tickets.rename(columns={"closed_at": "time"})
    returned = _returned(sales)
    ids = tables["customers"]["customer_id"]
    bookings = [
        _booking(ids, "revenue", sales, sales["amount"]),
        _booking(ids, "discounts", sales, -sales["discount"]),
        _booking(ids, "refunds", returned, -returned["paid"]),
        _booking(ids, "cost_of_goods", sales, -sales["cost_of_goods"]),
        _booking(ids, "cost_of_goods", returned, returned["cost_of_goods"]),
        _booking(ids, "service", sales, -sales["cost_of_service"]),
        _booking(ids, "program", sales, -sales["cost_of_reward"]),
        _booking(ids, "service", answered, -answered["cost"]),
        _booking(ids, invoices["account"].astype(object), invoices, -invoices["amount"]),
        _booking(ids, accruals["account"], accruals, accruals["amount"]),
    ]
    books = pd.concat(bookings).sort_values("time", kind="stable", ignore_index=True)
    return books.astype({"account": pd.CategoricalDtype([*INCOME, *COSTS])})


def _booking(
    ids: pd.Series, account: "str | pd.Series[str]", source: pd.DataFrame, amount: "pd.Series[float]"
) -> pd.DataFrame:
    booked = source.assign(account=account, amount=amount)[amount != 0]
    with_gaps = ids.convert_dtypes().dtype  # an invoice has no customer
    return booked.reindex(columns=["time", "account", "amount", "customer_id"]).astype(
        {"customer_id": with_gaps}
    )


def _returned(sales: pd.DataFrame) -> pd.DataFrame:
    """Purchases that were refunded, as of that day."""
    refunded = sales[sales["refunded_at"].notna()]
    return refunded.assign(time=refunded["refunded_at"])


def contributions(tables: Tables, annual_discount_rate: float) -> pd.DataFrame:
    """What customers brought in after their own costs: customer_id, time, margin and present_value (money).

    A purchase brings its margin less the reward, a refund takes back what was paid less the cost of the
    goods, a rebate costs what is paid on the claim, an answered ticket its cost: cash, no accrual and no
    deferral. The present value is discounted to the customer's first purchase in the run.
    """
    customer_id, time, margin = _brought(tables)
    customer, _ = pd.factorize(customer_id)  # numbered by their first purchase: these come first
    is_first = np.diff(np.maximum.accumulate(customer), prepend=-1) > 0
    years = (time - time[is_first][customer]) / np.timedelta64(1, "s") / (DAYS_PER_YEAR * 86_400)
    present_value = margin * (1 + annual_discount_rate) ** -years
    columns = {"customer_id": customer_id, "time": time, "margin": margin, "present_value": present_value}
    return pd.DataFrame(columns)


def _brought(tables: Tables) -> tuple[pd.Series, Column, Floats]:
    """Customer, time and margin of all purchases and then of what followed from them."""
    sales, tickets, rebates = tables["transactions"], tables["tickets"], tables["rebates"]
    returned = np.flatnonzero(sales["refunded_at"].notna())
    claimed = np.flatnonzero(rebates["claimed_at"].notna() & ~rebates["refused"])
    answered = np.flatnonzero(tickets["cost"] > 0)
    moves = [
        (sales, returned, "refunded_at", sales["cost_of_goods"] - sales["paid"]),
        (rebates, claimed, "claimed_at", -rebates["amount"]),
        (tickets, answered, "closed_at", -tickets["cost"]),
    ]
    margin = (sales["margin"] - sales["cost_of_reward"]).to_numpy()
    brought = [(sales["customer_id"], sales["time"].to_numpy(), margin)]
    brought += [_moved(*move) for move in moves if len(move[1])]
    customer_id, times, margins = zip(*brought, strict=True)
    return pd.concat(customer_id, ignore_index=True), np.concatenate(times), np.concatenate(margins)


def _moved(
    source: pd.DataFrame, rows: NDArray[np.intp], when: str, margin: "pd.Series[float]"
) -> tuple[pd.Series, Column, Floats]:
    return source["customer_id"].iloc[rows], source[when].to_numpy()[rows], margin.to_numpy()[rows]


def acquisition_costs(tables: Tables) -> "pd.Series[float]":
    """Marketing and sales cost of each channel over the whole run, in currency, by channel.

    Sales representatives cost the channels in proportion to the leads that they contacted, or to all leads if
    they contacted none; without a lead they waited for organic ones.
    """
    invoices, leads = tables["invoices"], tables["leads"]
    marketing, sales = ((invoices["account"] == account).to_numpy() for account in ("marketing", "sales"))
    by_people = (leads["contacted_at"].notna() & ~leads["automated"]).to_numpy()
    worked_on = _by_channel(leads["channel"], by_people if by_people.any() else None)
    names = leads["channel"].cat.categories
    if leads.empty:
        worked_on[names.get_loc("organic")] = 1
    amount = invoices["amount"].to_numpy()
    cost = _by_channel(invoices["channel"][marketing], amount[marketing])
    return pd.Series(cost + amount[sales].sum() * worked_on / worked_on.sum(), names)


def _by_channel(channel: pd.Series, amount: NDArray[Any] | None = None) -> Floats:
    """How many rows each channel has, or how much it comes to in them."""
    code, names = channel.cat.codes, channel.cat.categories
    return np.bincount(code, amount, len(names)).astype(float)


def cac_by_channel(tables: Tables) -> "pd.Series[float]":
    """Customer acquisition cost of each channel that won or cost anything, and `blended`, in currency.

    Formula: (marketing + sales cost of the channel) / customers it won; see `kpi.cac_by_channel`.
    """
    won = tables["customers"]["channel"].value_counts().drop("opening")
    cost = acquisition_costs(tables).drop("opening")
    used = (won > 0) | (cost.reindex(won.index) > 0)
    names = [str(name) for name in won.index[used]]
    return kpi.cac_by_channel(
        pd.Series(cost.loc[names].to_numpy(), names), pd.Series(won.loc[names].to_numpy(float), names)
    )


def realised_clv(tables: Tables, contribution: pd.DataFrame) -> "pd.Series[float]":
    """Realised CLV within the horizon, one value a customer, in currency.

    The present value of the customer's `contributions`, minus the acquisition cost of the customer's channel.
    What a channel cost that won nobody is borne by all.
    """
    customers = pd.Index(tables["customers"]["customer_id"])
    place = customers.get_indexer(pd.Index(contribution["customer_id"]))
    value = np.bincount(place, contribution["present_value"], len(customers))
    channel = tables["customers"]["channel"]
    costs, won = acquisition_costs(tables).to_numpy(), _by_channel(channel)
    own = np.divide(costs, won, out=np.zeros_like(costs), where=won > 0)
    common = costs[won == 0].sum() / max(len(channel), 1)
    borne = own[channel.cat.codes] + common
    return pd.Series(value - borne, customers, name="clv")
