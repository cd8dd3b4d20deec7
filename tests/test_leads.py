"""Leads against the formulas: how many come, what the score knows, how long they wait, who buys."""

from math import factorial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from acquiring import MONTH, SEED, department, traits_by_key
from sim.levers import Sales
from sim.luck import Luck
from sim.scenario import Scenario, ScenarioError
from sim.world.acquisition import CHANNELS, SPENDING, customer_keys, first_discounts
from sim.world.leads import Contacts, Leads, converts, meet
from sim.world.traits import draw_posterior, draw_traits
from worlds import continued
from zscores import z_of_count, z_of_mean, z_of_sum, z_of_uniforms

WORST = 4.0

FOLLOWED_UP = {
    "acquisition.organic_leads_per_month": 460,
    "acquisition.organic_conversion": 0.5,
    "acquisition.paid_leads_ceiling": 500,
    "acquisition.paid_spend_per_month": 2000,
    "acquisition.paid_conversion": 0.2,
    "sales.representatives": 4,
    "sales.automated_share": 0.25,
    "sales.fit_to_conversion": 0.7,
    "sales.delay_to_conversion": 0.4,
    "sales.automated_to_conversion": 0.5,
}
NO_STRENGTH = Sales(fit_to_conversion=0, delay_to_conversion=0, automated_to_conversion=0, representatives=0)


@pytest.fixture(scope="module")
def followed() -> pd.DataFrame:
    return department(FOLLOWED_UP).work(36).followed()


def propensity(leads: pd.DataFrame) -> "pd.Series[float]":
    return (leads["fit"] + leads["intent"]) / np.sqrt(2)


# ---- how many


@pytest.mark.parametrize("channel", SPENDING)
@pytest.mark.parametrize("spend", [300, 2000, 20_000])
def test_spending_brings_as_many_leads_as_saturation_says(channel: str, spend: float) -> None:
    levers = {f"{channel}_spend_per_month": spend, f"{channel}_leads_ceiling": 900}
    company = department({f"acquisition.{name}": value for name, value in levers.items()}).work(48)
    leads = company.table("leads")
    assert set(leads["channel"]) == {CHANNELS.index(channel)}
    assert abs(z_of_count(len(leads), 48 * 900 * (1 - np.exp(-spend / 2000)))) < WORST


def test_channels_are_streams_of_their_own() -> None:
    levers = {f"acquisition.{name}_spend_per_month": 3000 for name in SPENDING}
    together = department(levers).work(12).table("leads")
    for name in SPENDING:
        alone = department({f"acquisition.{name}_spend_per_month": 3000}).work(12).table("leads")
        of_channel = together[together["channel"] == CHANNELS.index(name)].reset_index(drop=True)
        pd.testing.assert_frame_equal(of_channel, alone, check_exact=True)


@given(st.sampled_from(SPENDING), st.floats(0, 5000), st.floats(0, 5000), st.integers(0, 2**64 - 1))
def test_more_spending_keeps_every_former_customer(
    channel: str, spend: float, more: float, seed: int
) -> None:
    name = f"acquisition.{channel}_spend_per_month"
    before = traits_by_key(department({name: spend}, seed).work(2))
    after = traits_by_key(department({name: spend + more}, seed).work(2))
    pd.testing.assert_frame_equal(after.loc[before.index], before, check_exact=True)


# ---- what the score knows


@pytest.mark.parametrize("accuracy", [0, 0.3, 0.6, 0.95])
def test_the_score_correlates_with_propensity_as_its_accuracy_says(accuracy: float) -> None:
    leads = leads_at(np.zeros(20_000), accuracy)
    r = np.corrcoef(leads.score, leads.propensity)[0, 1]
    assert abs(np.arctanh(r) - np.arctanh(accuracy)) * np.sqrt(20_000 - 3) < WORST


def test_a_perfect_score_is_the_propensity() -> None:
    leads = leads_at(np.zeros(1000), 1.0)
    np.testing.assert_array_equal(leads.score, leads.propensity)


