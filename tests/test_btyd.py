"""BG/NBD, Pareto/NBD and Gamma-Gamma against published fits, closed forms and an independent judge."""

import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from scipy.integrate import quad

from cdnow import CALIBRATION_END, HOLDOUT_WEEKS, cdnow_log
from sim.analytics.bgnbd import BGNBD
from sim.analytics.btyd import HISTORY, ChurnModel
from sim.analytics.gammagamma import GammaGamma
from sim.analytics.paretonbd import ParetoNBD
from sim.analytics.summary import customer_summary
from sim.analytics.value import WEEKS_PER_MONTH, predicted_clv

BUSY = (26, 30.857, 31)
CDNOW_BG = BGNBD(0.2426, 4.4136, 0.7929, 2.4259)
CDNOW_PARETO = ParetoNBD(0.5533, 10.578, 0.6062, 11.669)
CDNOW_SPEND = GammaGamma(6.25, 3.74, 15.44)
MODELS = [BGNBD, ParetoNBD]


@cache
def cdnow_summary() -> pd.DataFrame:
    return customer_summary(cdnow_log().rename(columns={"date": "time"}), CALIBRATION_END)


def histories(summary: pd.DataFrame) -> list[np.ndarray]:
    return [summary[name].to_numpy(float) for name in HISTORY]


@cache
def fitted(model: type[ChurnModel]) -> ChurnModel:
    return model.fit(cdnow_summary())


@cache
def fitted_spend() -> GammaGamma:
    return GammaGamma.fit(cdnow_summary()["repeat_purchases"], cdnow_summary()["repeat_amount_mean"])


def holdout_purchases() -> pd.Series:
    """Days with a purchase in the 39 weeks after the calibration, per customer."""
    later = cdnow_log().query("date > @CALIBRATION_END").drop_duplicates(["customer_id", "date"])
    return later.groupby("customer_id").size().reindex(cdnow_summary().index, fill_value=0)


class TestPublishedFits:
    @pytest.mark.parametrize(
        "model, published, log_likelihood",
        [
            (BGNBD, {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259}, -9582.429),
            (ParetoNBD, {"r": 0.5533, "alpha": 10.577, "s": 0.6062, "beta": 11.668}, -9594.976),
        ],
    )
    def test_churn_models_return_the_estimates_of_fader_hardie_lee_2005(
        self, model, published, log_likelihood
    ):
        found = fitted(model)
        assert found.parameters == pytest.approx(published, rel=1e-3)
        assert found.log_likelihood == pytest.approx(log_likelihood, abs=0.01)

    def test_gamma_gamma_returns_the_estimates_of_fader_hardie_2013(self):
        found = fitted_spend()
        assert int((cdnow_summary()["repeat_amount_mean"] > 0).sum()) == 946
        assert found.parameters == pytest.approx({"p": 6.2488, "q": 3.7446, "gamma": 15.4479}, rel=1e-3)
        assert found.log_likelihood == pytest.approx(-4055.923, abs=0.01)
        assert found.mean == pytest.approx(35.22, abs=0.05)

    @pytest.mark.parametrize(
        "model, purchases, alive", [(BGNBD, 25.757, 0.9689), (ParetoNBD, 25.456, 0.99787)]
    )
    def test_the_busy_customer_of_the_papers_is_forecast_as_published(self, model, purchases, alive):
        assert fitted(model).expected_purchases_given(52, *BUSY) == pytest.approx(purchases, rel=1e-3)
        assert fitted(model).alive(*BUSY) == pytest.approx(alive, rel=1e-3)

    @pytest.mark.parametrize("model, total", [(BGNBD, 1653.4), (ParetoNBD, 1665.5)])
    def test_holdout_totals_are_as_published(self, model, total):
        expected = fitted(model).expected_purchases_given(HOLDOUT_WEEKS, *histories(cdnow_summary()))
        assert expected.sum() == pytest.approx(total, rel=1e-3)

    def test_holdout_by_calibration_purchases_is_as_published(self):
        bins = cdnow_summary()["repeat_purchases"].clip(upper=7)
        expected = fitted(BGNBD).expected_purchases_given(HOLDOUT_WEEKS, *histories(cdnow_summary()))
        published = [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157]
        actual = [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359]
        assert pd.Series(expected, bins.index).groupby(bins).mean().tolist() == pytest.approx(
            published, abs=1e-3
        )
        assert holdout_purchases().groupby(bins).mean().tolist() == pytest.approx(actual, abs=1e-3)

    def test_the_naive_pace_overshoots_by_more_than_half(self):
        x, _, T = histories(cdnow_summary())
        assert holdout_purchases().sum() == 1882
        assert (x / T * HOLDOUT_WEEKS).sum() == pytest.approx(2930, abs=1)


