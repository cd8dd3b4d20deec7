"""From a transaction log to a scenario that continues it."""

from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdnow import cdnow_log
from sim.analytics.calibrate import CHURN_MODELS, DAYS_PER_MONTH, LEVERS, calibrate
from sim.analytics.gammagamma import GammaGamma
from sim.analytics.log import LogError
from sim.scenario import Scenario, levers
from sim.scenario_files import load, save

PUBLISHED = {
    "bg/nbd": {
        "market.rate_shape": 0.2426,
        "market.rate_scale_weeks": 4.4136,
        "market.dropout_a": 0.7929,
        "market.dropout_b": 2.4259,
    },
    "pareto/nbd": {
        "market.rate_shape": 0.5533,
        "market.rate_scale_weeks": 10.577,
        "market.life_shape": 0.6062,
        "market.life_scale_weeks": 11.668,
    },
}
SPEND = {"market.spend_shape": 6.2488, "market.spend_heterogeneity": 3.7446, "market.spend_scale": 15.4479}
HEIGHTS = {"bg/nbd": -9582.429, "pareto/nbd": -9594.976}
MODELS = list(PUBLISHED)


@cache
def cdnow(churn_model: str = "bg/nbd") -> Scenario:
    """CDNOW up to the end of the published calibration period."""
    return calibrate(cdnow_log(), churn_model=churn_model, until="1997-09-30", name="cdnow", currency="USD")


def steady_log(customers: int = 600, days: int = 360, seed: int = 1) -> pd.DataFrame:
    """Customers who arrive evenly over the whole log and buy every month or so."""
    luck = np.random.default_rng(seed)
    start = np.linspace(0, days - 1, customers).astype(int)
    later = start[:, None] + np.cumsum(luck.geometric(1 / 30, (customers, 5)), axis=1)
    day = np.column_stack([start, later])
    who = np.repeat(np.arange(customers), 6)
    log = pd.DataFrame({"customer_id": who, "day": day.ravel(), "amount": luck.gamma(5, 4, 6 * customers)})
    return log[log["day"] < days].assign(
        date=lambda table: pd.Timestamp("2022-01-01") + pd.to_timedelta(table.pop("day"), "D")
    )


@cache
def cdnow_to_its_end() -> Scenario:
    return calibrate(cdnow_log())


@cache
def steady() -> Scenario:
    return calibrate(steady_log())


@cache
def steady_with_names() -> Scenario:
    """The same log in German, in francs."""
    log = steady_log().rename(columns={"customer_id": "wer", "date": "wann", "amount": "was"})
    return calibrate(log, customer_id="wer", date="wann", amount="was", currency="CHF")


