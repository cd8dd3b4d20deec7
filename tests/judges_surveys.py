"""Z-scores of survey answers against the rating model, given the satisfaction behind each of them."""

from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import special, stats

from histories import histories
from sim import Run, kpi
from zscores import z_of_chi_square, z_of_largest, z_of_mean, z_of_sum

DAY = pd.Timedelta(days=1)


@lru_cache(maxsize=2)
def askable(run: Run) -> pd.DataFrame:
    """One row a wave and recent buyer: satisfaction, and nps and csat, NaN for those who did not answer.

    Satisfaction is that since the latest purchase, so nothing may change it between two (see `histories`).
    """
    scores = run.surveys.pivot(index=["time", "customer_id"], columns="kind", values="score")
    recent = pd.concat([_recent_buyers(run, month_end - DAY) for month_end in run.month_starts[1:]])
    rows = recent.merge(scores.reset_index(), on=["time", "customer_id"], how="left")
    felt = histories(run)[["customer_id", "day", "satisfaction"]].sort_values("day")
    rows["day"] = (rows["time"] - run.month_starts[0]) / DAY
    return pd.merge_asof(rows.sort_values("day"), felt, on="day", by="customer_id")


def _recent_buyers(run: Run, wave: pd.Timestamp) -> pd.DataFrame:
    sales = run.transactions
    recent = sales["time"].between(wave - run.scenario.surveys.recent_days * DAY, wave, inclusive="right")
    return pd.DataFrame({"customer_id": sales.loc[recent, "customer_id"].unique(), "time": wave})


def everybody_else_stays_silent(run: Run) -> bool:
    """No answer comes from anybody but a recent buyer on the day of a wave."""
    return askable(run)["nps"].notna().sum() == (run.surveys["kind"] == "nps").sum()


def answers_come_as_often_as_sample_and_response_say(run: Run) -> float:
    rows = askable(run)
    q = _probability(rows, run)
    return z_of_sum(rows["nps"].notna(), q, q * (1 - q))


def the_satisfied_answer_as_much_more_as_the_bias_says(run: Run) -> float:
    """The score of the bias: residuals weighted by satisfaction above the standard."""
    rows = askable(run)
    q, surplus = _probability(rows, run), rows["satisfaction"] - run.scenario.retention.market_standard
    return z_of_sum((rows["nps"].notna() - q) * surplus, 0, q * (1 - q) * surplus**2)


def every_wave_asks_afresh(run: Run) -> float:
    """Who answers this wave says nothing of who answers the next, given their satisfaction."""
    rows = askable(run).sort_values(["customer_id", "time"])
    q = _probability(rows, run)
    residual = (rows["nps"].notna() - q) / np.sqrt(q * (1 - q))
    return z_of_mean((residual * residual.groupby(rows["customer_id"]).shift(1)).dropna(), 0)


def nps_answers_follow_the_rating_model(run: Run) -> float:
    answered = askable(run).dropna(subset="nps")
    felt, noise = answered["satisfaction"], run.scenario.surveys.noise_sd
    return _z_of_ratings(answered["nps"], _rating_shares(felt, noise, np.arange(11)))


def csat_answers_follow_the_rating_model(run: Run) -> float:
    answered = askable(run).dropna(subset="csat")
    felt, noise = 1 + 0.4 * answered["satisfaction"], 0.4 * run.scenario.surveys.noise_sd
    return _z_of_ratings(answered["csat"], _rating_shares(felt, noise, np.arange(1, 6)))


def the_two_answers_stray_independently(run: Run) -> float:
    answered, noise = askable(run).dropna(subset="nps"), run.scenario.surveys.noise_sd
    nps = _residuals(answered["nps"], _rating_shares(answered["satisfaction"], noise, np.arange(11)))
    felt = 1 + 0.4 * answered["satisfaction"]
    csat = _residuals(answered["csat"], _rating_shares(felt, 0.4 * noise, np.arange(1, 6)))
    return z_of_mean(nps * csat, 0)


def nps_strays_as_its_standard_error_says(run: Run) -> float:
    """A thousand samples: squared distance from the true NPS in standard errors is 1 on average.

    The truth is that of the rating model: satisfaction and noise are normal, so their sum is.
    """
    answers = run.surveys[run.surveys["kind"] == "nps"]
    samples = kpi.nps_by(answers, np.arange(len(answers)) % 1000)
    spread = np.hypot(run.scenario.retention.leniency_sd, run.scenario.surveys.noise_sd)
    felt = stats.norm(run.scenario.retention.market_standard, spread)
    true_nps = 100 * (felt.sf(8.5) - felt.cdf(6.5))
    squares = ((samples["score"] - true_nps) / samples["se"]) ** 2
    return z_of_chi_square(squares, 1000)


def nps_is_right_on_average(run: Run) -> float:
    answers = run.surveys[run.surveys["kind"] == "nps"]
    spread = np.hypot(run.scenario.retention.leniency_sd, run.scenario.surveys.noise_sd)
    felt = stats.norm(run.scenario.retention.market_standard, spread)
    pooled = kpi.nps(answers["score"])
    return float((pooled.score - 100 * (felt.sf(8.5) - felt.cdf(6.5))) / pooled.se)


def _probability(rows: pd.DataFrame, run: Run) -> "pd.Series[float]":
    levers, surplus = run.scenario.surveys, rows["satisfaction"] - run.scenario.retention.market_standard
    return levers.sample_share * special.expit(
        special.logit(levers.response_rate) + levers.response_bias * surplus
    )


def _rating_shares(felt: "pd.Series[float]", noise: float, ratings: np.ndarray) -> pd.DataFrame:
    """Probability of each rating, one row an answer: rounded, and cut off at both ends."""
    edges = np.concatenate([[-np.inf], ratings[:-1] + 0.5, [np.inf]])
    shares = np.diff(stats.norm.cdf((edges - felt.to_numpy()[:, None]) / noise), axis=1)
    return pd.DataFrame(shares, columns=ratings)


def _z_of_ratings(answers: "pd.Series[float]", shares: pd.DataFrame) -> float:
    """The largest surprise in how often each rating was given."""
    given = answers.to_numpy()[:, None] == shares.columns.to_numpy()
    variance = (shares * (1 - shares)).sum()
    surprise = (given.sum(axis=0) - shares.sum()) / np.sqrt(variance)
    return z_of_largest(surprise[variance > 25])


def _residuals(answers: "pd.Series[float]", shares: pd.DataFrame) -> np.ndarray:
    return answers.to_numpy() - shares.to_numpy() @ shares.columns.to_numpy(float)


OF_ANSWERS = (
    answers_come_as_often_as_sample_and_response_say,
    the_satisfied_answer_as_much_more_as_the_bias_says,
    every_wave_asks_afresh,
    nps_answers_follow_the_rating_model,
    csat_answers_follow_the_rating_model,
    the_two_answers_stray_independently,
)
