"""The figures of the instructor's guide of lesson 00: the deck's own company and seed."""

import pandas as pd

import sim
from sim.classroom.guide import markdown_table

POINTS = [0, 0.5, 1, 2, 3, 6]
COLUMNS = {
    "clv": "CLV, EUR",
    "churn_rate_per_month": "churn a month",
    "nps": "NPS",
    "profit": "profit, EUR",
    "points_liability": "points liability, EUR",
}
FORMATS = {
    "CLV, EUR": ".1f",
    "churn a month": ".1%",
    "NPS": ".0f",
    "profit, EUR": ",.0f",
    "points liability, EUR": ",.0f",
}
SEEDS = (1, 2, 3)


def fly(points, seed=1, **more):
    return sim.simulate(sim.load("coffee").change({"loyalty.points_per_unit": points, **more}), seed)


def figures():
    runs = {points: fly(points) for points in POINTS}
    curve = pd.DataFrame({points: run.kpis() for points, run in runs.items()}).T
    none, two = runs[0], runs[2]
    clv = two.clv
    is_member = two.customers.set_index("customer_id")["member_since"].notna().reindex(clv.index)
    effect = (clv - none.clv).dropna()
    effects = [fly(2, seed).kpis()["clv"] - fly(0, seed).kpis()["clv"] for seed in SEEDS]
    return {
        "curve": markdown_table(
            curve[list(COLUMNS)].rename(columns=COLUMNS).rename_axis("points per EUR"), FORMATS
        ),
        "best_profit": curve["profit"].idxmax(),
        "clv_gain": curve.loc[2, "clv"] - curve.loc[0, "clv"],
        "clv_gain_share": curve.loc[2, "clv"] / curve.loc[0, "clv"] - 1,
        "first_half": (curve.loc[0.5, "clv"] - curve.loc[0, "clv"])
        / (curve["clv"].max() - curve.loc[0, "clv"]),
        "clv_se": clv.sem(),
        "effect_se": effect.sem(),
        "members_more": clv[is_member].mean() - clv[~is_member].mean(),
        "true_effect": effect[is_member.reindex(effect.index)].mean(),
        "effects": " / ".join(f"{one:.1f}" for one in effects),
        "nps_se_month": two.months["nps_se"].mean(),
    }
