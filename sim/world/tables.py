"""The journal and the customer table as tidy pandas tables: what a company would find in its systems.

Times become timestamps (whole seconds) and money is in cents, so tables are the same on every platform.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.luck import Floats
from sim.world.acquisition import CHANNELS, TAKEN_OVER, customer_keys
from sim.world.customers import Customers
from sim.world.journal import Column, Columns
from sim.world.lots import split_into_lots
from sim.world.simulate import World

Tables = dict[str, pd.DataFrame]
Ids = pd.api.extensions.ExtensionArray


def build_tables(world: World) -> Tables:
    """All tables this world fills, by name; see `sim.Run` for what their rows are."""
    ids = pd.Series(customer_ids(world, world.customers.key)).array  # keeps its type in a table without rows
    return {
        "customers": _customers(world, ids),
        "truth": _truth(world, ids),
        "leads": _leads(world),
        "transactions": _transactions(world, ids),
        "surveys": _surveys(world, ids),
        "points": _points(world, ids),
        "invoices": _invoices(world),
    }


def customer_ids(world: World, key: NDArray[np.int64]) -> Column:
    """The id behind each customer key: the key, or the company's own id for customers taken over from a log.

    Beside own ids that are numbers, new customers are numbered from a higher power of ten; beside names they
    are called new-1, new-2, ...
    """
    known = world.scenario.starting_customers
    if known is None:
        return key
    own = known.table["customer_id"].to_numpy()
    place = key - customer_keys(TAKEN_OVER, np.array([0]))
    taken_over = (place >= 0) & (place < len(own))
    if np.issubdtype(own.dtype, np.integer):
        ids = key + 10 ** len(str(int(own.max(initial=0))))
    else:
        ids = np.array([f"new-{one}" for one in key], object)
    ids[taken_over] = own[place[taken_over]]
    return ids


def _times(world: World, days: Floats) -> Column:
    """Timestamps cut to the second, NaT for what lies beyond the horizon."""
    start = np.datetime64(world.scenario.clock.start, "s")
    happened = days <= world.horizon
    seconds = np.floor(np.where(happened, days, 0) * 86_400).astype("timedelta64[s]")
    times: Column = np.where(happened, start + seconds, np.datetime64("NaT", "s"))
    return times


def _arrived(customers: Customers) -> NDArray[np.bool_]:
    return customers.purchases > 0


def _customers(world: World, ids: Ids) -> pd.DataFrame:
    table = world.customers
    return pd.DataFrame(
        {
            "customer_id": ids,
            "acquired_at": _times(world, table.acquired_at),
            "channel": pd.Categorical.from_codes(table.channel, pd.Index(CHANNELS)),
            "member_since": _times(world, table.member_since),
            "points_balance": table.points,
            "products": 1,
        }
    )[_arrived(table)].reset_index(drop=True)


def _truth(world: World, ids: Ids) -> pd.DataFrame:
    table, market = world.customers, world.scenario.market
    per_week = 1.0 if market.churn_model == "bg/nbd" else 7.0
    return pd.DataFrame(
        {
            "customer_id": ids,
            "purchase_rate": np.round(table.rate * 7.0, 9),
            "dropout": np.round(table.dropout * per_week, 9),
            "basket_mean": np.round(market.spend_shape / table.spend_rate, 6),
            "satisfaction": np.round(table.satisfaction, 6),
            "churned_at": _times(world, table.churned_at),
        }
    )[_arrived(table)].reset_index(drop=True)


def _leads(world: World) -> pd.DataFrame:
    leads = world.journal.read("leads")
    order = np.argsort(leads["day"], kind="stable")
    key, converted = leads["key"][order], leads["converted"][order]
    time = _times(world, leads["day"][order])
    customer_id = pd.Series(customer_ids(world, key)).convert_dtypes()
    return pd.DataFrame(
        {
            "lead_id": key,
            "created_at": time,
            "channel": pd.Categorical.from_codes(key // 10**9, pd.Index(CHANNELS)),
            "converted_at": np.where(converted, time, np.datetime64("NaT", "s")),
            "customer_id": customer_id.where(converted),
        }
    )


def _transactions(world: World, ids: Ids) -> pd.DataFrame:
    sales = _in_order(world.journal.read("transactions"))
    amount = sales["amount"]
    finance, retention = world.scenario.finance, world.scenario.retention
    surplus = retention.service_quality - retention.market_standard
    cost_of_goods = np.round(amount * (1 - finance.gross_margin), 2)
    cost_of_service = np.round(amount * retention.quality_cost * surplus, 2)
    return pd.DataFrame(
        {
            "transaction_id": np.arange(len(amount)),
            "customer_id": ids[sales["row"]],
            "time": _times(world, sales["day"]),
            "product": pd.Categorical.from_codes(np.zeros(len(amount), np.int8), pd.Index(["basket"])),
            "amount": amount,
            "discount": 0.0,
            "paid": amount,
            "cost_of_goods": cost_of_goods,
            "cost_of_service": cost_of_service,
            "margin": np.round(amount - cost_of_goods - cost_of_service, 2),
            "points_earned": sales["points_earned"],
            "cost_of_reward": sales["reward"] * world.scenario.loyalty.reward_cost,
        }
    )


def _surveys(world: World, ids: Ids) -> pd.DataFrame:
    waves = world.journal.read("surveys")
    answers = pd.DataFrame(
        {
            "customer_id": ids[waves["row"]],
            "time": _times(world, waves["day"]),
            "nps": waves["nps"],
            "csat": waves["csat"],
        }
    )
    long = answers.melt(["customer_id", "time"], ["nps", "csat"], var_name="kind", value_name="score")
    long["kind"] = pd.Categorical(long["kind"], ["nps", "csat"])
    return long.sort_values(["time", "kind"], kind="stable", ignore_index=True)


def _points(world: World, ids: Ids) -> pd.DataFrame:
    moves = split_into_lots(_in_order(world.journal.read("points")))
    is_redemption = (moves["points"] < 0).astype(np.int8)
    return pd.DataFrame(
        {
            "time": _times(world, moves["day"]),
            "customer_id": ids[moves["row"]],
            "type": pd.Categorical.from_codes(is_redemption, pd.Index(["earn", "redeem"])),
            "points": moves["points"],
            "lot_id": moves["lot"],
            "expires_at": np.full(len(moves["lot"]), np.datetime64("NaT", "s"), "datetime64[s]"),
        }
    )


def _invoices(world: World) -> pd.DataFrame:
    invoices = world.journal.read("invoices")
    return pd.DataFrame({"time": _times(world, invoices["day"]), "amount": invoices["amount"]})


def _in_order(columns: Columns) -> Columns:
    """Sorted by day; what one customer did at one moment stays in the order it was recorded."""
    order = np.argsort(columns["day"], kind="stable")
    return {name: values[order] for name, values in columns.items()}