class TestIndependentJudge:
    """`lifetimes` fits the same data with another optimiser and gradient."""

    @pytest.mark.parametrize("model, judge", [(BGNBD, "BetaGeoFitter"), (ParetoNBD, "ParetoNBDFitter")])
    def test_lifetimes_agrees(self, model, judge):
        history = histories(cdnow_summary())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import lifetimes

            other = getattr(lifetimes, judge)().fit(*history)
            forecast = other.conditional_expected_number_of_purchases_up_to_time(HOLDOUT_WEEKS, *history)
            alive = other.conditional_probability_alive(*history)
        mine = fitted(model)
        assert list(mine.parameters.values()) == pytest.approx(other.params_.tolist(), rel=1e-3)
        assert mine.expected_purchases_given(HOLDOUT_WEEKS, *history) == pytest.approx(
            np.asarray(forecast), rel=1e-3
        )
        assert mine.alive(*history) == pytest.approx(np.asarray(alive), rel=1e-3)

    def test_published_summary_of_cdnow_is_reproduced(self):
        from importlib.metadata import files

        (carried,) = (one for one in files("lifetimes") if one.name == "cdnow_customers_summary.csv")
        published = pd.read_csv(carried.locate())
        x, t_x, T = histories(cdnow_summary())
        assert (x == published["frequency"]).all()
        assert np.abs(t_x - published["recency"]).max() < 0.005
        assert np.abs(T - published["T"]).max() < 0.005


positive = st.floats(0.1, 8.0)
weeks = st.floats(1, 60)


def expected_by_quadrature(model: BGNBD, t: float) -> float:
    """E[(1 - (alpha / (alpha + p t))^r) / p] over p ~ Beta(a, b): the slow form without singularities."""

    def per_dropout(p: float) -> float:
        return -np.expm1(-model.r * np.log1p(p * t / model.alpha)) / p if p > 0 else model.r * t / model.alpha

    weight = {"weight": "alg", "wvar": (model.a - 1, model.b - 1)}
    total, _ = quad(per_dropout, 0, 1, epsabs=0, epsrel=1e-10, limit=200, **weight)
    return total / special.beta(model.a, model.b)