@pytest.mark.parametrize("feature", ["fit", "intent", "propensity", "score"])
def test_features_are_standard_normal(feature: str) -> None:
    assert abs(z_of_uniforms(special.ndtr(getattr(leads_at(np.zeros(20_000), 0.6), feature)))) < WORST


def leads_at(day: np.ndarray, accuracy: float = 0.6, conversion: float = 0.3) -> Leads:
    """Organic leads created on these days."""
    n = len(day)
    key, channel = customer_keys(1, np.arange(n)), np.full(n, 1, np.int8)
    return meet(accuracy, Luck(SEED), key, channel, day, np.full(n, conversion))


# ---- who buys


@given(st.floats(0, 1), st.integers(0, 2**64 - 1))
def test_without_strength_the_conversion_lever_alone_decides(conversion: float, seed: int) -> None:
    leads = leads_at(np.zeros(300), conversion=conversion)
    u = Luck(seed).uniform(9, leads.key)
    u[:3] = np.clip([conversion, np.nextafter(conversion, 0), np.nextafter(conversion, 1)], 1e-16, 1 - 1e-16)
    contacts = Contacts(leads, np.linspace(0, 90, 300), np.arange(300) % 2 == 0)
    np.testing.assert_array_equal(converts(NO_STRENGTH, contacts, 0.0, u), u < conversion)


@pytest.mark.parametrize("conversion", [0, 1])
def test_what_is_certain_stays_certain_whatever_the_strength(conversion: int) -> None:
    levers = {**FOLLOWED_UP, "acquisition.organic_conversion": conversion, "sales.delay_to_conversion": 3}
    leads = department({**levers, "sales.fit_to_conversion": 3}).work(6).followed()
    organic = leads[(leads["channel"] == 1) & leads["contacted"].notna()]
    assert len(organic) > 1000
    assert (organic["converted"] == bool(conversion)).all()


def expected_conversion(leads: pd.DataFrame) -> "pd.Series[float]":
    """The log-odds of the formula, written out."""
    hours = (leads["contacted"] - leads["day"]) * 24
    log_odds = (
        special.logit(leads["channel"].map({1: 0.5, 2: 0.2}))
        + 0.7 * propensity(leads)
        - 0.4 * np.log(1 + hours)
        - 0.5 * leads["automated"].astype(float)
    )
    return pd.Series(special.expit(log_odds), leads.index)


def z_of_conversion(leads: pd.DataFrame) -> float:
    p = expected_conversion(leads)
    return z_of_sum(leads["converted"].astype(float), p, p * (1 - p))


def test_leads_convert_by_the_formula(followed: pd.DataFrame) -> None:
    contacted = followed.dropna()
    assert len(contacted) > 20_000
    assert abs(z_of_conversion(contacted)) < WORST


@pytest.mark.parametrize("part", ["channel", "automated"])
def test_leads_convert_by_the_formula_in_every_group(part: str, followed: pd.DataFrame) -> None:
    for _, group in followed.dropna().groupby(part):
        assert abs(z_of_conversion(group)) < WORST


def test_leads_convert_by_the_formula_in_every_band_of_hours(followed: pd.DataFrame) -> None:
    contacted = followed.dropna()
    hours = (contacted["contacted"] - contacted["day"]) * 24
    bands = pd.cut(hours, [-1, 0, 1, 4, 12, 48, np.inf])
    scores = [z_of_conversion(band) for _, band in contacted.groupby(bands, observed=True)]
    assert len(scores) == 6
    assert np.abs(scores).max() < WORST


@pytest.mark.parametrize(
    ("strength", "reached"),
    [("delay_to_conversion", "contacted > day"), ("automated_to_conversion", "automated == True")],
)
def test_waits_and_machines_lose_buyers_only_among_those_they_reach(
    strength: str, reached: str, followed: pd.DataFrame
) -> None:
    without = department({**FOLLOWED_UP, f"sales.{strength}": 0}).work(36).followed()
    pd.testing.assert_series_equal(without["contacted"], followed["contacted"], check_exact=True)
    differs = without["converted"].ne(followed["converted"]) & followed["contacted"].notna()
    assert differs.sum() > 100
    assert without.loc[differs, "converted"].all()
    assert differs[differs].index.isin(followed.query(reached).index).all()


