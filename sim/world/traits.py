"""Who a customer is: hidden traits from the market's distributions, or from a real customer's posterior.

Channels differ in whom they bring: their customers' traits are shifted where a lever says so.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, exprel, gammaincinv, polygamma

from sim.levers import Market
from sim.luck import Floats, Luck, beta, exponential, gamma, normal, poisson
from sim.scenario import Scenario
from sim.starting import StartingCustomers
from sim.world.customers import NEVER, Rows
from sim.world.journal import Columns
from sim.world.purposes import (
    ALIVE,
    COSTLY,
    DROPOUT,
    HASSLE,
    LENIENCY,
    LIFETIME,
    PRONE,
    RATE,
    RIVAL_CARDS,
    SPEND,
)

CHANNELS = ("opening", "organic", "paid", "trial", "deal", "referral")
WEEK = 7.0

Keys = NDArray[np.int64]


def draw_traits(scenario: Scenario, luck: Luck, key: Keys, channel: NDArray[np.int8]) -> Columns:
    """Traits of new customers, who came through these channels.

    rate ~ Gamma(r, alpha), dropout ~ Beta(a, b), Gamma(s, beta) or Beta(alpha, beta) by the churn model,
    spend_rate ~ Gamma(q, gamma). A channel adds to the log-odds of dropout, or to its logarithm if it is a
    rate, and to the log mean basket.
    """
    market, acquisition, talk = scenario.market, scenario.acquisition, scenario.word_of_mouth
    rate, dropout, spend = luck.uniform((RATE, DROPOUT, SPEND), key)
    loss = by_channel(
        trial=acquisition.trial_to_loss, deal=acquisition.deal_to_loss, referral=-talk.referral_to_loss
    )
    spend_rate = gamma(spend, market.spend_heterogeneity) / market.spend_scale
    return {
        "rate": gamma(rate, market.rate_shape) / market.rate_scale_weeks / WEEK,
        "dropout": _shifted_dropout(market, _dropout(market, dropout), loss[channel]),
        "spend_rate": _multiplied(spend_rate, by_channel(deal=acquisition.deal_to_basket)[channel]),
        "premium": by_channel(referral=talk.referral_to_basket)[channel],
        **_common(scenario, luck, key),
    }


def by_channel(**values: float) -> Floats:
    """These values at the codes of their channels, 0 at all others; shape (channels,)."""
    return np.array([values.get(name, 0.0) for name in CHANNELS])


def _dropout(market: Market, u: Floats) -> Floats:
    if market.churn_model == "bg/nbd":
        return beta(u, market.dropout_a, market.dropout_b)
    if market.churn_model == "sbg":
        return beta(u, market.renewal_alpha, market.renewal_beta)
    return gamma(u, market.life_shape) / market.life_scale_weeks / WEEK


def _shifted_dropout(market: Market, dropout: Floats, shift: Floats) -> Floats:
    """Dropout with its log-odds shifted, or its logarithm if it is a rate; untouched where the shift is 0."""
    multiple = _multiplied(dropout, shift)
    if market.churn_model == "pareto/nbd":
        return multiple
    return np.where(shift == 0, dropout, multiple / (multiple + (1 - dropout)))


def _multiplied(values: Floats, log_factor: Floats) -> Floats:
    return np.where(log_factor == 0, values, values * np.exp(log_factor))


def draw_lifetime(market: Market, luck: Luck, key: Keys, acquired_at: Floats, dropout: Floats) -> Floats:
    """Day on which an untouched life ends: exponential for pareto/nbd, never where coins decide."""
    if market.churn_model != "pareto/nbd":
        return np.full(len(key), NEVER)
    return acquired_at + exponential(luck.uniform(LIFETIME, key)) / dropout


def _common(scenario: Scenario, luck: Luck, key: Keys) -> Columns:
    """Traits that come alike to all: how kindly they judge, what they mind, whether they are costly ..."""
    purposes = (LENIENCY, COSTLY, PRONE, RIVAL_CARDS, HASSLE)
    lenient, costly, prone, cards, hassle = luck.uniform(purposes, key)
    leniency = scenario.retention.leniency_sd * normal(lenient)
    return {
        "leniency": leniency,
        "satisfaction": scenario.retention.market_standard + leniency,
        "is_costly": costly < scenario.extension.costly_share,
        "is_prone": prone < scenario.rebates.prone_share,
        "dilution": 1 / (1 + poisson(cards, scenario.loyalty.rival_cards)),
        "hassle": exponential(hassle),
    }


def buyer_traits(scenario: Scenario, rate: Floats, spend_rate: Floats) -> Columns:
    """How these customers take to a loyalty program, by what they buy without one.

    `rate` purchases a day, `spend_rate` as in the customer table. The odds to join are exp(self_selection z)
    times the usual ones; z is the logarithm of what they spend a week, standardised in the market. Under
    contract all pay equally often, so light, moderate and heavy buyers differ by their baskets.
    """
    market, levers = scenario.market, scenario.loyalty
    thirds = np.array([levers.light_response, levers.moderate_response, levers.heavy_response])
    if market.churn_model == "sbg":
        size = 2 - _third(market.spend_heterogeneity, spend_rate * market.spend_scale)
    else:
        size = _third(market.rate_shape, rate * WEEK * market.rate_scale_weeks)
    return {
        "join_odds": np.exp(levers.self_selection * _spending_score(market, rate, spend_rate)),
        "response": thirds[size],
    }


def _third(shape: float, variates: Floats) -> Rows:
    """In which third of the gamma distribution with this shape and scale 1 each lies: 0, 1 or 2."""
    return np.searchsorted(gammaincinv(shape, [1 / 3, 2 / 3]), variates)


def _spending_score(market: Market, rate: Floats, spend_rate: Floats) -> Floats:
    """Standardised log of rate x mean basket."""
    log_spend = -np.log(spend_rate)
    if market.churn_model != "sbg":
        log_spend = log_spend + np.log(rate)
    mean, sd = _log_spend_moments(market)
    return (log_spend - mean) / sd


@lru_cache(maxsize=64)
def _log_spend_moments(market: Market) -> tuple[float, float]:
    """Mean and standard deviation of that logarithm in the market.

    The logarithm of a gamma variate has mean digamma(shape) - ln(rate) and variance trigamma(shape).
    """
    mean = np.log(market.spend_scale) - digamma(market.spend_heterogeneity)
    variance = polygamma(1, market.spend_heterogeneity)
    if market.churn_model != "sbg":
        mean += digamma(market.rate_shape) - np.log(market.rate_scale_weeks * WEEK)
        variance += polygamma(1, market.rate_shape)
    return float(mean), float(np.sqrt(variance))


def draw_posterior(scenario: Scenario, luck: Luck, key: Keys, known: StartingCustomers) -> Columns:
    """Traits of customers taken over from a log, given what the log says of each.

    Given x repeat purchases, the last at t_x, seen until T, a customer is alive with the fitted P(alive).
    bg/nbd, alive:  rate ~ Gamma(r + x, alpha + T), dropout ~ Beta(a, b + x);
            lost:   rate ~ Gamma(r + x, alpha + t_x), dropout ~ Beta(a + 1, b + x - 1), lost at t_x.
    pareto/nbd, alive: rate ~ Gamma(r + x, alpha + T), rate of loss ~ Gamma(s, beta + T);
            lost at tau in (t_x, T), density proportional to (alpha + tau)^-(r + x) (beta + tau)^-(s + 1),
            then rate ~ Gamma(r + x, alpha + tau), rate of loss ~ Gamma(s + 1, beta + tau).
    Spend, after n = x amounts of mean z: Gamma(q + p n, gamma + n z). The forms follow from the likelihoods
    in Fader, Hardie & Lee (2005) and Schmittlein, Morrison & Colombo (1987).
    """
    market, table = scenario.market, known.table
    x = table["repeat_purchases"].to_numpy(float)
    age = table["observed_weeks"].to_numpy(float)
    alive_u, rate_u, dropout_u, life_u, spend_u = luck.uniform((ALIVE, RATE, DROPOUT, LIFETIME, SPEND), key)
    alive = alive_u < table["alive_probability"].to_numpy(float)
    lost_week = _week_of_loss(market, table["last_purchase_weeks"].to_numpy(float), age, x, life_u)
    until = np.where(alive, age, lost_week)
    mean = table["repeat_amount_mean"].to_numpy(float)
    n = np.where(np.isnan(mean), 0.0, x)
    return {
        "rate": gamma(rate_u, market.rate_shape + x) / (market.rate_scale_weeks + until) / WEEK,
        "dropout": _posterior_dropout(market, dropout_u, ~alive, x, until),
        "spend_rate": gamma(spend_u, market.spend_heterogeneity + market.spend_shape * n)
        / (market.spend_scale + n * np.nan_to_num(mean)),
        "churned_at": np.where(alive, NEVER, (lost_week - age) * WEEK),
        **_common(scenario, luck, key),
    }


def _posterior_dropout(
    market: Market, u: Floats, lost: NDArray[np.bool_], x: Floats, until: Floats
) -> Floats:
    if market.churn_model == "bg/nbd":
        return beta(u, market.dropout_a + lost, market.dropout_b + np.maximum(x - lost, 0))
    return gamma(u, market.life_shape + lost) / (market.life_scale_weeks + until) / WEEK


def _week_of_loss(market: Market, t_x: Floats, age: Floats, x: Floats, u: Floats) -> Floats:
    """Week after the first purchase in which a lost customer was lost, by inverting its distribution."""
    if market.churn_model == "bg/nbd":
        return t_x
    share = np.linspace(0.0, 1.0, 26)[:, None] ** 2
    tau = t_x + (age - t_x) * share
    log_density = -(market.rate_shape + x) * np.log(market.rate_scale_weeks + tau) - (
        market.life_shape + 1
    ) * np.log(market.life_scale_weeks + tau)
    return t_x + (age - t_x) * _quantile(u, share, log_density - log_density[0])


def _quantile(u: Floats, node: Floats, log_density: Floats) -> Floats:
    """Invert falling densities, given at nodes (rows) and exponential in between."""
    slope = np.minimum(np.diff(log_density, axis=0), -1e-12)
    mass = np.exp(log_density[:-1]) * np.diff(node, axis=0) * exprel(slope)
    before = np.cumsum(mass, axis=0) - mass
    wanted = u * mass.sum(axis=0)
    piece = (before < wanted).sum(axis=0) - 1
    slope, mass, before = (np.take_along_axis(one, piece[None], axis=0)[0] for one in (slope, mass, before))
    within = np.log1p((wanted - before) / mass * np.expm1(slope)) / slope
    left, right = node[piece, 0], node[piece + 1, 0]
    return left + (right - left) * np.clip(within, 0.0, 1.0)
