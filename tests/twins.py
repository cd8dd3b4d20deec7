"""Two worlds with the same luck, compared customer by customer."""

import pandas as pd

import sim
from sim import Run
from sim.scenario import Scenario

COUNTED_OVER_ALL = ["transaction_id", "lot_id", "ticket_id"]
OF_CUSTOMERS = (
    "customers",
    "truth",
    "transactions",
    "episodes",
    "touchpoints",
    "tickets",
    "surveys",
    "points",
    "rebates",
)


def history(run: Run, customer_ids: "pd.Series[int]") -> dict[str, pd.DataFrame]:
    """Everything recorded of these customers, without the numbers that count over all customers."""
    tables = {name: run.tables[name] for name in OF_CUSTOMERS}
    return {
        name: table[table["customer_id"].isin(customer_ids)]
        .drop(columns=COUNTED_OVER_ALL, errors="ignore")
        .reset_index(drop=True)
        for name, table in tables.items()
    }


def same_history(one: Run, other: Run, customer_ids: "pd.Series[int]") -> bool:
    """Whether these customers did exactly the same in both runs."""
    left, right = history(one, customer_ids), history(other, customer_ids)
    return all(left[name].equals(right[name]) for name in left)


def others_leave_no_trace(few: Scenario, many: Scenario, seed: int) -> bool:
    """Whether all customers of one world are in the other, with the same history."""
    one, other = sim.simulate(few, seed), sim.simulate(many, seed)
    ids = one.customers["customer_id"]
    return bool(ids.isin(other.customers["customer_id"]).all()) and same_history(one, other, ids)