def test_without_strength_representatives_win_the_same_customers_only_later() -> None:
    plain = {**FOLLOWED_UP, "sales.fit_to_conversion": 0, "sales.delay_to_conversion": 0}
    plain |= {"sales.automated_to_conversion": 0, "sales.representatives": 40, "sales.automated_share": 0}
    by_themselves = traits_by_key(department({**plain, "sales.representatives": 0}).work(6))
    by_hand = traits_by_key(department(plain).work(6))
    both = by_themselves.index.intersection(by_hand.index)
    assert len(both) == len(by_hand) > 0.99 * len(by_themselves)
    later = by_hand["acquired_at"] - by_themselves.loc[both, "acquired_at"]
    assert (later >= 0).all()
    same = ["channel", "rate", "spend_rate", "premium", "dropout"]
    pd.testing.assert_frame_equal(by_hand[same], by_themselves.loc[both, same], check_exact=True)


@pytest.mark.parametrize("lever", ["sales.score_accuracy", "sales.automated_share", "sales.wage_per_hour"])
def test_without_representatives_and_strength_features_leave_no_trace(lever: str) -> None:
    plain = {**FOLLOWED_UP, "sales.representatives": 0, "sales.fit_to_conversion": 0}
    one, other = (department({**plain, lever: value}).work(6) for value in (0, 1))
    pd.testing.assert_frame_equal(traits_by_key(one), traits_by_key(other), check_exact=True)
    pd.testing.assert_frame_equal(one.table("contacts"), other.table("contacts"), check_exact=True)


def test_first_purchases_are_at_the_moment_of_the_contact() -> None:
    company = department(FOLLOWED_UP).work(6)
    won = company.followed().query("converted == True").set_index("key").sort_index()
    customers = traits_by_key(company)
    np.testing.assert_array_equal(customers.index, won.index)
    np.testing.assert_array_equal(customers["acquired_at"], won["contacted"])
    np.testing.assert_array_equal(customers["next_purchase"], won["contacted"])
    np.testing.assert_array_equal(customers["channel"], won["channel"])


# ---- the desk


def test_without_representatives_every_lead_decides_at_once() -> None:
    leads = department({**FOLLOWED_UP, "sales.representatives": 0}).work(6).followed()
    assert (leads["contacted"] == leads["day"]).all()
    assert not leads["automated"].any()


def test_machines_contact_their_share_at_once(followed: pd.DataFrame) -> None:
    machine = followed["automated"].eq(True)
    assert (followed.loc[machine, "contacted"] == followed.loc[machine, "day"]).all()
    assert abs(z_of_sum(machine, len(machine) * 0.25, len(machine) * 0.25 * 0.75)) < WORST


def test_nobody_is_contacted_before_creation_or_twice(followed: pd.DataFrame) -> None:
    contacted = followed.dropna()
    assert (contacted["contacted"] >= contacted["day"]).all()
    assert (contacted["contacted"] <= 36 * MONTH).all()
    assert contacted["key"].is_unique


def test_the_best_score_that_waits_is_contacted_first() -> None:
    levers = {"acquisition.organic_leads_per_month": 300, "sales.representatives": 1}
    leads = department(levers).work(3).followed()
    contacted = leads.dropna().sort_values("contacted")
    assert len(contacted) > 300
    in_a_queue = 0
    for one in contacted.itertuples():
        waiting = leads[(leads["day"] <= one.contacted) & ~(leads["contacted"] < one.contacted)]
        in_a_queue += len(waiting) > 1
        assert one.score == waiting["score"].max()
    assert in_a_queue > 200


