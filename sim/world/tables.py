"""The journal and the customer table as tidy pandas tables: what a company would find in its systems.

Times become timestamps (whole seconds) and money is in cents, so tables are the same on every platform.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.luck import Floats
from sim.world.acquisition import CHANNELS, TAKEN_OVER, customer_keys
from sim.world.costs import service_share
from sim.world.customers import Customers
from sim.world.journal import ACCOUNTS, RESPONSES, TOUCHES, Column, Columns
from sim.world.lots import split_into_lots
from sim.world.service import CHANNELS as SERVICE_CHANNELS
from sim.world.service import REASONS
from sim.world.simulate import World

Tables = dict[str, pd.DataFrame]
Ids = pd.api.extensions.ExtensionArray


def build_tables(world: World) -> Tables:
    """All tables this world fills, by name; see `sim.Run` for what their rows are."""
    ids = pd.Series(customer_ids(world, world.customers.key)).array  # keeps its type in a table without rows
    sales = _in_order(world.journal.read("transactions"))
    return {
        "customers": _customers(world, ids),
        "truth": _truth(world, ids),
        "leads": _leads(world),
        "transactions": _transactions(world, ids, sales),
        "episodes": _episodes(world, ids, sales),
        "touchpoints": _touchpoints(world, ids),
        "tickets": _tickets(world, ids),
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
            "products": 1 + table.held.astype(np.int64),
            "newsletter_cancelled_at": _times(world, table.opted_out_at),
            "cancelled_at": _times(world, table.cancelled_at),
            "terminated_at": _times(world, table.terminated_at),
        }
    )[_arrived(table)].reset_index(drop=True)


def _truth(world: World, ids: Ids) -> pd.DataFrame:
    table, market = world.customers, world.scenario.market
    per_week = 7.0 if market.churn_model == "pareto/nbd" else 1.0
    return pd.DataFrame(
        {
            "customer_id": ids,
            "purchase_rate": np.round(table.rate * 7.0, 9),
            "dropout": np.round(table.dropout * per_week, 9),
            "basket_mean": np.round(market.spend_shape / table.spend_rate, 6),
            "satisfaction": np.round(table.satisfaction, 6),
            "trust": np.round(table.trust, 6),
            "commitment": np.round(table.commitment, 6),
            "is_costly": table.is_costly,
            "churned_at": _times(world, table.churned_at),
        }
    )[_arrived(table)].reset_index(drop=True)


def _leads(world: World) -> pd.DataFrame:
    leads = _in_order(world.journal.read("leads"))
    contacts = pd.DataFrame(world.journal.read("contacts")).set_index("key").reindex(leads["key"])
    contacted = _times(world, contacts["day"].fillna(np.inf).to_numpy())
    converted = contacts["converted"].eq(True).to_numpy()
    customer_id = pd.Series(customer_ids(world, leads["key"])).convert_dtypes()
    return pd.DataFrame(
        {
            "lead_id": leads["key"],
            "created_at": _times(world, leads["day"]),
            "channel": pd.Categorical.from_codes(leads["channel"], pd.Index(CHANNELS)),
            "fit": _rounded(leads["fit"]),
            "intent": _rounded(leads["intent"]),
            "score": _rounded(leads["score"]),
            "cost": np.round(leads["cost"], 2),
            "contacted_at": contacted,
            "automated": contacts["automated"].eq(True).to_numpy(),
            "converted_at": np.where(converted, contacted, np.datetime64("NaT", "s")),
            "customer_id": customer_id.where(converted),
        }
    )


def _transactions(world: World, ids: Ids, sales: Columns) -> pd.DataFrame:
    amount, discount = sales["amount"], sales["discount"]
    levers = world.scenario
    paid = np.round(amount - discount, 2)
    cost_of_goods = np.round(amount * (1 - levers.finance.gross_margin), 2)
    cost_of_service = np.round(
        amount * (service_share(levers) + sales["service_share"])
        + sales["delight"] * levers.experience.delight_cost,
        2,
    )
    return pd.DataFrame(
        {
            "transaction_id": np.arange(len(amount)),
            "customer_id": ids[sales["row"]],
            "time": _times(world, sales["day"]),
            "product": pd.Categorical.from_codes(np.zeros(len(amount), np.int8), pd.Index(["basket"])),
            "amount": amount,
            "discount": discount,
            "paid": paid,
            "cost_of_goods": cost_of_goods,
            "cost_of_service": cost_of_service,
            "margin": np.round(paid - cost_of_goods - cost_of_service, 2),
            "points_earned": sales["points_earned"],
            "cost_of_reward": sales["reward"] * levers.loyalty.reward_cost,
        }
    )


def _episodes(world: World, ids: Ids, sales: Columns) -> pd.DataFrame:
    hidden = ("tolerance", "experience", "satisfaction", "trust", "commitment")
    return pd.DataFrame(
        {
            "transaction_id": np.arange(len(sales["row"])),
            "customer_id": ids[sales["row"]],
            "time": _times(world, sales["day"]),
            "minutes": _rounded(sales["minutes"]),
            "failures": sales["failures"],
            "delight": sales["delight"],
            **{name: _rounded(sales[name]) for name in hidden},
        }
    )


def _touchpoints(world: World, ids: Ids) -> pd.DataFrame:
    touches = _in_order(world.journal.read("touchpoints"))
    names = [rung.name for rung in world.scenario.ladder]
    return pd.DataFrame(
        {
            "customer_id": ids[touches["row"]],
            "time": _times(world, touches["day"]),
            "kind": pd.Categorical.from_codes(touches["kind"], pd.Index(TOUCHES)),
            "product": pd.Categorical.from_codes(touches["product"], pd.Index(names, dtype=str)),
            "response": pd.Categorical.from_codes(touches["response"], pd.Index(RESPONSES)),
        }
    )


def _tickets(world: World, ids: Ids) -> pd.DataFrame:
    tickets = world.journal.read("tickets")
    answers = pd.DataFrame(world.journal.read("answers")).set_index("number").reindex(tickets["number"])
    started, closed = (answers[name].fillna(np.inf).to_numpy() for name in ("started", "closed"))
    is_closed = closed <= world.horizon
    channel = np.where(is_closed, answers["channel"].fillna(0), tickets["channel"]).astype(np.int8)
    return pd.DataFrame(
        {
            "ticket_id": tickets["number"],
            "customer_id": ids[tickets["row"]],
            "opened_at": _times(world, tickets["day"]),
            "started_at": _times(world, started),
            "closed_at": _times(world, closed),
            "reason": pd.Categorical.from_codes(tickets["reason"], pd.Index(REASONS)),
            "channel": pd.Categorical.from_codes(channel, pd.Index(SERVICE_CHANNELS)),
            "resolved": is_closed & answers["resolved"].eq(True).to_numpy(),
            "cost": np.round(np.where(is_closed, answers["cost"].fillna(0.0), 0.0), 2),
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
    invoices = _in_order(world.journal.read("invoices"))
    return pd.DataFrame(
        {
            "time": _times(world, invoices["day"]),
            "account": pd.Categorical.from_codes(invoices["account"], pd.Index(ACCOUNTS)),
            "channel": pd.Categorical.from_codes(invoices["channel"], pd.Index(CHANNELS)),
            "amount": np.round(invoices["amount"], 2),
        }
    )


def _rounded(values: Column) -> Column:
    """Coarse enough to be the same on every platform, fine enough for any reader."""
    rounded: Column = np.round(values.astype(np.float64), 4)
    return rounded


def _in_order(columns: Columns) -> Columns:
    """Sorted by day; what one customer did at one moment stays in the order it was recorded."""
    order = np.argsort(columns["day"], kind="stable")
    return {name: values[order] for name, values in columns.items()}