class TestBGNBD:
    @given(st.builds(BGNBD, positive, positive, positive, positive), st.floats(0.1, 200))
    def test_expected_purchases_is_the_mean_over_dropout(self, model, t):
        assert model.expected_purchases(t) == pytest.approx(expected_by_quadrature(model, t), rel=1e-6)

    @pytest.mark.parametrize("off", [0.0, 1e-12, -1e-9, 1e-7, -1e-6, 9.9e-6, -1.01e-5, 1e-3])
    def test_a_equal_to_1_is_a_removable_singularity(self, off):
        model = BGNBD(0.2426, 4.4136, 1 + off, 2.4259)
        assert model.expected_purchases(52) == pytest.approx(expected_by_quadrature(model, 52), rel=1e-8)

    @pytest.mark.parametrize("off", [0.0, 1e-12, -1e-8, 1e-4])
    def test_a_plus_b_equal_to_1_is_a_removable_singularity(self, off):
        model = BGNBD(0.2426, 4.4136, 0.4, 0.6 + off)
        assert model.expected_purchases(52) == pytest.approx(expected_by_quadrature(model, 52), rel=1e-7)

    @pytest.mark.parametrize("x", [0, 1, 30, 300])
    def test_customers_alive_are_new_customers_with_updated_parameters(self, x):
        t_x, T = 40.0 * (x > 0), 50.0
        updated = BGNBD(CDNOW_BG.r + x, CDNOW_BG.alpha + T, CDNOW_BG.a, CDNOW_BG.b + x)
        expected = CDNOW_BG.alive(x, t_x, T) * expected_by_quadrature(updated, 500)
        assert CDNOW_BG.expected_purchases_given(500, x, t_x, T) == pytest.approx(expected, rel=1e-8)

    def test_a_customer_of_thousands_of_purchases_overflows_nothing(self):
        assert 0.93 < CDNOW_BG.expected_purchases_given(30, 5000, 299.99, 300) / 500 < 1
        assert CDNOW_BG.alive(5000, 200, 300) < 1e-100

    @pytest.mark.parametrize("t", [1.0, 39.0, 520.0])
    def test_probabilities_add_up_to_1_and_their_mean_is_the_expectation(self, t):
        x = np.arange(6000)
        chance = CDNOW_BG.probability_of(x, t)
        assert chance.sum() == pytest.approx(1, abs=1e-9)
        assert x @ chance == pytest.approx(float(CDNOW_BG.expected_purchases(t)), rel=1e-6)

    def test_chance_of_no_repeat_is_that_of_a_negative_binomial(self):
        assert CDNOW_BG.probability_of(0, 39) == pytest.approx((4.4136 / (4.4136 + 39)) ** 0.2426)
        assert CDNOW_BG.probability_of([0, 1, 5], 0).tolist() == [1, 0, 0]

    def test_nobody_is_lost_before_a_repeat_purchase(self):
        assert CDNOW_BG.alive(0, 0, [0, 10, 1000]).tolist() == [1, 1, 1]

    def test_likelihood_integrates_to_the_probability_of_one_purchase(self):
        """Over all times of a single repeat purchase in (0, T), as for P(X(T) = 1)."""
        density = quad(lambda t: float(np.exp(CDNOW_BG.log_likelihood_of(1, t, 39))), 0, 39)[0]
        assert density == pytest.approx(float(CDNOW_BG.probability_of(1, 39)), rel=1e-8)


def lost_over_alive(model: ParetoNBD, x: int, t_x: float, T: float) -> float:
    """Odds of having been lost in (t_x, T), integrated over the moment of loss."""
    r, alpha, s, beta = model.parameters.values()
    at_end = (alpha + T) ** (r + x) * (beta + T) ** s
    return quad(
        lambda y: s * at_end / ((alpha + y) ** (r + x) * (beta + y) ** (s + 1)), t_x, T, epsrel=1e-11
    )[0]