def test_leads_still_waiting_are_contacted_in_a_later_month_or_never() -> None:
    levers = {"acquisition.organic_leads_per_month": 170, "sales.representatives": 1}
    leads = department(levers).work(12).followed()
    waited = leads.dropna()
    assert (np.floor(waited["contacted"] / MONTH) > np.floor(waited["day"] / MONTH)).any()
    assert leads["contacted"].isna().any()
    never = leads["contacted"].isna()
    assert leads.loc[never, "score"].mean() < leads.loc[~never, "score"].mean()


def erlang_c_wait(agents: int, arrivals: float, service: float) -> float:
    """Mean wait of M/M/c, in the unit of time of the rates; Erlang (1917)."""
    load = arrivals / service
    busy = load**agents / factorial(agents) * agents / (agents - load)
    all_busy = busy / (sum(load**k / factorial(k) for k in range(agents)) + busy)
    return all_busy / (agents * service - arrivals)


@pytest.mark.parametrize(("representatives", "load"), [(1, 0.6), (3, 0.8)])
def test_the_mean_wait_is_erlangs_whatever_the_order(representatives: int, load: float) -> None:
    """An order that knows nothing of the work leaves the mean wait of M/M/c as it is."""
    levers = {
        "acquisition.organic_leads_per_month": load * representatives * 160 / 4,
        "sales.representatives": representatives,
        "sales.hours_per_lead": 4,
    }
    leads = department(levers).work(372).followed()
    settled = leads[(leads["day"] > 6 * MONTH) & (leads["day"] <= 366 * MONTH)]
    wait = (settled["contacted"] - settled["day"]) / MONTH
    year = ((settled["day"] - 6 * MONTH) // (12 * MONTH)).astype(int)
    arrivals, service = load * representatives * 40, 40
    excess = (wait - erlang_c_wait(representatives, arrivals, service)).groupby(year).sum()
    assert len(excess) == 30
    assert abs(z_of_mean(excess, 0.0)) < WORST


# ---- what it costs


def test_costs_of_leads_add_up_to_the_invoices() -> None:
    company = department({**FOLLOWED_UP, "acquisition.trial_spend_per_month": 700}).work(12)
    leads, invoices = company.table("leads"), company.table("invoices")
    marketing = invoices[invoices["account"] == 0]
    by_lead = leads.groupby(["channel", leads["day"] // MONTH])["cost"].sum()
    assert (by_lead.drop(1) > 0).all()
    assert by_lead.loc[1].eq(0).all()
    by_month = marketing.set_index(["channel", marketing["day"].div(MONTH).round()])["amount"]
    np.testing.assert_allclose(by_lead.drop(1).to_numpy(), by_month.sort_index().to_numpy(), rtol=1e-12)


def test_every_month_pays_for_marketing_by_channel_and_for_the_wages_in_sales() -> None:
    levers = {"acquisition.deal_spend_per_month": 250, "acquisition.paid_spend_per_month": 100}
    levers |= {"sales.representatives": 3, "sales.wage_per_hour": 20}
    invoices = department(levers).work(2).table("invoices")
    rows = [(0, 2, 100.0), (0, 4, 250.0), (1, -1, 3 * 160 * 20.0)]
    expected = [(day, *row) for day in (0.0, MONTH) for row in rows]
    assert list(invoices[["day", "account", "channel", "amount"]].itertuples(index=False)) == expected


def test_what_costs_nothing_has_no_invoice() -> None:
    assert department({"acquisition.organic_leads_per_month": 50}).work(3).table("invoices").empty


# ---- whom the channels bring


KEYS = customer_keys(0, np.arange(20_000))
QUALITY = {
    "extension.costly_share": 0.2,
    "acquisition.trial_to_loss": 0.9,
    "acquisition.deal_to_loss": 0.4,
    "acquisition.deal_to_basket": 0.1,
    "word_of_mouth.referral_to_loss": 0.2,
    "word_of_mouth.referral_to_basket": 0.15,
}


def traits_of(channel: str, **market: object) -> dict[str, np.ndarray]:
    """Traits of the same people, had they come through this channel."""
    scenario = Scenario().change({**QUALITY, **{f"market.{name}": value for name, value in market.items()}})
    return draw_traits(scenario, Luck(SEED), KEYS, np.full(len(KEYS), CHANNELS.index(channel), np.int8))


@pytest.mark.parametrize("churn_model", ["bg/nbd", "sbg"])
@pytest.mark.parametrize(("channel", "shift"), [("trial", 0.9), ("deal", 0.4), ("referral", -0.2)])
def test_a_channel_multiplies_its_customers_odds_of_dropout(
    churn_model: str, channel: str, shift: float
) -> None:
    usual, shifted = (traits_of(name, churn_model=churn_model)["dropout"] for name in ("organic", channel))
    odds_ratio = shifted / usual * (1 - usual) / (1 - shifted)
    inside = usual < 0.999  # beyond, 1 - p has too few digits left to tell
    np.testing.assert_allclose(odds_ratio[inside], np.exp(shift), rtol=1e-11)


@pytest.mark.parametrize(("channel", "shift"), [("trial", 0.9), ("deal", 0.4), ("referral", -0.2)])
def test_a_channel_multiplies_its_customers_hazard(channel: str, shift: float) -> None:
    usual, shifted = (traits_of(name, churn_model="pareto/nbd")["dropout"] for name in ("paid", channel))
    np.testing.assert_allclose(shifted / usual, np.exp(shift), rtol=1e-14)


def test_deals_bring_smaller_baskets_and_referrals_a_premium() -> None:
    usual, deal, referral = (traits_of(name) for name in ("organic", "deal", "referral"))
    np.testing.assert_allclose(usual["spend_rate"] / deal["spend_rate"], np.exp(-0.1), rtol=1e-14)
    np.testing.assert_array_equal(referral["spend_rate"], usual["spend_rate"])
    assert (referral["premium"] == 0.15).all()
    assert not usual["premium"].any() and not deal["premium"].any()


@pytest.mark.parametrize("churn_model", ["bg/nbd", "pareto/nbd", "sbg"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_at_strength_0_every_channel_brings_the_same_people(channel: str, churn_model: str) -> None:
    scenario = Scenario().base().change({"market.churn_model": churn_model})
    usual, other = (
        draw_traits(scenario, Luck(SEED), KEYS, np.full(len(KEYS), CHANNELS.index(name), np.int8))
        for name in ("opening", channel)
    )
    for name, values in usual.items():
        np.testing.assert_array_equal(other[name], values, err_msg=name)


def test_contracts_are_not_renewed_with_beta_distributed_probability() -> None:
    theta = traits_of("organic", churn_model="sbg", renewal_alpha=0.7, renewal_beta=1.2)["dropout"]
    assert abs(z_of_uniforms(stats.beta.cdf(theta, 0.7, 1.2))) < WORST


def test_a_log_is_not_continued_with_contracts() -> None:
    with pytest.raises(ScenarioError, match=r"market.churn_model is 'sbg'; allowed: 'bg/nbd' or"):
        continued("bg/nbd").change({"market.churn_model": "sbg"})


def test_one_in_five_customers_is_costly_also_among_those_taken_over() -> None:
    costly = traits_of("opening")["is_costly"]
    assert abs(z_of_sum(costly, len(KEYS) * 0.2, len(KEYS) * 0.2 * 0.8)) < WORST
    scenario = continued("bg/nbd").change({"extension.costly_share": 0.2})
    assert scenario.starting_customers is not None
    taken_over = draw_posterior(scenario, Luck(SEED), KEYS[:80], scenario.starting_customers)
    np.testing.assert_array_equal(taken_over["is_costly"], costly[:80])


def test_trials_give_the_first_purchase_away_and_deals_a_part_of_it() -> None:
    used = {"acquisition.trial_spend_per_month": 1, "acquisition.deal_spend_per_month": 1}
    levers = Scenario().change({"acquisition.deal_discount": 0.35, **used}).acquisition
    by_name = dict(zip(CHANNELS, first_discounts(levers), strict=True))
    assert by_name == {**dict.fromkeys(CHANNELS, 0.0), "trial": 1.0, "deal": 0.35}