class TestCDNOW:
    @pytest.mark.parametrize("churn_model", MODELS)
    def test_the_levers_take_the_published_estimates(self, churn_model):
        scenario = cdnow(churn_model)
        published = {**PUBLISHED[churn_model], **SPEND}
        assert {name: scenario[name] for name in published} == pytest.approx(published, rel=1e-3)
        assert scenario["market.churn_model"] == churn_model

    @pytest.mark.parametrize("churn_model", MODELS)
    def test_the_report_holds_estimates_and_log_likelihoods(self, churn_model):
        report = cdnow(churn_model).calibration
        assert report.estimates == pytest.approx({**PUBLISHED[churn_model], **SPEND}, rel=1e-3)
        assert report.log_likelihoods[churn_model] == pytest.approx(HEIGHTS[churn_model], abs=0.01)
        assert report.log_likelihoods["gamma-gamma"] == pytest.approx(-4055.923, abs=0.01)
        assert (report.customers, report.first_day, report.last_day) == (
            2357,
            date(1997, 1, 1),
            date(1997, 9, 30),
        )

    def test_the_report_says_in_words_what_was_done(self):
        words = str(cdnow().calibration)
        assert "2,357 customers, 1997-01-01 to 1997-09-30" in words
        assert "rows after the last day asked for, left out: 1,959" in words
        assert "purchases of amount 0, kept as visits" in words
        assert "market.rate_shape 0.2426, 95 % interval 0.22" in words
        assert "bg/nbd: log-likelihood -9,582.43" in words

    def test_the_starting_customers_are_those_of_the_log(self):
        table = cdnow().starting_customers.table.set_index("customer_id")
        assert len(table) == 2357
        assert int((table["repeat_purchases"] > 0).sum()) == 946
        first = table.loc["0001"]
        assert first["first_purchase"] == pd.Timestamp("1997-01-01")
        assert first["repeat_purchases"] == 2
        assert first["last_purchase_weeks"] == pytest.approx(213 / 7)
        assert first["observed_weeks"] == pytest.approx(272 / 7)
        assert first["repeat_amount_mean"] == pytest.approx((29.73 + 14.96) / 2)
        assert table["repeat_amount_mean"].isna().equals(table["repeat_purchases"] == 0)

    @pytest.mark.parametrize("churn_model", MODELS)
    def test_alive_probabilities_are_the_models(self, churn_model):
        table = cdnow(churn_model).starting_customers.table
        model = CHURN_MODELS[churn_model](*PUBLISHED[churn_model].values())
        history = [table[name] for name in ("repeat_purchases", "last_purchase_weeks", "observed_weeks")]
        assert table["alive_probability"].to_numpy() == pytest.approx(model.alive(*history), abs=1e-3)

    def test_the_clock_starts_on_the_day_after(self):
        assert cdnow()["clock.start"] == date(1997, 10, 1)

    def test_nobody_arrives_because_nobody_did_in_the_last_90_days(self):
        assert cdnow()["acquisition.organic_leads_per_month"] == 0
        assert cdnow()["acquisition.opening_customers"] == 0
        assert cdnow()["acquisition.paid_spend_per_month"] == 0

    def test_mechanisms_a_log_tells_nothing_of_are_off(self):
        assert all(cdnow()[lever.name] == 0 for lever in levers() if lever.strength)

    def test_keeping_identical_rows_is_what_returns_the_published_spend(self):
        """The other rule, dropping them, misses the published log-likelihood by almost 1."""
        log = cdnow_log().query("date <= '1997-09-30'")
        assert log.duplicated().sum() == cdnow().calibration.log["identical_rows_kept"] == 9
        dropped = calibrate(log.drop_duplicates(), until="1997-09-30").calibration
        assert dropped.log_likelihoods["gamma-gamma"] - -4055.923 > 0.9

    def test_the_log_to_its_end_is_used_without_until(self):
        scenario = cdnow_to_its_end()
        assert scenario["clock.start"] == date(1998, 7, 1)
        assert scenario.calibration.log["purchases"] == 6919

    def test_a_csv_gives_what_the_table_gives(self, tmp_path):
        path = tmp_path / "my shop.csv"
        text = cdnow_log().assign(amount=cdnow_log()["amount"].map("{:.2f}".format).str.replace(".", ","))
        text.to_csv(path, sep=";", index=False, date_format="%d.%m.%Y")
        scenario = calibrate(path, until="1997-09-30")
        assert scenario.name == "my shop"
        assert scenario.market == cdnow().market
        pd.testing.assert_frame_equal(scenario.starting_customers.table, cdnow().starting_customers.table)

    def test_it_survives_being_saved_and_loaded(self, tmp_path):
        again = load(save(cdnow(), tmp_path / "cdnow.toml"))
        assert again.market == cdnow().market
        assert again.calibration == cdnow().calibration
        pd.testing.assert_frame_equal(again.starting_customers.table, cdnow().starting_customers.table)


