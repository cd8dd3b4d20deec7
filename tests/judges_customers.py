"""Z-scores of a run against its own truth: the simulator knows what each decision's probability was.

Every judge returns one z-score, standard normal if the engine does what the model says.
"""

from itertools import combinations

import numpy as np
import pandas as pd
from scipy import special

from histories import histories, momentum, program_pull
from sim import Run
from zscores import z_of_correlation, z_of_largest, z_of_sum, z_of_uniforms

# Who the customers are


def rates_follow_their_gamma(run: Run) -> float:
    """Given that they are above 1e-7 a week: the table's nine decimals tell smaller ones badly."""
    market, rate = run.scenario.market, run.truth["purchase_rate"]
    below = special.gammainc(market.rate_shape, np.maximum(rate, 1e-7) * market.rate_scale_weeks)
    least = special.gammainc(market.rate_shape, 1e-7 * market.rate_scale_weeks)
    return z_of_uniforms((below[rate > 1e-7] - least) / (1 - least))


def dropouts_follow_their_beta_or_gamma(run: Run) -> float:
    market, dropout = run.scenario.market, run.truth["dropout"]
    if market.churn_model == "bg/nbd":
        return z_of_uniforms(special.betainc(market.dropout_a, market.dropout_b, dropout))
    if market.churn_model == "sbg":
        return z_of_uniforms(special.betainc(market.renewal_alpha, market.renewal_beta, dropout))
    return z_of_uniforms(special.gammainc(market.life_shape, dropout * market.life_scale_weeks))


def mean_baskets_follow_their_inverse_gamma(run: Run) -> float:
    market = run.scenario.market
    rate = market.spend_shape / run.truth["basket_mean"]
    return z_of_uniforms(special.gammainc(market.spend_heterogeneity, rate * market.spend_scale))


def traits_are_independent(run: Run) -> float:
    """The largest rank correlation between two of the hidden traits.

    How kindly a customer judges shows in the first experience, before anything else has come of it.
    """
    first = run.episodes.drop_duplicates("customer_id")[["customer_id", "experience"]]
    traits = run.truth.merge(first, on="customer_id")
    pairs = combinations(["purchase_rate", "dropout", "basket_mean", "experience"], 2)
    return z_of_largest([z_of_correlation(traits[one], traits[other]) for one, other in pairs])


def first_purchases_fill_the_opening_weeks_evenly(run: Run) -> float:
    levers, opening = run.scenario.acquisition, run.customers["channel"] == "opening"
    days = (run.customers.loc[opening, "acquired_at"] - run.month_starts[0]) / pd.Timedelta(days=1)
    return z_of_uniforms(days / (levers.opening_weeks * 7))


# How they buy


def purchases_come_at_their_pace(run: Run) -> float:
    """Repeat purchases against pace x time watched: a Poisson martingale, censoring and loss included."""
    table = histories(run)
    expected = table["pace"] * table["watched"]
    return z_of_sum(table["wait"].notna(), expected, expected)


def waits(run: Run) -> "pd.Series[float]":
    """Waits as uniforms: their distribution function, given that they ended before the horizon.

    Given that a purchase came before loss and horizon, its wait is exponential at the rate pace + hazard, cut
    off at the horizon.
    """
    table = histories(run)
    seen = table[table["wait"].notna()]
    rate = seen["pace"] + seen["hazard"]
    return np.expm1(-rate * seen["wait"]) / np.expm1(-rate * seen["left"])


def waits_are_exponential(run: Run) -> float:
    return z_of_uniforms(waits(run))


def waits_do_not_remember_the_one_before(run: Run) -> float:
    wait = waits(run)
    before = wait.groupby(histories(run)["customer_id"]).shift(1)
    return z_of_correlation(wait[before.notna()], before.dropna())


def waits_know_nothing_of_the_amount_before_them(run: Run) -> float:
    table = histories(run)
    wait = waits(run)
    return z_of_correlation(wait, (table["amount"] / table["mean"])[wait.index])


# How they are lost


def losses_come_as_often_as_coins_or_hazards_say(run: Run) -> float:
    """Sum of outcome minus p, or losses minus hazard x time watched.

    A coin counts 1 / (1 - p), which makes this the score for losses that are all too many by one factor: the
    most powerful weights against it.
    """
    table = histories(run)
    expected = table["hazard"] * table["watched"]
    weight = 1 / (1 - table["coin"])
    tossed = table["coin"] > 0
    outcome, p = table["lost"].where(tossed, 0), table["coin"]
    at_coins = ((outcome - p) * weight)[tossed].sum()
    in_time = table["lost"].where(~tossed, 0).sum() - expected.sum()
    return float((at_coins + in_time) / np.sqrt((p * weight)[tossed].sum() + expected.sum()))


def losses_know_nothing_of_the_wait_before_them(run: Run) -> float:
    """Outcome minus p at a coin against the wait that led to it."""
    table = histories(run)
    arrived = waits(run).rename(lambda row: row + 1).reindex(table.index)
    known = arrived.notna() & (table["coin"] > 0)
    p, centred = table["coin"][known], (arrived[known] - 0.5) * np.sqrt(12)
    residual = (table["lost"][known] - p) / np.sqrt(p * (1 - p))
    return z_of_sum(residual * centred, 0, np.ones(len(p)))


