"""What customers say: Net Promoter Score and customer satisfaction, each with its standard error.

Both are 100 x the mean of one vote per answer (NPS: +1, 0, -1; CSAT: 1, 0), so both have the standard error
of a mean, 100 x sqrt(variance of the votes / n). Respondents are not customers: the error covers sampling,
not who answers.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .inputs import require, require_columns


@dataclass(frozen=True)
class Score:
    """A score, its standard error in the same unit and the number of answers.

    A 95 % interval is score +- 1.96 se. Without answers score and se are NaN. When all answers agree se is
    0, which says little if n is small.
    """

    score: float
    se: float
    n: int


def nps(scores: ArrayLike) -> Score:
    """Net Promoter Score of answers from 0 to 10, from -100 to +100.

    Formula: 100 (P - D), P share of promoters (9-10), D of detractors (0-6); passives (7-8) stay in the
    denominator. Standard error: 100 sqrt((P + D - (P - D)^2) / n). ValueError unless every answer is a
    whole number from 0 to 10. Source: Reichheld 2003; variance of a three-valued vote.

    >>> answers = nps([10] * 200 + [7] * 120 + [3] * 80)
    >>> print(f"{answers.score:.0f} +- {1.96 * answers.se:.1f} at n = {answers.n}")
    30 +- 7.7 at n = 400
    """
    return _score(nps_votes(scores))


def nps_votes(scores: ArrayLike) -> NDArray[np.float64]:
    """The vote of each answer from 0 to 10: promoters (9-10) +1, passives (7-8) 0, detractors (0-6) -1.

    ValueError unless every answer is a whole number from 0 to 10. Source: Reichheld 2003.

    >>> print(nps_votes([10, 9, 8, 7, 6, 0]))
    [ 1.  1.  0.  0. -1. -1.]
    """
    answers = np.asarray(scores, dtype=float)
    _require_whole("NPS answer", answers, 0, 10)
    return (answers >= 9).astype(float) - (answers <= 6)


def csat(scores: ArrayLike) -> Score:
    """Customer satisfaction: answers of 4 or 5 on a scale from 1 to 5, in percent of all answers.

    Formula: 100 p, p share of positive answers. Standard error: 100 sqrt(p (1 - p) / n). ValueError unless
    every answer is a whole number from 1 to 5.

    >>> answers = csat([5, 4, 4, 5, 2, 4, 5, 1, 4, 4])
    >>> print(f"{answers.score:.0f} % +- {1.96 * answers.se:.1f} at n = {answers.n}")
    80 % +- 24.8 at n = 10
    """
    return _score(csat_votes(scores))


def csat_votes(scores: ArrayLike) -> NDArray[np.float64]:
    """The vote of each answer from 1 to 5: 4 and 5 are satisfied (1), others not (0).

    ValueError unless every answer is a whole number from 1 to 5.

    >>> print(csat_votes([5, 4, 3, 1]))
    [1. 1. 0. 0.]
    """
    answers = np.asarray(scores, dtype=float)
    _require_whole("CSAT answer", answers, 1, 5)
    return (answers >= 4).astype(float)


def nps_by(surveys: pd.DataFrame, by: pd.Series | NDArray[np.generic]) -> pd.DataFrame:
    """Net Promoter Score of each group of answers, such as each month.

    `surveys` needs score (0 to 10), one row per answer; if it has a column kind, all must be "nps". `by` is
    one group key per row, matched by index if a Series. Returns score, se and n by sorted group, as `nps`
    does; unused categories of a categorical key give n = 0.

    >>> times = pd.to_datetime(["2024-01-05", "2024-01-20", "2024-02-03"])
    >>> surveys = pd.DataFrame({"time": times, "score": [10, 6, 9]})
    >>> print(nps_by(surveys, surveys["time"].dt.to_period("M")).round(1))
             score    se  n
    time
    2024-01    0.0  70.7  2
    2024-02  100.0   0.0  1
    """
    return _score_by(nps_votes(_answers(surveys, "nps")), surveys.index, by)


def csat_by(surveys: pd.DataFrame, by: pd.Series | NDArray[np.generic]) -> pd.DataFrame:
    """Customer satisfaction of each group of answers, such as each month, in percent.

    As `nps_by`, with scores from 1 to 5 and kind "csat".

    >>> surveys = pd.DataFrame({"region": ["N", "N", "S"], "score": [5, 1, 4]})
    >>> print(csat_by(surveys, surveys["region"])["score"].to_dict())
    {'N': 50.0, 'S': 100.0}
    """
    return _score_by(csat_votes(_answers(surveys, "csat")), surveys.index, by)


def _require_whole(name: str, answers: NDArray[np.float64], low: int, high: int) -> None:
    on_scale = (answers >= low) & (answers <= high) & (answers == np.rint(answers))
    require(name, answers, on_scale, f"a whole number from {low} to {high}")


def _answers(surveys: pd.DataFrame, kind: str) -> pd.Series:
    require_columns(surveys, "surveys", ["score"])
    if "kind" in surveys.columns:
        kinds = surveys["kind"]
        require("surveys: column 'kind'", kinds, kinds == kind, f"{kind} in every row: select those first")
    return surveys["score"]


def _score(votes: NDArray[np.float64]) -> Score:
    n = votes.size
    if n == 0:
        return Score(float("nan"), float("nan"), 0)
    return Score(float(100 * votes.mean()), float(100 * votes.std() / np.sqrt(n)), n)


def _score_by(
    votes: NDArray[np.float64], index: pd.Index, by: pd.Series | NDArray[np.generic]
) -> pd.DataFrame:
    # Series, since a DataFrame takes an array of keys for a label first and writes it out to say it is none
    votes_of, squares_of = (
        pd.Series(values, index).groupby(by, dropna=False, observed=False) for values in (votes, votes**2)
    )
    n = votes_of.size()
    score, se = _of_sums(votes_of.sum().to_numpy(), squares_of.sum().to_numpy(), n.to_numpy())
    return pd.DataFrame({"score": score, "se": se, "n": n.to_numpy()}, n.index)


def score_by_number(
    votes: NDArray[np.float64], number: NDArray[np.intp], groups: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Score, standard error and number of answers of each group, numbered from 0 to `groups` - 1.

    Of `nps_votes` or `csat_votes`, and the number of the group of each: `nps_by` for groups that are
    numbers; higher numbers are left out. Without answers score and se are NaN.

    >>> score, se, n = score_by_number(nps_votes([10, 9, 6]), np.array([0, 0, 2]), groups=3)
    >>> print(score, n)
    [ 100.   nan -100.] [2 0 1]
    """
    n = np.bincount(number, minlength=groups)[:groups]
    sums, squares = (np.bincount(number, weights, groups)[:groups] for weights in (votes, votes**2))
    return *_of_sums(sums, squares, n), n


def _of_sums(
    votes: NDArray[Any], squares: NDArray[Any], n: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score and standard error from the sums of n votes and of their squares."""
    answers = np.where(n > 0, n, np.nan)
    mean, mean_square = votes / answers, squares / answers
    return 100 * mean, 100 * np.sqrt((mean_square - mean**2) / answers)
