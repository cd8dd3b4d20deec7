"""The books of a run: every booking with its account, and what each customer brought in and cost."""

import pandas as pd

from sim import kpi
from sim.kpi.value import DAYS_PER_YEAR

Tables = dict[str, pd.DataFrame]

INCOME = ("revenue",)
COSTS = ("discounts", "cost_of_goods", "service", "program", "marketing", "sales", "extension")
"""Accounts: income is booked above 0, costs below."""


def ledger(tables: Tables) -> pd.DataFrame:
    """One row a booking, sorted by time: time, account, amount, customer_id (missing where it is nobody's).

    revenue is at full price, discounts are what was taken off it; service is quality, product levels and
    delight at the sale, tickets, and the wages of the kitchen; program is rewards; marketing, sales and
    extension are what channels, sales representatives and offers cost.
    """
    sales, tickets, invoices = tables["transactions"], tables["tickets"], tables["invoices"]
    answered = tickets.rename(columns={"closed_at": "time"})
    ids = tables["customers"]["customer_id"]
    bookings = [
        _booking(ids, "revenue", sales, sales["amount"]),
        _booking(ids, "discounts", sales, -sales["discount"]),
        _booking(ids, "cost_of_goods", sales, -sales["cost_of_goods"]),
        _booking(ids, "service", sales, -sales["cost_of_service"]),
        _booking(ids, "program", sales, -sales["cost_of_reward"]),
        _booking(ids, "service", answered, -answered["cost"]),
        _booking(ids, invoices["account"].astype(object), invoices, -invoices["amount"]),
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


def contributions(tables: Tables, annual_discount_rate: float) -> pd.DataFrame:
    """What customers brought in after their own costs: customer_id, time, margin and present_value (money).

    A purchase brings its margin less the reward, an answered ticket its cost. The present value is discounted
    to the customer's first purchase in the run.
    """
    brought = _brought(tables)
    first = brought.groupby("customer_id", observed=True)["time"].transform("min")
    years = (brought["time"] - first).dt.total_seconds() / (DAYS_PER_YEAR * 86_400)
    return brought.assign(present_value=brought["margin"] * (1 + annual_discount_rate) ** -years)


def _brought(tables: Tables) -> pd.DataFrame:
    sales, tickets = tables["transactions"], tables["tickets"]
    bought = sales[["customer_id", "time"]].assign(margin=sales["margin"] - sales["cost_of_reward"])
    paid_for = tickets[tickets["cost"] > 0]
    if paid_for.empty:
        return bought
    served = paid_for[["customer_id"]].assign(time=paid_for["closed_at"], margin=-paid_for["cost"])
    return pd.concat([bought, served], ignore_index=True)


def acquisition_costs(tables: Tables) -> "pd.Series[float]":
    """Marketing and sales cost of each channel over the whole run, in currency, by channel.

    Sales representatives cost the channels in proportion to the leads that they contacted, or to all leads if
    they contacted none; without a lead they waited for organic ones.
    """
    invoices, leads = tables["invoices"], tables["leads"]
    is_marketing = invoices["account"] == "marketing"
    marketing = invoices[is_marketing].groupby("channel", observed=False)["amount"].sum()
    by_people = leads[leads["contacted_at"].notna() & ~leads["automated"]]
    worked_on = (leads if by_people.empty else by_people)["channel"].value_counts().reindex(marketing.index)
    wages = invoices.loc[invoices["account"] == "sales", "amount"].sum()
    if leads.empty:
        worked_on["organic"] = 1
    return marketing + wages * worked_on / worked_on.sum()


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
    value = contribution.groupby("customer_id", observed=True)["present_value"].sum()
    channel = tables["customers"].set_index("customer_id")["channel"]
    costs, won = acquisition_costs(tables), channel.value_counts()
    own = (costs / won.where(won > 0)).fillna(0.0)
    common = costs[won.reindex(costs.index) == 0].sum() / max(len(channel), 1)
    borne = channel.map(own).astype(float) + common
    return (value.reindex(borne.index, fill_value=0.0) - borne).rename("clv")


def won_customers(tables: Tables) -> pd.DataFrame:
    """Customers that acquisition won: all but those it started with."""
    customers = tables["customers"]
    return customers[customers["channel"] != "opening"]