# What they spend


def baskets_follow_their_gamma(run: Run) -> float:
    table = histories(run)
    p = run.scenario.market.spend_shape
    return z_of_uniforms(special.gammainc(p, p * table["amount"] / table["mean"]))


def baskets_vary_within_a_customer(run: Run) -> float:
    """Pooled variance of log amounts within customers against trigamma(p)."""
    table = histories(run)
    p = run.scenario.market.spend_shape
    logs = np.log(table.loc[table["amount"] > 0, "amount"])
    within = logs.groupby(table["customer_id"]).agg(["var", "size"]).query("size > 1")
    variance, kurtosis = special.polygamma(1, p), special.polygamma(3, p) / special.polygamma(1, p) ** 2
    free = within["size"] - 1
    each = variance**2 * (2 / free + kurtosis / within["size"])
    return z_of_sum(free * within["var"], free * variance, free**2 * each)


# What the program does


def members_join_as_often_as_the_levers_say(run: Run) -> float:
    table = histories(run)
    could = table[~table["member"] | table["joined"]]
    q = _chance_to_join(run)[could["customer_id"]].to_numpy()
    return z_of_sum(could["joined"], q, q * (1 - q))


def big_spenders_join_more_readily_as_the_lever_says(run: Run) -> float:
    """Outcome minus chance against the standardised log spending: the score for the slope of selection."""
    table = histories(run)
    could = table[~table["member"] | table["joined"]]
    q = _chance_to_join(run)[could["customer_id"]].to_numpy()
    score = _spending_score(run)[could["customer_id"]].to_numpy()
    return z_of_sum(score * (could["joined"] - q), 0, score**2 * q * (1 - q))


def _chance_to_join(run: Run) -> "pd.Series[float]":
    """By customer: odds of the lever times exp(self_selection x standardised log spending)."""
    levers = run.scenario.loyalty
    log_odds = special.logit(levers.join_probability) + levers.self_selection * _spending_score(run)
    return 1 / (1 + np.exp(-log_odds))


def _spending_score(run: Run) -> "pd.Series[float]":
    """By customer: log of purchases a week x mean basket, less its mean in the market, over its sd there.

    The log of a Gamma(k, b) variate has mean digamma(k) - ln(b) and variance trigamma(k).
    """
    market, truth = run.scenario.market, run.truth.set_index("customer_id")
    rate, spread = np.log(truth["purchase_rate"]), special.polygamma(1, market.rate_shape)
    rate -= special.digamma(market.rate_shape) - np.log(market.rate_scale_weeks)
    basket = np.log(truth["basket_mean"] / market.spend_shape / market.spend_scale)
    basket += special.digamma(market.spend_heterogeneity)
    return (rate + basket) / np.sqrt(spread + special.polygamma(1, market.spend_heterogeneity))


def full_cards_are_redeemed_as_often_as_the_lever_says(run: Run) -> float:
    table = histories(run)
    q = run.scenario.loyalty.redemption_probability
    full = table["balance_before"] >= run.scenario.loyalty.reward_points
    return z_of_sum(table["reward"][full], full.sum() * q, full.sum() * q * (1 - q))


def waits_shorten_by_a_fifth_towards_the_reward(run: Run) -> float:
    """Purchases beyond those due, weighted by progress: the score for the goal gradient, against ln(1 / 0.8).

    Kivetz, Urminsky & Zheng (2006). Progress is centred: a pace that is wrong everywhere is no matter.
    """
    table = histories(run)
    published = program_pull(table, run, np.log(1 / 0.8))
    assumed = program_pull(table, run, run.scenario.loyalty.goal_gradient)
    due = table["pace"] * np.exp(published - assumed) * table["watched"]
    members = table["member"]
    due, progress, bought = due[members], table["progress"][members], table["wait"].notna()[members]
    weight = progress - np.average(progress, weights=due)
    return z_of_sum(weight * (bought - due), 0, weight**2 * due)


def redemptions_speed_as_much_as_the_lever_says(run: Run) -> float:
    """Purchases beyond those due, weighted by what is left of the momentum: the score for its strength."""
    table = histories(run)
    due, weight = table["pace"] * table["watched"], momentum(table)
    return z_of_sum(weight * (table["wait"].notna() - due), 0, weight**2 * due)


OF_TRAITS = (
    rates_follow_their_gamma,
    mean_baskets_follow_their_inverse_gamma,
    traits_are_independent,
    first_purchases_fill_the_opening_weeks_evenly,
    losses_know_nothing_of_the_wait_before_them,
)
OF_PURCHASES = (
    dropouts_follow_their_beta_or_gamma,
    purchases_come_at_their_pace,
    waits_are_exponential,
    waits_do_not_remember_the_one_before,
    waits_know_nothing_of_the_amount_before_them,
    losses_come_as_often_as_coins_or_hazards_say,
    baskets_follow_their_gamma,
    baskets_vary_within_a_customer,
)
OF_MEMBERS = (
    members_join_as_often_as_the_levers_say,
    big_spenders_join_more_readily_as_the_lever_says,
    full_cards_are_redeemed_as_often_as_the_lever_says,
    waits_shorten_by_a_fifth_towards_the_reward,
    redemptions_speed_as_much_as_the_lever_says,
)