class TestParetoNBD:
    @given(st.builds(ParetoNBD, positive, weeks, positive, weeks), st.integers(0, 12), weeks, st.floats(0, 1))
    def test_alive_matches_the_integral_over_the_moment_of_loss(self, model, x, T, share):
        t_x = share * T * (x > 0)
        odds = lost_over_alive(model, x, t_x, T)
        assert model.alive(x, t_x, T) == pytest.approx(1 / (1 + odds), rel=1e-6)

    @pytest.mark.parametrize("off", [0.0, 1e-12, -1e-12, 1e-6, -1e-6])
    def test_the_branches_meet_at_alpha_equal_to_beta(self, off):
        at, near = ParetoNBD(0.5, 10, 0.6, 10), ParetoNBD(0.5, 10, 0.6, 10 + off)
        assert near.log_likelihood_of(3, 20, 30) == pytest.approx(
            float(at.log_likelihood_of(3, 20, 30)), abs=1e-6
        )

    @pytest.mark.parametrize("off", [0.0, 1e-14, -1e-12, 1e-9, -1e-7])
    def test_s_equal_to_1_is_a_removable_singularity(self, off):
        limit = 0.5 * 11 / 10 * np.log1p(39 / 11)
        assert ParetoNBD(0.5, 10, 1 + off, 11).expected_purchases(39) == pytest.approx(limit, rel=1e-6)

    def test_expected_purchases_is_the_published_closed_form(self):
        r, alpha, s, beta = CDNOW_PARETO.parameters.values()
        published = r * beta / (alpha * (s - 1)) * (1 - (beta / (beta + 39)) ** (s - 1))
        assert CDNOW_PARETO.expected_purchases(39) == pytest.approx(published)

    def test_a_customer_of_thousands_of_purchases_overflows_nothing(self):
        assert 0.99 < CDNOW_PARETO.alive(5000, 299.99, 300) <= 1
        assert CDNOW_PARETO.alive(5000, 200, 300) < 1e-100
        assert 0.93 < CDNOW_PARETO.expected_purchases_given(30, 5000, 299.99, 300) / 500 < 1

    def test_buying_at_the_last_moment_means_being_alive(self):
        assert CDNOW_PARETO.alive(4, 30, 30) == 1


def simulate_bg(model: BGNBD, customers: int, weeks: float, seed: int) -> np.ndarray:
    """Times of repeat purchases (customers x purchases), infinite after the loss or after `weeks`."""
    luck = np.random.default_rng(seed)
    rate = luck.gamma(model.r, 1 / model.alpha, customers)[:, None]
    dropout = luck.beta(model.a, model.b, customers)[:, None]
    waits = luck.exponential(size=(customers, 200)) / np.maximum(rate, 1e-300)
    lost_after = luck.random((customers, 200)) < dropout
    times = np.cumsum(waits, axis=1)
    times[:, 1:][np.logical_or.accumulate(lost_after, axis=1)[:, :-1]] = np.inf
    assert (times[:, -1] > weeks).all()
    return np.where(times <= weeks, times, np.inf)


def simulate_pareto(model: ParetoNBD, customers: int, weeks: float, seed: int) -> np.ndarray:
    luck = np.random.default_rng(seed)
    rate = luck.gamma(model.r, 1 / model.alpha, customers)[:, None]
    life = luck.exponential(size=customers) / luck.gamma(model.s, 1 / model.beta, customers)
    times = np.cumsum(luck.exponential(size=(customers, 200)) / np.maximum(rate, 1e-300), axis=1)
    assert (times[:, -1] > weeks).all()
    return np.where(times <= np.minimum(life, weeks)[:, None], times, np.inf)


def summarised(times: np.ndarray, T: np.ndarray) -> pd.DataFrame:
    inside = times <= T[:, None]
    last = np.where(inside, times, 0).max(axis=1)
    return pd.DataFrame(dict(zip(HISTORY, (inside.sum(axis=1), last, T), strict=True)))


SIMULATED = [
    (BGNBD(0.6, 6.0, 0.8, 2.5), simulate_bg),
    (BGNBD(1.5, 8.0, 1.0, 6.0), simulate_bg),
    (ParetoNBD(0.6, 9.0, 0.7, 12.0), simulate_pareto),
    (ParetoNBD(1.5, 12.0, 1.0, 30.0), simulate_pareto),
]


