"""Key figures of the first year that are plausible; every scenario's file states the same. See `evidence`."""

from functools import cache

import numpy as np

from findings import TWO_YEARS, YEAR, run

DESIGN = "design choice"
CENTRED = {"surplus": (-0.2, 0.2, DESIGN), "commitment": (0.45, 0.55, DESIGN)}
FIRST_YEAR: dict[str, dict[str, tuple[float, float, str]]] = {
    "retail": {
        "nps": (25, 31, "XM Institute 2023: 28"),
        "churn": (0.015, 0.035, DESIGN),
        "repurchase": (0.38, 0.5, "CDNOW: 40 % within nine months"),
        "products": (1, 1, DESIGN),
        "tickets": (0.02, 0.08, DESIGN),
        **CENTRED,
    },
    "coffee": {
        "nps": (20, 40, DESIGN),
        "churn": (0.02, 0.06, DESIGN),
        "repurchase": (0.85, 0.97, DESIGN),
        "products": (1.05, 1.3, DESIGN),
        "tickets": (0.002, 0.02, DESIGN),
        "cac": (5, 15, DESIGN),
        **CENTRED,
    },
    "pizza": {
        "nps": (10, 35, DESIGN),
        "churn": (0.04, 0.1, DESIGN),
        "repurchase": (0.85, 0.97, DESIGN),
        "products": (1.1, 1.4, DESIGN),
        "tickets": (0.04, 0.15, DESIGN),
        "cac": (3, 12, DESIGN),
        "late": (0.08, 0.16, DESIGN),
        **CENTRED,
    },
    "telco": {
        "nps": (0, 30, DESIGN),
        "churn": (0.007, 0.02, "sBG of the High End customers, Fader & Hardie 2007: 15 % a year"),
        "products": (1.03, 1.2, DESIGN),
        "tickets": (0.03, 0.1, DESIGN),
        "cac": (100, 250, DESIGN),
        **CENTRED,
    },
    "grocery": {
        "nps": (22, 29, "XM Institute 2023: 26"),
        "churn": (0.008, 0.02, DESIGN),
        "repurchase": (0.9, 1, DESIGN),
        "products": (1, 1, DESIGN),
        "tickets": (0.001, 0.01, DESIGN),
        "cac": (8, 20, DESIGN),
        "program": (0.002, 0.015, DESIGN),
        **CENTRED,
    },
    "airline": {
        "nps": (-5, 10, "XM Institute 2023: 7"),
        "churn": (0.03, 0.065, DESIGN),
        "repurchase": (0.45, 0.65, DESIGN),
        "products": (1, 1, DESIGN),
        "tickets": (0.05, 0.15, DESIGN),
        "cac": (30, 80, DESIGN),
        "program": (0.005, 0.03, DESIGN),
        **CENTRED,
    },
    "hotel": {
        "nps": (30, 55, DESIGN),
        "churn": (0.015, 0.035, DESIGN),
        "repurchase": (0.5, 0.75, DESIGN),
        "products": (1, 1, DESIGN),
        "tickets": (0.6, 1, DESIGN),
        "cac": (400, 900, DESIGN),
        "program": (0.002, 0.03, DESIGN),
        **CENTRED,
    },
}


def first_year(name: str) -> dict[str, float]:
    """Key figures of the first year of a bundled scenario, means of three seeds.

    nps (-100 to 100); churn, share of customers lost a month (telco: in the second year, as no contract ends
    before); repurchase, share of customers with a second purchase; products per active customer; tickets per
    purchase; cac, blended, in currency; late, share of orders; program, its cost as
    a share of sales; surplus, mean satisfaction less the market's standard (points of 10), and commitment
    (0 to 1), of active customers.
    """
    years = [_first_year(name, seed) for seed in (1, 2, 3)]
    return {kpi: float(np.mean([year[kpi] for year in years])) for kpi in years[0]}


@cache
def _first_year(name: str, seed: int) -> dict[str, float]:
    one = run(name, seed, YEAR)
    active = one.truth["churned_at"].isna()
    standard, promised = (
        one.scenario["retention.market_standard"],
        one.scenario["fulfilment.promised_minutes"],
    )
    kpis = one.kpis()
    return {
        "nps": kpis["nps"],
        "churn": kpis["churn_rate_per_month"] if name != "telco" else _churn_in_second_year(seed),
        "repurchase": (one.transactions.groupby("customer_id").size() > 1).mean(),
        "products": one.customers.loc[active, "products"].mean(),
        "tickets": len(one.tickets) / len(one.transactions),
        "cac": kpis["cac"],
        "late": (one.episodes["minutes"] > promised).mean(),
        "program": one.months["program_cost"].sum() / one.months["revenue"].sum(),
        "surplus": one.truth.loc[active, "satisfaction"].mean() - standard,
        "commitment": one.truth.loc[active, "commitment"].mean(),
    }


def _churn_in_second_year(seed: int) -> float:
    months = run("telco", seed, TWO_YEARS).months["retention_rate"].iloc[12:]
    return float(1 - np.exp(np.log(months).mean()))