class TestArrivals:
    def test_new_customers_arrive_as_in_the_last_90_days(self):
        log = steady_log()
        scenario = steady()
        end = log["date"].max()
        recent = (log.groupby("customer_id")["date"].min() > end - pd.Timedelta(days=90)).sum()
        arriving = (
            scenario["acquisition.organic_leads_per_month"] * scenario["acquisition.organic_conversion"]
        )
        assert arriving == pytest.approx(recent / 90 * DAYS_PER_MONTH)
        assert arriving == pytest.approx(600 / 360 * DAYS_PER_MONTH, rel=0.03)
        assert f"{arriving:.1f} new customers a month" in str(scenario.calibration)

    def test_a_shorter_log_counts_over_its_own_length(self):
        short = steady_log(customers=400, days=60)
        scenario = calibrate(short)
        arriving = (
            scenario["acquisition.organic_leads_per_month"] * scenario["acquisition.organic_conversion"]
        )
        assert arriving == pytest.approx(400 / 60 * DAYS_PER_MONTH)


class TestChoices:
    def test_until_may_lie_after_the_last_purchase(self):
        """A company knows that nobody bought since."""
        silent = calibrate(cdnow_log(), until="1998-12-31")
        assert silent["clock.start"] == date(1999, 1, 1)
        observed = silent.starting_customers.table["observed_weeks"]
        assert observed.max() == pytest.approx((date(1998, 12, 31) - date(1997, 1, 1)).days / 7)
        assert silent.starting_customers.table["alive_probability"].mean() < 0.9 * (
            cdnow_to_its_end().starting_customers.table["alive_probability"].mean()
        )

    def test_name_and_currency_may_be_given(self):
        assert (cdnow().name, cdnow().currency) == ("cdnow", "USD")
        assert steady_with_names().currency == "CHF"

    def test_columns_may_be_named(self):
        assert steady_with_names().market == steady().market

    def test_constant_prices_are_no_obstacle(self):
        scenario = calibrate(steady_log().assign(amount=9.99))
        market = scenario.market
        mean = market.spend_shape * market.spend_scale / (market.spend_heterogeneity - 1)
        assert mean == pytest.approx(9.99, rel=0.01)
        assert "market.spend_shape 1000, not determined by this log" in str(scenario.calibration)

    def test_fits_stay_within_the_range_of_the_levers(self):
        allowed = {one.name: (one.low, one.high) for one in levers()}
        for model in (*CHURN_MODELS.values(), GammaGamma):
            for name, (low, high) in model.LIMITS.items():
                lowest, highest = allowed[f"market.{LEVERS[model][name]}"]
                assert lowest <= low < high <= highest


class TestRefusals:
    def test_an_unknown_churn_model(self):
        with pytest.raises(ValueError, match="churn_model is 'magic'; allowed: 'bg/nbd', 'pareto/nbd'"):
            calibrate(steady_log(), churn_model="magic")

    def test_customers_who_never_bought_again(self):
        once = steady_log().drop_duplicates("customer_id")
        with pytest.raises(
            LogError, match="0 of 600 customers bought on more than one day; a calibration needs at least 50"
        ):
            calibrate(once)

    def test_a_log_of_one_day(self):
        with pytest.raises(LogError, match="0 of 600 customers bought on more than one day"):
            calibrate(steady_log().assign(date="2024-01-01"))

    def test_too_few_customers(self):
        with pytest.raises(LogError, match=r"of 40 customers bought on more than one day; .* at least 50"):
            calibrate(steady_log(customers=40))

    @pytest.mark.parametrize("factor", [0.0, 1e-6, 1e5])
    def test_amounts_of_nothing_or_in_a_tiny_currency(self, factor):
        log = steady_log()
        with pytest.raises(
            LogError, match=r"a repeat purchase averages .*; a calibration needs 0.01 to 100,000"
        ):
            calibrate(log.assign(amount=log["amount"] * factor))

    def test_a_wrong_file(self, tmp_path: Path):
        with pytest.raises(LogError, match="there is no file"):
            calibrate(tmp_path / "log.csv")

    def test_a_bad_row(self):
        log = steady_log().astype({"date": str})
        log.loc[17, "date"] = "soon"
        with pytest.raises(LogError, match="date, index 17: is 'soon'"):
            calibrate(log)
