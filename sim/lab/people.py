"""Customers worth a look: chosen by a rule, and compared with themselves in another world."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from sim.run import Run

_Ids = pd.Series


def _anyone(run: Run) -> _Ids:
    return _shuffled(run.customers["customer_id"])


def _lost(run: Run) -> _Ids:
    return _shuffled(run.truth.loc[run.truth["churned_at"].notna(), "customer_id"])


def _still_there(run: Run) -> _Ids:
    return _shuffled(run.truth.loc[run.truth["churned_at"].isna(), "customer_id"])


def _most_valuable(run: Run) -> _Ids:
    return pd.Series(run.clv.sort_values(ascending=False, kind="stable").index)


def _complainers(run: Run) -> _Ids:
    """Most complaints first."""
    complaints = run.tickets.loc[run.tickets["reason"] == "complaint", "customer_id"]
    return pd.Series(complaints.value_counts().sort_index().sort_values(ascending=False, kind="stable").index)


def _let_down(run: Run) -> _Ids:
    """The largest failures beyond tolerance, of those who never complained."""
    excess = run.episodes["failures"] - run.episodes["tolerance"]
    worst = excess.groupby(run.episodes["customer_id"]).max()
    silent = worst[(worst > 0) & ~worst.index.isin(_complainers(run))]
    return pd.Series(silent.sort_values(ascending=False, kind="stable").index)


def _extended(run: Run) -> _Ids:
    """Most products first."""
    holders = run.customers[run.customers["products"] > 1]
    return holders.sort_values("products", ascending=False, kind="stable")["customer_id"]


RULES: dict[str, Callable[[Run], _Ids]] = {
    "anyone": _anyone,
    "somebody lost": _lost,
    "somebody still there": _still_there,
    "the most valuable": _most_valuable,
    "a complainer": _complainers,
    "let down, but silent": _let_down,
    "with several products": _extended,
}


def pick(run: Run, rule: str = "anyone", place: int = 0) -> object:
    """The id of a customer of this run by a rule of `RULES`; `place` 1 is the next, and so on, in a circle.

    The same run gives the same customer. ValueError for an unknown rule and where nobody is meant by it.
    """
    if rule not in RULES:
        raise ValueError(f"the rule is {rule!r}; allowed: {', '.join(RULES)}")
    ids = RULES[rule](run)
    if not len(ids):
        raise ValueError(f"nobody in this run is meant by {rule!r}")
    return ids.iloc[place % len(ids)]


def find(run: Run, typed: str) -> object:
    """The id that somebody typed. ValueError with examples if there is no such customer in the run."""
    ids = run.customers["customer_id"]
    same = ids[ids.astype(str) == typed.strip()]
    if same.empty:
        examples = ", ".join(map(str, ids.iloc[: 3 * (len(ids) > 0)]))
        raise ValueError(f"there is no customer {typed.strip()!r} in this run; ids look like {examples}")
    return same.iloc[0]


def beside_twin(run: Run, baseline: Run, customer_id: object) -> pd.DataFrame:
    """One person in both worlds, in words: a row a figure, columns "now" and "baseline"."""
    now, before = _figures(run, customer_id), _figures(baseline, customer_id)
    rows = [
        {"figure": name, "now": now.get(name), "baseline": before.get(name)} for name in {**before, **now}
    ]
    return pd.DataFrame(rows).fillna("–").set_index("figure")


def _figures(run: Run, customer_id: object) -> dict[str, str]:
    person = (run.truth["customer_id"] == customer_id).to_numpy()
    if not person.any():
        return {"ends as": "not a customer"}
    sales = run.transactions[run.transactions["customer_id"] == customer_id]
    true, currency = run.truth[person].iloc[0], run.scenario.currency
    lost = true["churned_at"]
    return {
        "ends as": "still a customer" if pd.isna(lost) else f"lost {lost:%d %b %Y}",
        "purchases": f"{len(sales):,}",
        f"paid, {currency}": f"{sales['paid'].sum():,.2f}",
        f"CLV, {currency}": f"{run.clv[run.clv.index == customer_id].iloc[0]:,.2f}",
        "products": f"{run.customers['products'][person].iloc[0]}",
        "tickets": f"{(run.tickets['customer_id'] == customer_id).sum()}",
        "satisfaction at the end, of 10 (hidden)": f"{true['satisfaction']:.2f}",
    }


def _shuffled(ids: _Ids) -> _Ids:
    """In an order that looks random and is always the same."""
    lot = pd.util.hash_array(ids.astype(str).to_numpy(object))
    return ids.iloc[np.argsort(lot, kind="stable")]