class TestGivenTheTruth:
    @pytest.mark.parametrize("model, simulate", SIMULATED)
    def test_fit_recovers_the_parameters_of_simulated_customers(self, model, simulate):
        T = np.random.default_rng(1).uniform(30, 52, 2500)
        found = type(model).fit(summarised(simulate(model, 2500, 52, seed=2), T))
        errors = np.array(list(found.standard_errors.values())) / np.array(list(found.parameters.values()))
        off = np.log(list(found.parameters.values())) - np.log(list(model.parameters.values()))
        assert (np.abs(off) < 4 * errors).all()
        assert (errors < 0.8).all()

    @pytest.mark.parametrize("model, simulate", SIMULATED)
    def test_forecasts_are_right_on_average_in_every_group_of_customers(self, model, simulate):
        times, T = simulate(model, 20_000, 80, seed=3), np.full(20_000, 40.0)
        history = histories(summarised(times, T))
        later = (np.isfinite(times) & (times > 40)).sum(axis=1)
        surprise = pd.Series(later - model.expected_purchases_given(40, *history))
        groups = surprise.groupby([np.minimum(history[0], 6), history[1] > 20])
        z = groups.mean() / (groups.std() / np.sqrt(groups.size()))
        assert (z.abs() < 4).all()

    @pytest.mark.parametrize("model, simulate", SIMULATED)
    def test_new_customers_buy_as_often_as_expected(self, model, simulate):
        times = simulate(model, 20_000, 60, seed=4)
        for t in (5, 20, 60):
            bought = (times <= t).sum(axis=1)
            z = (bought.mean() - float(model.expected_purchases(t))) / (bought.std() / np.sqrt(20_000))
            assert abs(z) < 4

    def test_shares_of_simulated_customers_match_the_probabilities(self):
        model = SIMULATED[0][0]
        bought = (simulate_bg(model, 20_000, 30, seed=5) <= 30).sum(axis=1)
        chance = model.probability_of(np.arange(8), 30)
        share = np.array([(bought == k).mean() for k in range(8)])
        assert (np.abs(share - chance) < 4 * np.sqrt(chance * (1 - chance) / 20_000)).all()

    def test_a_dropout_of_a_tenth_more_is_noticed(self):
        """The comparison above has teeth: the same data against slightly wrong parameters fail it."""
        model, wrong = SIMULATED[0][0], BGNBD(0.6, 6.0, 0.88, 2.5)
        bought = (simulate_bg(model, 20_000, 60, seed=4) <= 60).sum(axis=1)
        assert (bought.mean() - float(wrong.expected_purchases(60))) / (bought.std() / np.sqrt(20_000)) > 4

    def test_spend_fit_recovers_the_parameters_of_simulated_customers(self):
        luck, customers = np.random.default_rng(6), 6000
        x = luck.integers(1, 12, customers)
        nu = luck.gamma(3.7, 1 / 15.4, customers)
        means = luck.gamma(6.2 * x, 1 / (nu * x))
        found = GammaGamma.fit(x, means)
        for (low, high), true in zip(found.intervals.values(), (6.2, 3.7, 15.4), strict=True):
            assert low / (high / low) ** 0.5 < true < high * (high / low) ** 0.5


