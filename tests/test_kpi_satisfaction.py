"""NPS and CSAT against worked numbers, and their standard errors against sampling."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.kpi import csat, csat_by, nps, nps_by, nps_votes

answers = st.lists(st.integers(0, 10), min_size=1, max_size=50)


class TestScores:
    def test_worked_example_gives_30_plus_minus_7_7(self):
        score = nps([9] * 100 + [10] * 100 + [7] * 60 + [8] * 60 + [0] * 40 + [6] * 40)
        assert (score.score, score.n) == (30, 400)
        assert 1.96 * score.se == pytest.approx(7.7, abs=0.05)

    @pytest.mark.parametrize(("answer", "score"), [(10, 100), (9, 100), (8, 0), (7, 0), (6, -100), (0, -100)])
    def test_nine_and_ten_promote_and_six_or_less_detract(self, answer, score):
        assert nps([answer]).score == score

    @given(answers)
    def test_nps_is_100_times_the_mean_vote(self, answers):
        assert nps(answers).score == pytest.approx(100 * np.mean(nps_votes(answers)))

    @given(answers)
    def test_nps_standard_error_is_the_published_formula(self, answers):
        n = len(answers)
        p = sum(answer >= 9 for answer in answers) / n
        d = sum(answer <= 6 for answer in answers) / n
        expected = 100 * np.sqrt(max(p + d - (p - d) ** 2, 0) / n)
        assert nps(answers).se == pytest.approx(expected, abs=1e-6)

    @pytest.mark.parametrize(("answer", "score"), [(5, 100), (4, 100), (3, 0), (1, 0)])
    def test_four_and_five_are_satisfied(self, answer, score):
        assert csat([answer]).score == score

    def test_csat_standard_error_is_that_of_a_share(self):
        score = csat([4] * 80 + [3] * 20)
        assert (score.score, score.se) == pytest.approx((80, 4))

    @pytest.mark.parametrize(
        ("kpi", "scale", "share"),
        [(nps, range(11), [0.05] * 7 + [0.1, 0.15, 0.2, 0.2]), (csat, range(1, 6), None)],
    )
    def test_standard_error_is_the_spread_of_repeated_samples(self, kpi, scale, share):
        rng = np.random.default_rng(20240501)
        scores = [kpi(rng.choice(scale, size=200, p=share)) for _ in range(1000)]
        spread = np.std([score.score for score in scores])
        typical = np.mean([score.se for score in scores])
        # the spread of 1,000 samples is known to 1 / sqrt(2000) = 2.2 %; four of those
        assert spread / typical == pytest.approx(1, abs=0.09)

    @pytest.mark.parametrize("kpi", [nps, csat])
    def test_without_answers_the_score_is_unknown(self, kpi):
        score = kpi([])
        assert score.n == 0
        assert np.isnan([score.score, score.se]).all()

    @pytest.mark.parametrize(
        ("kpi", "bad", "sentence"),
        [
            (nps, 11, "NPS answer is 11.0, but must be a whole number from 0 to 10"),
            (nps, -1, "NPS answer is -1.0, but must be"),
            (nps, 8.5, "NPS answer is 8.5, but must be"),
            (nps, float("nan"), "NPS answer is nan, but must be"),
            (csat, 0, "CSAT answer is 0.0, but must be a whole number from 1 to 5"),
            (csat, 6, "CSAT answer is 6.0, but must be"),
        ],
    )
    def test_an_answer_off_the_scale_is_refused(self, kpi, bad, sentence):
        with pytest.raises(ValueError, match=sentence):
            kpi([3, bad])


class TestGroups:
    surveys = pd.DataFrame(
        {
            "time": pd.date_range("2024-01-01", periods=600, freq="6h"),
            "score": np.random.default_rng(3).integers(1, 6, size=600),
        },
        index=range(1000, 1600),
    )

    @pytest.mark.parametrize(("kpi", "kpi_by"), [(nps, nps_by), (csat, csat_by)])
    def test_each_month_equals_the_score_of_its_answers_alone(self, kpi, kpi_by):
        months = self.surveys["time"].dt.to_period("M")
        table = kpi_by(self.surveys, months)
        assert list(table.columns) == ["score", "se", "n"]
        assert table.index.is_monotonic_increasing
        for month, row in table.iterrows():
            alone = kpi(self.surveys["score"][months == month])
            assert tuple(row) == pytest.approx((alone.score, alone.se, alone.n))
        assert table["n"].sum() == len(self.surveys)

    def test_groups_may_be_an_array(self):
        halves = np.repeat(["first", "second"], 300)
        table = nps_by(self.surveys, halves)
        assert table["n"].to_dict() == {"first": 300, "second": 300}

    def test_a_group_nobody_answered_for_is_unknown(self):
        region = pd.Series("N", index=self.surveys.index).astype(pd.CategoricalDtype(["N", "S"]))
        silent = csat_by(self.surveys, region).loc["S"]
        assert silent["n"] == 0
        assert silent[["score", "se"]].isna().all()

    def test_an_answer_without_a_group_is_shown_not_dropped(self):
        region = pd.Series(["N"] * 599 + [None], index=self.surveys.index)
        assert nps_by(self.surveys, region)["n"].tolist() == [599, 1]

    def test_no_answers_make_an_empty_table(self):
        assert nps_by(self.surveys[:0], self.surveys["time"][:0].dt.to_period("M")).empty

    def test_answers_of_another_kind_are_refused(self):
        mixed = self.surveys.assign(kind="nps")
        mixed.loc[1100, "kind"] = "csat"
        with pytest.raises(ValueError, match="column 'kind' is csat, but must be nps in every row"):
            nps_by(mixed, mixed["time"])

    def test_a_missing_column_is_named(self):
        with pytest.raises(ValueError, match="surveys needs a column 'score', but has only: time"):
            nps_by(self.surveys[["time"]], self.surveys["time"])
