"""Z-scores of simulated populations against the closed forms of their models, written out here a second time.

BG/NBD: Fader, Hardie & Lee (2005). Pareto/NBD: Schmittlein, Morrison & Colombo (1987). Gamma-Gamma: Fader &
Hardie (2013). Weeks throughout; customers whose first purchase is at time 0 are counted in repeat purchases.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import integrate, special

from sim import Run
from sim.levers import Market
from zscores import z_of_chi_square, z_of_mean, z_of_sum

WEEK = pd.Timedelta(weeks=1)
Floats = NDArray[np.float64]


def repeat_purchases(run: Run, weeks: float) -> Floats:
    """Repeat purchases of each customer within `weeks` of the first."""
    sales = run.transactions
    age = sales["time"] - sales.groupby("customer_id")["time"].transform("min")
    counts = sales[age <= weeks * WEEK].groupby("customer_id").size()
    return counts.to_numpy(float) - 1


def bgnbd_mean(market: Market, weeks: ArrayLike) -> Floats:
    """E[X(t)], equation 9."""
    r, alpha, a, b = market.rate_shape, market.rate_scale_weeks, market.dropout_a, market.dropout_b
    t = np.asarray(weeks, float)
    series = special.hyp2f1(r, b, a + b - 1, t / (alpha + t))
    return (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + t)) ** r * series)


def bgnbd_share(market: Market, weeks: float, x: int) -> float:
    """P(X(t) = x), equation 8, with its finite sum as printed."""
    r, alpha, a, b = market.rate_shape, market.rate_scale_weeks, market.dropout_a, market.dropout_b
    base, share = (alpha / (alpha + weeks)) ** r, weeks / (alpha + weeks)
    j = np.arange(x)
    paths = special.poch(r, j) / special.factorial(j) * share**j
    alive = special.beta(a, b + x) / special.beta(a, b)
    alive *= special.poch(r, x) / special.factorial(x) * base * share**x
    if x == 0:
        return float(alive)
    return float(alive + special.beta(a + 1, b + x - 1) / special.beta(a, b) * (1 - base * paths.sum()))


def bgnbd_alive(market: Market, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """P(alive | x, t_x, T), from equation 7; 1 without a repeat purchase."""
    r, alpha, a, b = market.rate_shape, market.rate_scale_weeks, market.dropout_a, market.dropout_b
    odds_lost = a / (b + np.maximum(x, 1) - 1) * ((alpha + age) / (alpha + t_x)) ** (r + x)
    return np.where(x > 0, 1 / (1 + odds_lost), 1.0)


def paretonbd_mean(market: Market, weeks: ArrayLike) -> Floats:
    """E[X(t)], equation 17 of the paper."""
    r, alpha, s, beta = market.rate_shape, market.rate_scale_weeks, market.life_shape, market.life_scale_weeks
    return r * beta / (alpha * (s - 1)) * (1 - (beta / (beta + np.asarray(weeks, float))) ** (s - 1))


def paretonbd_alive(market: Market, x: float, t_x: float, age: float) -> float:
    """P(alive | x, t_x, T) by integrating over the moment of loss, without the hypergeometric function."""
    r, alpha, s, beta = market.rate_shape, market.rate_scale_weeks, market.life_shape, market.life_scale_weeks
    at_end = np.log(alpha + age) * (r + x) + np.log(beta + age) * s

    def lost_at(week: float) -> float:
        return s * np.exp(at_end - (r + x) * np.log(alpha + week) - (s + 1) * np.log(beta + week))

    return float(1 / (1 + integrate.quad(lost_at, t_x, age, epsabs=0, epsrel=1e-10)[0]))


def mean_purchases(run: Run, weeks: float) -> float:
    """The mean of X(t), against either model's E[X(t)]."""
    market = run.scenario.market
    mean = bgnbd_mean if market.churn_model == "bg/nbd" else paretonbd_mean
    return z_of_mean(repeat_purchases(run, weeks), float(mean(market, weeks)))


def share_of_customers(run: Run, weeks: float, x: int) -> float:
    """The share of customers with X(t) = x, against BG/NBD."""
    share = bgnbd_share(run.scenario.market, weeks, x)
    customers = len(run.customers)
    return z_of_sum(repeat_purchases(run, weeks) == x, customers * share, customers * share * (1 - share))


def share_of_survivors(run: Run, weeks: float) -> float:
    """Pareto/NBD: the share still there after t weeks, (beta / (beta + t))^s, whatever they bought."""
    market = run.scenario.market
    share = (market.life_scale_weeks / (market.life_scale_weeks + weeks)) ** market.life_shape
    there = ~(run.truth["churned_at"] - run.customers["acquired_at"] <= weeks * WEEK)
    return z_of_sum(there, len(there) * share, len(there) * share * (1 - share))