class TestFits:
    @pytest.mark.parametrize("model", MODELS)
    def test_order_and_repetition_of_customers_do_not_matter(self, model):
        twice = pd.concat([cdnow_summary(), cdnow_summary()]).sample(frac=1, random_state=1)
        found = model.fit(twice)
        assert found.parameters == pytest.approx(fitted(model).parameters, rel=1e-3)
        assert found.log_likelihood == pytest.approx(2 * fitted(model).log_likelihood, abs=1e-3)
        for name, error in found.standard_errors.items():
            assert error == pytest.approx(fitted(model).standard_errors[name] / np.sqrt(2), rel=1e-2)

    @pytest.mark.parametrize("model", MODELS)
    def test_log_likelihood_is_the_sum_over_customers(self, model):
        each = fitted(model).log_likelihood_of(*histories(cdnow_summary()))
        assert each.sum() == pytest.approx(fitted(model).log_likelihood, abs=1e-6)

    @pytest.mark.parametrize("model", MODELS)
    def test_no_neighbour_is_more_likely(self, model):
        best, history = fitted(model), histories(cdnow_summary())
        for name in best.parameters:
            for factor in (0.97, 1.03):
                near = model(**{**best.parameters, name: best.parameters[name] * factor})
                assert near.log_likelihood_of(*history).sum() < best.log_likelihood

    def test_customers_who_are_never_lost_leave_dropout_at_its_limit_without_an_error_estimate(self):
        T = np.full(3000, 50.0)
        loyal = simulate_pareto(ParetoNBD(3.0, 6.0, 50, 1e9), 3000, 50, seed=7)
        found = BGNBD.fit(summarised(loyal, T))
        assert found.a / (found.a + found.b) < 1e-3
        assert np.isnan(list(found.standard_errors.values())).any()
        assert found.r == pytest.approx(3.0, rel=0.15)

    @pytest.mark.parametrize("model", MODELS)
    def test_nobody_buying_again_is_refused(self, model):
        once = cdnow_summary().query("repeat_purchases == 0")
        with pytest.raises(ValueError, match="repeat_purchases is 0 for all customers"):
            model.fit(once)

    @pytest.mark.parametrize(
        "history, said",
        [
            ((-1, 0, 5), "x = -1"),
            ((1.5, 2, 5), "x = 1.5"),
            ((2, 6, 5), "t_x = 6, T = 5"),
            ((0, 3, 5), "t_x = 0 where x = 0"),
            ((1, float("nan"), 5), "t_x = nan"),
            ((1, 2, float("inf")), "T = inf"),
        ],
    )
    def test_impossible_histories_are_refused_in_words(self, history, said):
        with pytest.raises(ValueError, match=said):
            CDNOW_BG.alive(*history)

    def test_negative_time_is_refused(self):
        with pytest.raises(ValueError, match=r"t is -1.0; allowed: weeks from 0 up"):
            CDNOW_PARETO.expected_purchases([1, -1])

    def test_parameters_must_be_positive(self):
        with pytest.raises(ValueError, match="alpha is 0; allowed: a number above 0"):
            BGNBD(0.2, 0, 1, 1)
        with pytest.raises(ValueError, match="q is nan"):
            GammaGamma(1, float("nan"), 1)

    def test_nothing_spent_is_refused(self):
        with pytest.raises(ValueError, match="mean_amount is above 0 for no customer"):
            GammaGamma.fit([0, 2], [5, 0])


class TestGammaGamma:
    @given(x=st.integers(1, 200), own=st.floats(0.5, 500))
    def test_expected_amount_lies_between_the_own_mean_and_everybodys(self, x, own):
        amount = CDNOW_SPEND.expected_amount(x, own)
        low, high = sorted((own, CDNOW_SPEND.mean))
        assert low <= amount * (1 + 1e-12) and amount <= high * (1 + 1e-12)

    def test_a_customer_without_repeat_purchases_is_expected_to_spend_the_mean(self):
        assert CDNOW_SPEND.expected_amount(0, np.nan) == pytest.approx(CDNOW_SPEND.mean)

    def test_much_experience_leaves_little_shrinkage(self):
        assert CDNOW_SPEND.expected_amount(10_000, 80) == pytest.approx(80, rel=1e-3)

    @pytest.mark.parametrize("x", [1, 4, 30])
    def test_density_of_the_mean_amount_integrates_to_1(self, x):
        density = quad(lambda z: float(np.exp(CDNOW_SPEND.log_likelihood_of(x, z))), 0, np.inf, limit=200)[0]
        assert density == pytest.approx(1, abs=1e-6)

    def test_without_a_mean_it_is_infinite(self):
        assert GammaGamma(2, 0.9, 5).mean == np.inf
        assert GammaGamma(2, 0.9, 5).expected_amount([0, 3], [np.nan, 10])[0] == np.inf


