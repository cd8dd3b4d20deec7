"""The journal and the customer table as tidy pandas tables: what a company would find in its systems.

Times become timestamps (whole seconds) and money is in cents, so tables are the same on every platform.
"""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.luck import Floats
from sim.scenario import Scenario
from sim.world.acquisition import CHANNELS, TAKEN_OVER, customer_keys
from sim.world.costs import service_share
from sim.world.customers import NEVER, Rows
from sim.world.journal import ACCOUNTS, MOVES, RESPONSES, TOUCHES, Column, Columns
from sim.world.lots import expiry_dates, split_into_lots
from sim.world.loyalty.privileges import TIERS
from sim.world.service import CHANNELS as SERVICE_CHANNELS
from sim.world.service import REASONS
from sim.world.simulate import World

FEW = 8
"""Rows of one moment that are quicker put in order one by one."""

Tables = dict[str, pd.DataFrame]
Ids = pd.api.extensions.ExtensionArray


def build_tables(world: World) -> Tables:
    """All tables this world fills, by name; see `sim.Run` for what their rows are."""
    ids = pd.Series(customer_ids(world, world.customers.key)).array  # keeps its type in a table without rows
    sales = _in_order(world, "transactions")
    arrived = np.flatnonzero(world.customers.purchases > 0)
    return {
        "customers": _customers(world, ids, arrived),
        "truth": _truth(world, ids, arrived),
        "leads": _leads(world),
        "transactions": _transactions(world, ids, sales),
        "episodes": _episodes(world, ids, sales),
        "touchpoints": _touchpoints(world, ids),
        "tickets": _tickets(world, ids),
        "surveys": _surveys(world, ids),
        "points": _points(world, ids),
        "rebates": _rebates(world, ids, sales),
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
    """Timestamps cut to the second, NaT for what lies at the horizon or beyond it."""
    seconds = np.where(days < world.horizon, days, np.nan)
    seconds *= 86_400
    times: Column = np.floor(seconds, out=seconds).astype("timedelta64[s]")
    return np.datetime64(world.scenario.clock.start, "s") + times


def _customers(world: World, ids: Ids, arrived: Rows) -> pd.DataFrame:
    customers = world.customers
    return _table(
        {
            "customer_id": ids[arrived],
            "acquired_at": _times(world, customers.acquired_at[arrived]),
            "channel": _named(customers.channel[arrived], CHANNELS),
            "member_since": _times(world, customers.member_since[arrived]),
            "tier": _named(customers.tier[arrived], TIERS),
            "points_balance": customers.points[arrived],
            "products": 1 + customers.held[arrived].astype(np.int64),
            "newsletter_cancelled_at": _times(world, customers.opted_out_at[arrived]),
            "cancelled_at": _times(world, customers.cancelled_at[arrived]),
            "terminated_at": _times(world, customers.terminated_at[arrived]),
        }
    )


def _truth(world: World, ids: Ids, arrived: Rows) -> pd.DataFrame:
    customers, market = world.customers, world.scenario.market
    per_week = 7.0 if market.churn_model == "pareto/nbd" else 1.0
    return _table(
        {
            "customer_id": ids[arrived],
            "purchase_rate": np.round(customers.rate[arrived] * 7.0, 9),
            "dropout": np.round(customers.dropout[arrived] * per_week, 9),
            "basket_mean": np.round(market.spend_shape / customers.spend_rate[arrived], 6),
            "satisfaction": np.round(customers.satisfaction[arrived], 6),
            "trust": np.round(customers.trust[arrived], 6),
            "commitment": np.round(customers.commitment[arrived], 6),
            "is_costly": customers.is_costly[arrived],
            "churned_at": _times(world, customers.churned_at[arrived]),
        }
    )


def _leads(world: World) -> pd.DataFrame:
    leads = _in_order(world, "leads")
    contacts = _matched(world.journal.read("contacts"), "key", leads["key"])
    contacted = _times(world, np.where(contacts["known"], contacts["day"], NEVER))
    converted = contacts["known"] & contacts["converted"]
    customer_id = pd.Series(customer_ids(world, leads["key"])).convert_dtypes()
    return _table(
        {
            "lead_id": leads["key"],
            "created_at": _times(world, leads["day"]),
            "channel": _named(leads["channel"], CHANNELS),
            "fit": _rounded(leads["fit"]),
            "intent": _rounded(leads["intent"]),
            "score": _rounded(leads["score"]),
            "cost": np.round(leads["cost"], 2),
            "contacted_at": contacted,
            "automated": contacts["known"] & contacts["automated"],
            "converted_at": np.where(converted, contacted, np.datetime64("NaT", "s")),
            "customer_id": customer_id.where(converted).array,
        }
    )


def _transactions(world: World, ids: Ids, sales: Columns) -> pd.DataFrame:
    amount, discount = sales["amount"], sales["discount"]
    usual_share = _in_force(world, sales, service_share).astype(np.float32)  # as the share beside it
    delight_cost = _in_force(world, sales, lambda terms: terms.experience.delight_cost)
    paid = np.round(amount - discount, 2)
    cost_of_goods = np.round(amount * (1 - world.scenario.finance.gross_margin), 2)
    cost_of_service = np.round(
        amount * (usual_share + sales["service_share"]) + sales["delight"] * delight_cost,
        2,
    )
    return _table(
        {
            "transaction_id": np.arange(len(amount)),
            "customer_id": ids[sales["row"]],
            "time": _times(world, sales["day"]),
            "product": _named(np.zeros(len(amount), np.int8), ("basket",)),
            "amount": amount,
            "discount": discount,
            "paid": paid,
            "cost_of_goods": cost_of_goods,
            "cost_of_service": cost_of_service,
            "margin": np.round(paid - cost_of_goods - cost_of_service, 2),
            "points_earned": sales["points_earned"],
            "cost_of_reward": np.round(sales["reward_cost"], 2),
            "refunded_at": _times(world, _refund_days(world, sales)),
        }
    )


def _in_force(world: World, sales: Columns, what: Callable[[Scenario], float]) -> Floats:
    """What follows from the terms in force at each sale; sales are sorted by day."""
    eras = world.scenario.eras()
    within = [month for month in eras if month < world.scenario.clock.months]
    begins = np.searchsorted(sales["day"], world.edges[within])
    values = np.array([what(eras[month]) for month in within])
    return np.repeat(values, np.diff(begins, append=len(sales["day"])))


def _refund_days(world: World, sales: Columns) -> Floats:
    """Day of the monthly statement at which each returned purchase is settled, NEVER for all others."""
    statements = np.append(world.edges[1:] - 1, NEVER)
    days = np.full(len(sales["day"]), NEVER)
    days[sales["returned"]] = statements[np.searchsorted(statements, sales["day"][sales["returned"]])]
    return days


def _rebates(world: World, ids: Ids, sales: Columns) -> pd.DataFrame:
    rebates = _in_order(world, "rebates")
    is_claimed = rebates["claimed"] < world.horizon
    refused = rebates["refused"] & is_claimed
    return _table(
        {
            "transaction_id": _numbers_of(sales, rebates),
            "customer_id": ids[rebates["row"]],
            "time": _times(world, rebates["day"]),
            "amount": rebates["amount"],
            "deadline": _times(world, rebates["deadline"]),
            "claimed_at": _times(world, rebates["claimed"]),
            "refused": refused,
            "paid": np.where(is_claimed & ~refused, rebates["amount"], 0.0),
        }
    )


def _numbers_of(sales: Columns, rebates: Columns) -> NDArray[np.int64]:
    """Which of the sales each rebate is for; both sorted by day, and no customer buys twice at one moment."""
    if not len(rebates["row"]):
        return np.empty(0, np.int64)
    key = ["day", "row"]
    numbered = pd.DataFrame({name: sales[name] for name in key}).assign(number=np.arange(len(sales["day"])))
    found = pd.DataFrame({name: rebates[name] for name in key}).merge(numbered, "left", key)
    return found["number"].to_numpy(np.int64)


def _episodes(world: World, ids: Ids, sales: Columns) -> pd.DataFrame:
    hidden = ("tolerance", "experience", "satisfaction", "trust", "commitment")
    return _table(
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
    touches = _in_order(world, "touchpoints")
    names = tuple(rung.name for rung in world.scenario.ladder)
    return _table(
        {
            "customer_id": ids[touches["row"]],
            "time": _times(world, touches["day"]),
            "kind": _named(touches["kind"], TOUCHES),
            "product": _named(touches["product"], names),
            "response": _named(touches["response"], RESPONSES),
        }
    )


def _tickets(world: World, ids: Ids) -> pd.DataFrame:
    tickets = world.journal.read("tickets")
    answers = _matched(world.journal.read("answers"), "number", tickets["number"])
    started, closed = (np.where(answers["known"], answers[name], NEVER) for name in ("started", "closed"))
    is_closed = closed < world.horizon
    channel = np.where(is_closed, answers["channel"], tickets["channel"])
    return _table(
        {
            "ticket_id": tickets["number"].copy(),
            "customer_id": ids[tickets["row"]],
            "opened_at": _times(world, tickets["day"]),
            "started_at": _times(world, started),
            "closed_at": _times(world, closed),
            "reason": _named(tickets["reason"], REASONS),
            "channel": _named(channel, SERVICE_CHANNELS),
            "resolved": is_closed & answers["resolved"],
            "cost": np.round(np.where(is_closed, answers["cost"], 0.0), 2),
        }
    )


def _surveys(world: World, ids: Ids) -> pd.DataFrame:
    """Two rows an answer: wave by wave, first what it said for NPS, then for CSAT."""
    waves = world.journal.read("surveys")
    row, day = (np.tile(waves[name], 2) for name in ("row", "day"))
    kind = np.repeat(np.array([0, 1], np.int8), len(waves["row"]))
    order = np.lexsort((world.customers.key[row], kind, day))
    return _table(
        {
            "customer_id": ids[row[order]],
            "time": _times(world, day[order]),
            "kind": _named(kind[order], ("nps", "csat")),
            "score": np.concatenate([waves["nps"], waves["csat"]])[order],
        }
    )


def _points(world: World, ids: Ids) -> pd.DataFrame:
    recorded = _in_order(world, "points")
    moves = split_into_lots(recorded)
    credits = recorded["points"] > 0
    lapses_at = expiry_dates(world.scenario, recorded["day"][credits], recorded["free"][credits])
    return _table(
        {
            "time": _times(world, moves["day"]),
            "customer_id": ids[moves["row"]],
            "type": _named(moves["type"], MOVES),
            "points": moves["points"],
            "lot_id": moves["lot"],
            "expires_at": lapses_at[moves["lot"]],
        }
    )


def _invoices(world: World) -> pd.DataFrame:
    invoices = world.journal.read("invoices")
    order = np.argsort(invoices["day"], kind="stable")
    invoices = {name: column[order] for name, column in invoices.items()}
    return _table(
        {
            "time": _times(world, invoices["day"]),
            "account": _named(invoices["account"], ACCOUNTS),
            "channel": _named(invoices["channel"], CHANNELS),
            "amount": np.round(invoices["amount"], 2),
        }
    )


def _table(columns: Mapping[str, Column | Ids]) -> pd.DataFrame:
    """These columns as they are: pandas would copy those of one type into a block, which takes its time."""
    return pd.DataFrame(columns, copy=False)


def _named(codes: Column, names: tuple[str, ...]) -> pd.Categorical:
    """Codes as the words they stand for, -1 as none."""
    return pd.Categorical.from_codes(codes, dtype=_words(names))


@cache
def _words(names: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(pd.Index(names, dtype=str))


def _matched(columns: Columns, key: str, wanted: Column) -> Columns:
    """The row with each of the wanted keys; where there is none, all is 0 and `known` false."""
    place = pd.Index(columns[key]).get_indexer(pd.Index(wanted))  # -1 for none: the row of zeros at the end
    rows = {name: np.append(values, np.zeros(1, values.dtype))[place] for name, values in columns.items()}
    return rows | {"known": place >= 0}


def _rounded(values: Column) -> Column:
    """Coarse enough to be the same on every platform, fine enough for any reader."""
    rounded: Column = np.round(values.astype(np.float64), 4)
    return rounded


def _in_order(world: World, table: str) -> Columns:
    """A table of the journal by day and, at one moment, by customer: rows depend on when departments review.

    What one customer did at one moment stays in the order it was recorded.
    """
    columns = world.journal.read(table)
    key = columns["key"] if "key" in columns else world.customers.key[columns["row"]]
    order = _sorted_by(columns["day"], key)
    return {name: values[order] for name, values in columns.items()}


def _sorted_by(day: Floats, key: Column) -> NDArray[np.intp]:
    """As np.lexsort((key, day)), but customers are compared only where a day is not one row's alone."""
    order = np.argsort(day)
    in_crowd = _order_few(order, np.ascontiguousarray(day), np.ascontiguousarray(key))
    rows = np.sort(order[in_crowd])
    order[in_crowd] = rows[np.lexsort((key[rows], day[rows]))]
    return order


@compiled
def _order_few(order: NDArray[np.intp], day: Floats, key: Column) -> NDArray[np.bool_]:
    """Put the rows of one day in the order of customers, then of recording; true where they are too many.

    Nearly all such rows are what one customer's purchase brings: a pair is in order in no time.
    """
    in_crowd = np.zeros(len(order), np.bool_)
    start = 0
    for end in range(1, len(order) + 1):
        if end < len(order) and day[order[end]] == day[order[start]]:
            continue
        in_crowd[start:end] = end - start > FEW
        for i in range(start + 1, start if in_crowd[start] else end):
            row, place = order[i], i
            while place > start and (key[order[place - 1]], order[place - 1]) > (key[row], row):
                order[place] = order[place - 1]
                place -= 1
            order[place] = row
        start = end
    return in_crowd
