"""What customers tell others: promoters at heart refer leads, detractors at heart cost conversions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from acquiring import MONTH, SEED, Department, department, traits_by_key
from sim.luck import Luck
from sim.scenario import Scenario
from sim.world import acquisition
from sim.world.acquisition import CHANNELS, WordOfMouth
from sim.world.customers import NEVER, Customers
from zscores import z_of_count, z_of_sum, z_of_uniforms

WORST = 4.0
TALK = {"word_of_mouth.referrals_per_promoter": 0.1, "word_of_mouth.referral_conversion": 0.4}


def people(satisfaction: object, **columns: object) -> Customers:
    """Active customers with these satisfactions, numbered from 1."""
    customers = Customers()
    felt = np.asarray(satisfaction, float)
    given = {name: np.asarray(values) for name, values in columns.items()}
    bought = {"purchases": np.full(len(felt), 2), "last_purchase": np.zeros(len(felt))}
    customers.admit(
        len(felt), **{"key": np.arange(1, len(felt) + 1), "satisfaction": felt, **bought, **given}
    )
    return customers


def talk(levers: dict[str, object], customers: Customers, seed: int = SEED) -> WordOfMouth:
    return WordOfMouth(Scenario().base().change(levers), Luck(seed), customers)


def months_of_talk(
    probability: float, customers: Customers, months: int, seed: int = SEED
) -> dict[int, dict[int, float]]:
    """By month, the days on which each referred person comes; all say the same every month."""
    word = talk({"word_of_mouth.referrals_per_promoter": probability}, customers, seed)
    heard = {}
    for month in range(months):
        word.listen(month * MONTH)
        key, day = word.leads(month, month * MONTH, (month + 1) * MONTH)
        heard[month] = dict(zip(key.tolist(), day.tolist(), strict=True))
    return heard


# ---- referrals


@pytest.mark.parametrize("probability", [0.01, 0.1, 0.6])
def test_promoters_refer_as_often_as_the_lever_says(probability: float) -> None:
    heard = months_of_talk(probability, people(np.full(3000, 9.0)), 12)
    trials = 3000 * 12
    count = sum(map(len, heard.values()))
    assert abs(z_of_sum(count, trials * probability, trials * probability * (1 - probability))) < WORST


def test_referred_leads_come_on_any_day_of_the_month_alike() -> None:
    heard = months_of_talk(0.3, people(np.full(3000, 9.0)), 12)
    share = [day / MONTH - month for month, days in heard.items() for day in days.values()]
    assert abs(z_of_uniforms(share)) < WORST


@pytest.mark.parametrize(
    ("who", "satisfaction", "columns"),
    [
        ("passives", 8.5, {}),
        ("people who never bought", 9.5, {"purchases": [0]}),
        ("lost customers", 9.5, {"churned_at": [3.0]}),
    ],
)
def test_only_active_promoters_refer(who: str, satisfaction: float, columns: dict[str, list[float]]) -> None:
    silent = {name: values * 500 for name, values in columns.items()}
    for customers, refer in ((people([satisfaction] * 500, **silent), 0), (people([8.6] * 500), 500)):
        word = talk({"word_of_mouth.referrals_per_promoter": 1}, customers)
        word.listen(10.0)
        assert len(word.leads(0, 10.0, 40.0)[0]) == refer, who


def test_a_customer_whose_loss_lies_ahead_still_refers() -> None:
    word = talk({"word_of_mouth.referrals_per_promoter": 1}, people([9.0], churned_at=[11.0]))
    word.listen(10.0)
    assert len(word.leads(0, 10.0, 40.0)[0]) == 1


def test_what_was_heard_counts_until_the_next_time_is_listened() -> None:
    customers = people([9.0] * 10)
    word = talk({"word_of_mouth.referrals_per_promoter": 1}, customers)
    assert len(word.leads(0, 0.0, 30.0)[0]) == 0
    word.listen(29.0)
    assert len(word.leads(1, 30.0, 60.0)[0]) == 10
    customers.satisfaction[:] = 5.0
    word.listen(59.0)
    assert len(word.leads(2, 60.0, 90.0)[0]) == 0


@given(
    st.integers(0, 2**64 - 1),
    st.floats(0.01, 0.5),
    st.floats(0, 0.5),
    st.lists(st.booleans(), min_size=300, max_size=300),
)
def test_in_twin_worlds_the_same_promoter_meets_the_same_people(
    seed: int, probability: float, more: float, moved: list[bool]
) -> None:
    """More promoters, and more talkative ones: everybody referred before is referred again, the same day."""
    few = np.where(moved, 7.0, 9.0)
    before = months_of_talk(probability, people(few), 4, seed)
    after = months_of_talk(probability + more, people(np.full(300, 9.0)), 4, seed)
    for month, days in before.items():
        assert days.items() <= after[month].items()


def test_referred_people_have_keys_of_their_own() -> None:
    heard = months_of_talk(0.5, people(np.full(3000, 9.0)), 12)
    keys = [key for days in heard.values() for key in days]
    assert len(set(keys)) == len(keys)
    assert all(4 * 10**15 <= key < 5 * 10**15 for key in keys)
    assert abs(z_of_uniforms(np.array(keys) / 10**15 - 4)) < WORST


def test_somebody_whom_two_promoters_know_comes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acquisition, "_REFERRED_KEYS", 1000)
    heard = months_of_talk(0.5, people(np.full(200, 9.0)), 10)
    keys = [key for days in heard.values() for key in days]
    assert len(set(keys)) == len(keys)
    known = 1000 * (1 - np.exp(-200 * 0.5 * 10 / 1000))  # of 1000 people, after 1000 referrals
    assert abs(z_of_count(len(keys), known)) < WORST


# ---- detractors


def drag(customers: Customers, now: float = 400.0, talk_of_parted: float = 3.0) -> float:
    levers = {"word_of_mouth.detractor_drag": 2.0, "extension.termination_talk": talk_of_parted}
    word = talk(levers, customers)
    word.listen(now)
    return word.drag


def test_drag_is_the_strength_times_the_share_of_detractors() -> None:
    customers = people(
        [6.4, 6.5, 7.0, 9.0, 1.0, 1.0],
        purchases=[1, 1, 1, 1, 0, 5],
        churned_at=[NEVER, NEVER, NEVER, 500.0, NEVER, 399.0],
    )
    assert drag(customers) == 2.0 * 1 / 4


def test_parted_customers_talk_for_a_year() -> None:
    felt, lost = [7.0] * 20 + [5.0] * 3, [NEVER] * 20 + [30.0, 100.0, 400.0]
    parted = [NEVER] * 20 + [30.0, 100.0, 400.0]
    customers = people(felt, churned_at=lost, terminated_at=parted)
    assert drag(customers, now=400.0) == pytest.approx(2.0 * 3 * 2 / 20)
    assert drag(customers, now=464.9) == pytest.approx(2.0 * 3 * 2 / 20)
    assert drag(customers, now=465.0) == pytest.approx(2.0 * 3 * 1 / 20)


def test_the_share_of_detractors_is_at_most_1() -> None:
    customers = people([5.0, 5.0], churned_at=[NEVER, 390.0], terminated_at=[NEVER, 390.0])
    assert drag(customers, talk_of_parted=100) == 2.0


def test_nobody_active_drags_nothing() -> None:
    assert drag(Customers()) == 0.0
    assert drag(people([1.0], churned_at=[3.0], terminated_at=[390.0])) == 0.0


def test_detractors_divide_the_odds_of_conversion() -> None:
    levers = {"acquisition.organic_leads_per_month": 20_000, "acquisition.organic_conversion": 0.3}
    company = department({**levers, "word_of_mouth.detractor_drag": 2.0})
    company.customers.admit(4, key=np.arange(4), purchases=np.ones(4), satisfaction=[5.0, 6.0, 7.0, 9.0])
    company.acquisition.listen(0.0)
    bought = company.work(1).table("contacts")["converted"]
    p = special.expit(special.logit(0.3) - 2.0 * 0.5)
    assert abs(z_of_sum(bought, len(bought) * p, len(bought) * p * (1 - p))) < WORST


# ---- in the department


def company_of_promoters(levers: dict[str, object], seed: int = SEED) -> Department:
    """A thousand opening customers who have bought once and are delighted."""
    company = department({"acquisition.opening_customers": 1000, **levers}, seed)
    company.acquisition.open()
    company.customers.purchases[:] = 1
    company.customers.satisfaction[:] = 9.0
    return company


def a_year(company: Department) -> Department:
    for month in range(12):
        company.acquisition.listen(month * MONTH)
        company.work(1)
    return company


def test_referred_leads_become_customers_of_their_channel() -> None:
    levers = {**TALK, "word_of_mouth.referral_to_basket": 0.15}
    company = a_year(company_of_promoters(levers))
    leads, customers = company.followed(), traits_by_key(company)
    assert (leads["channel"] == CHANNELS.index("referral")).all()
    assert (leads["cost"] == 0).all()
    n = len(leads)
    assert abs(z_of_sum(n, 12_000 * 0.1, 12_000 * 0.1 * 0.9)) < WORST
    assert abs(z_of_sum(leads["converted"].astype(float), n * 0.4, n * 0.4 * 0.6)) < WORST
    referred = customers[customers["channel"] == CHANNELS.index("referral")]
    np.testing.assert_array_equal(referred.index, np.sort(leads.loc[leads["converted"], "key"]))
    assert (referred["premium"] == 0.15).all()


def test_referred_leads_wait_for_representatives_like_all_others() -> None:
    levers = {**TALK, "sales.representatives": 1, "sales.hours_per_lead": 1}
    leads = a_year(company_of_promoters(levers)).followed()
    by_hand = leads.dropna()
    assert len(by_hand) > 1000
    assert (by_hand["contacted"] > by_hand["day"] + 1 / 24).mean() > 0.2


def test_at_strength_0_listening_leaves_no_trace() -> None:
    levers = {"acquisition.organic_leads_per_month": 100, "extension.termination_talk": 100}
    heard, deaf = (company_of_promoters(levers) for _ in range(2))
    for company in (heard, deaf):
        company.customers.satisfaction[::2] = 2.0
    a_year(heard)
    deaf.work(12)
    pd.testing.assert_frame_equal(traits_by_key(heard), traits_by_key(deaf), check_exact=True)
    for table in ("leads", "contacts", "invoices"):
        pd.testing.assert_frame_equal(heard.table(table), deaf.table(table), check_exact=True)


def test_referrals_leave_the_customers_of_other_channels_as_they_are() -> None:
    levers = {"acquisition.organic_leads_per_month": 100}
    with_talk, without = a_year(company_of_promoters({**levers, **TALK})), company_of_promoters(levers)
    alone = traits_by_key(a_year(without))
    pd.testing.assert_frame_equal(traits_by_key(with_talk).loc[alone.index], alone, check_exact=True)
