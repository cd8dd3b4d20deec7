"""What winning a customer costs, blended, by channel and at the margin, against the channels' formulas."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import sim
from sim import Run, kpi
from worlds import SEED

SPENDS = (500.0, 1000.0, 2000.0, 4000.0)
CEILING, SATURATION, CONVERSION, MONTHS = 4000.0, 2000.0, 0.3, 24


@cache
def run_at(spend: float) -> Run:
    """A company that wins its customers through one paid channel."""
    levers = {
        "opening_customers": 0,
        "organic_leads_per_month": 0,
        "paid_spend_per_month": spend,
        "paid_leads_ceiling": CEILING,
        "paid_saturation_spend": SATURATION,
        "paid_conversion": CONVERSION,
    }
    changes = {f"acquisition.{name}": value for name, value in levers.items()}
    return sim.simulate(sim.load("retail").base().change({**changes, "clock.months": MONTHS}), SEED)


def expected_customers(spend: float) -> float:
    return MONTHS * CEILING * (1 - np.exp(-spend / SATURATION)) * CONVERSION


@pytest.mark.parametrize("spend", SPENDS)
def test_blended_cac_is_spend_over_the_customers_that_saturating_spend_wins(spend: float) -> None:
    run = run_at(spend)
    expected = MONTHS * spend / expected_customers(spend)
    assert run.kpis()["cac"] == pytest.approx(expected, rel=4 / np.sqrt(expected_customers(spend)))
    assert run.kpis()["cac"] == pytest.approx(MONTHS * spend / len(run.customers), rel=1e-12)


def test_marginal_cac_rises_with_spend_as_the_curve_says_and_above_the_average() -> None:
    won = [len(run_at(spend).customers) for spend in SPENDS]
    marginal = kpi.marginal_cac([MONTHS * spend for spend in SPENDS], won)
    more = np.diff([expected_customers(spend) for spend in SPENDS])
    np.testing.assert_allclose(marginal, MONTHS * np.diff(SPENDS) / more, rtol=4 / np.sqrt(more.min()))
    assert (np.diff(marginal) > 0).all()
    assert (marginal > [run_at(spend).kpis()["cac"] for spend in SPENDS[1:]]).all()


@cache
def telco() -> Run:
    return sim.simulate(sim.load("telco").change({"acquisition.deal_spend_per_month": 500}), SEED)


def test_channels_bear_their_marketing_and_the_leads_that_people_worked_on() -> None:
    run = telco()
    invoices, leads = run.tables["invoices"], run.leads
    by_hand = leads[leads["contacted_at"].notna() & ~leads["automated"]]
    wages = invoices.loc[invoices["account"] == "sales", "amount"].sum()
    for channel in ("organic", "paid", "deal"):
        spent = invoices.loc[invoices["channel"] == channel, "amount"].sum()
        share = (by_hand["channel"] == channel).mean()
        won = (run.customers["channel"] == channel).sum()
        assert run.cac_by_channel[channel] == pytest.approx((spent + share * wages) / won, rel=1e-12)


def test_blended_cac_is_the_mean_of_the_channels_weighted_by_their_customers() -> None:
    run = telco()
    by_channel = run.cac_by_channel.drop("blended")
    won = run.customers["channel"].value_counts().reindex(by_channel.index)
    assert run.cac_by_channel["blended"] == pytest.approx(np.average(by_channel, weights=won), rel=1e-12)
    assert run.cac_by_channel["blended"] == pytest.approx(run.kpis()["cac"], rel=1e-9)


def test_sales_wages_without_a_lead_are_not_lost() -> None:
    alone = {"acquisition.organic_leads_per_month": 0, "acquisition.paid_spend_per_month": 0}
    plain = sim.load("telco").change({**alone, "word_of_mouth.referrals_per_promoter": 0})
    run = sim.simulate(plain, SEED)
    without = sim.simulate(plain.change({"sales.representatives": 0}), SEED)
    wages = run.tables["invoices"].query("account == 'sales'")["amount"].sum()
    assert run.leads.empty and wages > 0
    pd.testing.assert_series_equal(run.clv, without.clv - wages / len(run.customers), rtol=1e-9)