def records(run: Run) -> pd.DataFrame:
    """x, t_x, age (T) and the truth `alive` of every customer at the horizon; exact times, in weeks."""
    bought = run.transactions.groupby("customer_id")["time"].agg(["min", "max", "size"])
    truth = run.truth.set_index("customer_id").loc[bought.index]
    return pd.DataFrame(
        {
            "x": bought["size"] - 1.0,
            "t_x": (bought["max"] - bought["min"]) / WEEK,
            "age": (run.month_starts[-1] - bought["min"]) / WEEK,
            "alive": truth["churned_at"].isna(),
        }
    )


def alive_by_decile(run: Run) -> float:
    """P(alive) calibrated: ten equal groups of customers, each as often alive as predicted."""
    known = records(run)
    market = run.scenario.market
    if market.churn_model == "bg/nbd":
        known = known[known["x"] > 0]
        p = bgnbd_alive(market, *(known[name].to_numpy() for name in ("x", "t_x", "age")))
    else:
        known = known.iloc[:6000]
        p = np.array([paretonbd_alive(market, *row) for row in known[["x", "t_x", "age"]].to_numpy()])
    groups = p.argsort().argsort() * 10 // len(p)
    sums = pd.DataFrame({"alive": known["alive"].to_numpy(), "p": p, "v": p * (1 - p)}).groupby(groups).sum()
    return z_of_chi_square((sums["alive"] - sums["p"]) ** 2 / sums["v"], 10)


def first_basket(run: Run) -> float:
    """The mean of first purchases against p gamma / (q - 1)."""
    market = run.scenario.market
    first = run.transactions.drop_duplicates("customer_id")["amount"]
    return z_of_mean(first, market.spend_shape * market.spend_scale / (market.spend_heterogeneity - 1))


def basket_after(run: Run, purchases: int, best_share: float) -> float:
    """Shrinkage: the next basket of those who spent most so far, against p (gamma + x m) / (p x + q - 1)."""
    market = run.scenario.market
    sales = run.transactions
    number = sales.groupby("customer_id").cumcount()
    mean = sales[number < purchases].groupby("customer_id")["amount"].mean()
    following = sales[number == purchases].set_index("customer_id")["amount"]
    mean = mean.loc[following.index]
    best = mean >= mean.quantile(1 - best_share)
    p, q = market.spend_shape, market.spend_heterogeneity
    expected = p * (market.spend_scale + purchases * mean[best]) / (p * purchases + q - 1)
    return z_of_mean(following[best] - expected, 0)


def customers_by_littles_law(run: Run) -> float:
    """Mean number of customers against arrivals a week x mean life, beta / (s - 1), once it is steady.

    The mean over a window of w weeks has variance arrivals x E[life^2] / w, where
    E[life^2] = 2 beta^2 / ((s - 1)(s - 2)).
    """
    market, levers = run.scenario.market, run.scenario.acquisition
    s, beta = market.life_shape, market.life_scale_weeks
    per_week = levers.organic_leads_per_month * levers.organic_conversion / (365.25 / 12) * 7
    steady = run.months["active_customers"].iloc[60:]
    weeks = (run.month_starts[-1] - run.month_starts[60]) / WEEK
    variance = per_week * 2 * beta**2 / ((s - 1) * (s - 2)) / weeks
    return float((steady.mean() - per_week * beta / (s - 1)) / np.sqrt(variance))


def mean_purchases_if_changed(run: Run, weeks: float, log_pace: float, log_hazard: float) -> float:
    """E[X(t)] where everybody buys exp(log_pace) times as fast and is lost exp(log_hazard) times as fast.

    A gamma rate times a constant is a gamma rate with its scale parameter divided by it.
    """
    market = run.scenario.market
    changed = market.model_copy(
        update={
            "rate_scale_weeks": market.rate_scale_weeks / np.exp(log_pace),
            "life_scale_weeks": market.life_scale_weeks / np.exp(log_hazard),
        }
    )
    mean = bgnbd_mean if market.churn_model == "bg/nbd" else paretonbd_mean
    return z_of_mean(repeat_purchases(run, weeks), float(mean(changed, weeks)))


def losses_at_the_first_coin(run: Run, log_odds: float) -> float:
    """BG/NBD: the share lost at the first coin, with odds multiplied, against the mean over Beta(a, b)."""
    market = run.scenario.market
    p = special.betaincinv(market.dropout_a, market.dropout_b, (np.arange(100_000) + 0.5) / 100_000)
    share = float(np.mean(p * np.exp(log_odds) / (p * np.exp(log_odds) + 1 - p)))
    sizes = run.transactions.groupby("customer_id").size()
    lost = run.truth.set_index("customer_id")["churned_at"].notna()
    tossed = sizes.index[sizes >= 2]
    at_first = lost[tossed] & (sizes[tossed] == 2)
    return z_of_sum(at_first, len(tossed) * share, len(tossed) * share * (1 - share))