def transactions(*rows: tuple[str, str, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["customer_id", "time", "amount"])
    return table.assign(time=pd.to_datetime(table["time"], format="ISO8601"))


class TestSummary:
    LOG = transactions(
        ("a", "2024-01-01 09:00", 5),
        ("a", "2024-01-01 17:00", 6),
        ("a", "2024-01-08 10:00", 10),
        ("a", "2024-01-22 11:00", 20),
        ("a", "2024-01-22 12:00", 4),
        ("b", "2024-01-15", 7),
        ("a", "2024-02-05", 99),
        ("c", "2024-02-05", 99),
    )

    def test_purchases_of_a_day_are_one_and_later_days_do_not_count(self):
        summary = customer_summary(self.LOG, "2024-01-29")
        assert summary.index.tolist() == ["a", "b"]
        assert summary["first_purchase"].tolist() == [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-15")]
        assert summary["repeat_purchases"].tolist() == [2, 0]
        assert summary["last_purchase_weeks"].tolist() == [3, 0]
        assert summary["observed_weeks"].tolist() == [4, 2]
        assert summary["repeat_amount_mean"].iloc[0] == 17
        assert np.isnan(summary["repeat_amount_mean"].iloc[1])

    def test_a_free_visit_counts_and_lowers_the_mean(self):
        free = pd.concat([self.LOG, transactions(("a", "2024-01-10", 0.0))])
        summary = customer_summary(free, "2024-01-29").loc["a"]
        assert summary["repeat_purchases"] == 3
        assert summary["repeat_amount_mean"] * 3 == pytest.approx(34)

    @pytest.mark.parametrize("end", ["2024-01-22", "2024-01-22 23:59"])
    def test_the_last_day_counts_in_full(self, end):
        assert customer_summary(self.LOG, end).loc["a", "repeat_purchases"] == 2


class TestPredictedCLV:
    SUMMARY = pd.DataFrame(
        {
            "repeat_purchases": [0, 3, 26],
            "last_purchase_weeks": [0.0, 10.0, 30.857],
            "observed_weeks": [31.0, 31.0, 31.0],
            "repeat_amount_mean": [np.nan, 20.0, 50.0],
        },
        index=["once", "faded", "busy"],
    )

    def test_undiscounted_it_is_purchases_times_amount_times_margin(self):
        value = predicted_clv(
            self.SUMMARY, CDNOW_BG, CDNOW_SPEND, months=12, margin=0.4, annual_discount_rate=0
        )
        bought = CDNOW_BG.expected_purchases_given(12 * WEEKS_PER_MONTH, *histories(self.SUMMARY))
        amount = CDNOW_SPEND.expected_amount(
            self.SUMMARY["repeat_purchases"], self.SUMMARY["repeat_amount_mean"]
        )
        assert value.to_numpy() == pytest.approx(bought * amount * 0.4)
        assert value.index.tolist() == ["once", "faded", "busy"]

    @pytest.mark.parametrize("model", [CDNOW_BG, CDNOW_PARETO])
    def test_discounted_it_adds_the_increments_of_the_months(self, model):
        by_hand, before = 0.0, 0.0
        for month in range(1, 25):
            total = float(model.expected_purchases_given(month * WEEKS_PER_MONTH, *BUSY))
            by_hand += (total - before) / 1.15 ** (month / 12)
            before = total
        by_hand *= float(CDNOW_SPEND.expected_amount(26, 50.0))
        value = predicted_clv(self.SUMMARY, model, CDNOW_SPEND, months=24, annual_discount_rate=0.15)
        assert value["busy"] == pytest.approx(by_hand)

    @pytest.mark.parametrize(
        "wrong", [{"months": 0}, {"months": 1.5}, {"margin": 1.1}, {"annual_discount_rate": -1}]
    )
    def test_impossible_settings_are_refused(self, wrong):
        with pytest.raises(ValueError, match=r"is .*(allowed|must be)"):
            predicted_clv(self.SUMMARY, CDNOW_BG, CDNOW_SPEND, **wrong)
