"""Twins: the same customers in two worlds, and what the difference between the worlds did to each of them."""

import pandas as pd

from sim.experiments.worlds import labelled
from sim.run import Run, simulate
from sim.scenario import Scenario

FLOWS = ("purchases", "revenue", "margin", "clv", "tickets", "products")
"""What somebody who is no customer has none of: 0."""
STATES = ("satisfaction", "trust", "commitment")
"""What is unknown of somebody who is no customer: NaN."""


def twins(a: Scenario, b: Scenario, seed: int = 1) -> pd.DataFrame:
    """The true effect of living in world b rather than a on each customer.

    A customer has the same customer_id in both worlds: it stands for the person, also one whom a campaign
    reached or a friend referred, and keys the person's luck. One row a customer of either world, those of b
    alone last:

    channel                   by which the person was won, in a if in both
    in_a, in_b                whether a customer in that world
    churned_at_a, _b          the moment of the true loss, NaT for none within the horizon
    member_a, _b              whether a member of the program at the end
    <outcome>_a, _b, _effect  what came of the customer within the horizon in each world, and b less a

    Outcomes: purchases; revenue (currency paid, less refunds); margin (currency, before rewards and the cost
    of tickets); clv (as `Run.clv`: less the customer's equal share in what the channel cost, so that winning
    more or fewer people changes it a little for all); tickets; products; and at the end of the horizon, or
    of the customer's life, satisfaction (points of 10), trust and commitment (0 to 1).

    Who is a customer in one world only, as b won or lost the person for the company, bought nothing in the
    other: amounts are 0 there, so that effects add up to the difference of the runs' KPIs; states are NaN and
    have no effect. For the effect on those who are customers anyway, take the rows with in_a and in_b.

    Errors as for `compare`.
    """
    sides = {label: _outcomes(simulate(one, seed)) for label, one in labelled({"a": a, "b": b}).items()}
    ids = sides["a"].index.union(sides["b"].index, sort=False)
    table = pd.DataFrame(index=ids)
    channels = pd.concat([sides["a"]["channel"].astype(str), sides["b"]["channel"].astype(str)])
    table["channel"] = channels[~channels.index.duplicated()]
    for label, side in sides.items():
        table[f"in_{label}"] = ids.isin(side.index)
        table[f"churned_at_{label}"] = side["churned_at"].reindex(ids)
        table[f"member_{label}"] = side["member"].reindex(ids, fill_value=False)
    return _with_effects(table, sides)


def _with_effects(table: pd.DataFrame, sides: dict[str, pd.DataFrame]) -> pd.DataFrame:
    for outcome in FLOWS + STATES:
        for label, side in sides.items():
            known = side[outcome].astype(float).reindex(table.index)
            table[f"{outcome}_{label}"] = known.fillna(0.0) if outcome in FLOWS else known
        table[f"{outcome}_effect"] = table[f"{outcome}_b"] - table[f"{outcome}_a"]
    return table.rename_axis("customer_id").reset_index()


def _outcomes(run: Run) -> pd.DataFrame:
    """One row a customer, by customer_id: what came of each in one world."""
    customers, truth = (table.set_index("customer_id") for table in (run.customers, run.truth))
    sales = run.transactions.set_index("customer_id")
    back = sales[sales["refunded_at"].notna()]
    outcomes = truth[["churned_at", *STATES]].assign(
        channel=customers["channel"],
        member=customers["member_since"].notna(),
        products=customers["products"],
        clv=run.clv,
        purchases=sales.groupby(level=0).size(),
        revenue=_each(sales["paid"]).sub(_each(back["paid"]), fill_value=0),
        margin=_each(sales["margin"]).sub(_each(back["paid"] - back["cost_of_goods"]), fill_value=0),
        tickets=run.tickets.groupby("customer_id").size(),
    )
    return outcomes.fillna(dict.fromkeys(FLOWS, 0.0))


def _each(amounts: "pd.Series[float]") -> "pd.Series[float]":
    """Amounts added up by customer."""
    return amounts.groupby(level=0).sum()
