"""Tiers against stories worked by hand and a plain loop; priority against queueing theory; twins."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

import sim
from sim import Run
from sim.luck import Luck
from sim.scenario import Scenario
from sim.world.customers import Customers
from sim.world.experience import BEST, WORST, Experience
from sim.world.journal import ACCOUNTS, RESPONSES, TOUCHES, Journal
from sim.world.loyalty.privileges import TIERS, Privileges
from sim.world.purposes import DELIGHT, FAILURE, VISIT
from sim.world.service import Service
from sim.world.simulate import month_edges
from sim.world.visit import Visit
from twins import others_leave_no_trace
from visits import visit_of
from worlds import NO_QUEUE, NO_SHARED, SEED, forces
from zscores import z_of_mean

Floats = NDArray[np.float64]
Levers = Mapping[str, object]

CALENDAR = Scenario().change({"clock.months": 60})
STATEMENTS = month_edges(CALENDAR)[1:] - 1
EFFECTS = (
    *("benefit_delight", "status_to_loss", "status_to_pace", "status_to_commitment"),
    *("promotion_joy", "demotion_pain", "envy", "benefit_cost", "priority_level"),
)
SPENDS = {"silver_spend": 100.0, "gold_spend": 200.0, "platinum_spend": 400.0}


def terms(levers: Levers) -> Scenario:
    """Privileges with these levers and no other mechanism."""
    return CALENDAR.base().change({f"privileges.{name}": value for name, value in levers.items()})


@dataclass
class Bench:
    """Tiers with their members, and what a test does with them."""

    tool: Privileges
    customers: Customers
    journal: Journal

    def visit(self, who: NDArray, time: float, amount: ArrayLike = 1.0, returned: ArrayLike = False) -> Visit:
        """A purchase of each of `who`, not yet made."""
        return visit_of(who, time, amount=amount, returned=returned)

    def buy(self, time: float, amount: ArrayLike, returned: ArrayLike = False) -> Visit:
        """Everybody buys."""
        visit = self.visit(np.arange(len(self.customers)), time, amount, returned)
        self.tool.price(visit)
        self.tool.reward(visit)
        self.customers.last_purchase[:] = visit.time
        return visit

    def month(self, number: int, amount: ArrayLike, returned: ArrayLike = False) -> list[int]:
        """Everybody buys in this month; the tiers after its statement."""
        self.buy(STATEMENTS[number] - 3, amount, returned)
        self.tool.statement(number, STATEMENTS[number])
        return [int(tier) for tier in self.customers.tier]

    def touches(self) -> pd.DataFrame:
        return pd.DataFrame(self.journal.read("touchpoints"))


def bench(size: int, *later: Levers, **levers: object) -> Bench:
    """So many members since the day before the start; effects that are not given are off."""
    customers, journal = Customers(), Journal()
    customers.admit(
        size, key=1 + np.arange(size), member_since=np.full(size, -1.0), satisfaction=np.full(size, 8.0)
    )
    all_terms = [terms(one) for one in (levers, *later)]
    return Bench(Privileges(all_terms, customers, journal), customers, journal)


def story(spending: list[float], **levers: object) -> list[int]:
    """The tiers of one member after each statement."""
    desk = bench(1, **levers)
    return [desk.month(number, amount)[0] for number, amount in enumerate(spending)]


# Tiers by hand


ROLLING = [50.0, 0, 150, 100, 0, 0, 0, 0, 0]
FALLING = [400.0, 0, 0, 100, 0, 0, 0]


@pytest.mark.parametrize(
    ("spending", "levers", "tiers"),
    [
        pytest.param(
            *(ROLLING, {"period_months": 3, "validity_months": 2}, [0, 0, 2, 2, 2, 2, 1, 1, 0]), id="rolling"
        ),
        pytest.param(
            ROLLING,
            {"period": "calendar", "period_months": 3, "validity_months": 2},
            [0, 0, 2, 2, 1, 1, 1, 0, 0],
            id="calendar",
        ),
        pytest.param(
            ROLLING,
            {"landing": "reset", "period_months": 3, "validity_months": 2},
            [0, 0, 2, 2, 2, 2, 0, 0, 0],
            id="rolling and reset",
        ),
        pytest.param(
            *(FALLING, {"period_months": 3, "validity_months": 1}, [3, 3, 3, 2, 1, 1, 0]), id="soft landing"
        ),
        pytest.param(
            FALLING,
            {"landing": "reset", "period_months": 3, "validity_months": 1},
            [3, 3, 3, 1, 1, 1, 0],
            id="reset to what was qualified for",
        ),
        pytest.param(
            [400.0, 0, 0],
            {"gold_spend": 0, "period_months": 1, "validity_months": 1},
            [3, 1, 0],
            id="soft landing past a level that does not exist",
        ),
        pytest.param(
            [150.0, 0, 0],
            {"silver_spend": 500, "gold_spend": 100, "period_months": 1, "validity_months": 1},
            [2, 1, 0],
            id="gold is easier than silver",
        ),
        pytest.param(
            [250.0, 0, 0, 0, 100, 0, 0, 0],
            {"period_months": 1, "validity_months": 3},
            [2, 2, 2, 1, 1, 1, 1, 0],
            id="who qualifies for the present level renews it",
        ),
    ],
)
def test_tiers_are_those_worked_out_by_hand(spending: list[float], levers: Levers, tiers: list[int]) -> None:
    assert story(spending, **{**SPENDS, **levers}) == tiers


def test_a_tier_is_kept_for_the_period_and_then_for_its_validity() -> None:
    assert story([100.0] + [0.0] * 40, silver_spend=100) == [1] * (11 + 12) + [0] * 18


def test_spending_to_the_cent_is_enough() -> None:
    desk = bench(1, silver_spend=0.3)
    desk.buy(1.0, 0.1)
    desk.buy(2.0, 0.1)
    assert desk.month(0, 0.1) == [1]
    assert bench(1, silver_spend=0.3).month(0, 0.29) == [0]


def test_what_is_returned_does_not_qualify_and_what_is_taken_off_neither() -> None:
    desk = bench(3, silver_spend=100)
    visit = desk.visit(np.arange(3), 1.0, 100.0, np.array([False, True, False]))
    visit.records["discount"][2] = 0.01
    desk.tool.reward(visit)
    assert desk.month(0, 0.0) == [1, 0, 0]


def test_spending_counts_from_the_purchase_of_joining_on() -> None:
    desk = bench(3, silver_spend=100)
    day = STATEMENTS[0] - 3
    desk.customers.member_since[:] = (day, day + 0.5, np.inf)
    assert desk.month(0, 100.0) == [1, 0, 0]


def test_purchases_of_the_statements_day_belong_to_the_next_one() -> None:
    customers = bench(1, silver_spend=100)
    assert customers.month(0, 0.0) == [0]
    customers.buy(STATEMENTS[0] + 0.5, 100.0)
    assert customers.month(1, 0.0) == [1]


@pytest.mark.parametrize("launch", [0, 6])
def test_what_members_paid_before_a_launch_counts(launch: int) -> None:
    desk = bench(1, period_months=3)
    for number in range(launch):
        assert desk.month(number, 40.0) == [0]
    desk.tool.change(terms({"silver_spend": 100, "period_months": 3}))
    assert desk.month(launch, 40.0) == [1 if launch else 0]


def test_a_level_abolished_is_lost_at_the_next_statement() -> None:
    desk = bench(1, **SPENDS)
    assert desk.month(0, 500.0) == [3]
    desk.tool.change(terms({**SPENDS, "platinum_spend": 0}))
    assert desk.customers.tier.tolist() == [3]
    assert desk.month(1, 0.0) == [2]
    desk.tool.change(terms({}))
    assert desk.month(2, 500.0) == [0]
    assert [TOUCHES[kind] for kind in desk.touches()["kind"]] == ["promotion", "demotion", "demotion"]


def test_members_whose_end_is_on_record_are_neither_told_nor_paid_for() -> None:
    desk = bench(3, silver_spend=100, benefit_cost=2.0)
    desk.month(0, 100.0)
    desk.customers.cancelled_at[0] = desk.customers.terminated_at[1] = STATEMENTS[0] + 1
    desk.tool.change(terms({"benefit_cost": 2.0}))
    assert desk.month(1, 0.0) == [1, 1, 0]
    assert desk.touches()["row"].tolist() == [0, 1, 2, 2]
    assert desk.journal.read("invoices")["amount"].tolist() == [2.0]


@dataclass
class Member:
    """One member's tiers in plain Python: what was paid, month by month, in cents."""

    cents: list[int]
    tier: int = 0
    left: int = 0  # statements until the tier runs out

    def statement(self, levers: Mapping[str, object]) -> int:
        """The tier after the statement of the latest month."""
        spend = [0, *(levers.get(f"{name}_spend", 0.0) for name in TIERS[1:])]
        exist = [level for level in range(4) if not level or spend[level] > 0]
        qualified = max(level for level in exist if self._spent(levers) >= spend[level] * 100)
        self.tier = max(level for level in exist if level <= self.tier)
        self.left -= 1
        if self.tier and self.left == 0:
            below = max(level for level in exist if level < self.tier)
            self.tier = max(qualified, below if levers["landing"] == "soft" else 0)
            self.left = levers["validity_months"]
        if qualified >= self.tier:
            self.tier, self.left = qualified, levers["validity_months"]
        return self.tier

    def _spent(self, levers: Mapping[str, object]) -> int:
        months = levers["period_months"]
        if levers["period"] == "calendar":
            months = (len(self.cents) - 1) % months + 1
        return sum(self.cents[-months:])


spends = st.sampled_from([0.0, 0.0, 50.0, 99.99, 100.0, 250.5, 400.0])
rules = st.fixed_dictionaries(
    {
        **dict.fromkeys(SPENDS, spends),
        "period": st.sampled_from(["rolling", "calendar"]),
        "period_months": st.integers(1, 5),
        "validity_months": st.integers(1, 5),
        "landing": st.sampled_from(["soft", "reset"]),
    }
)
payments = st.lists(st.sampled_from([0, 0, 0, 1, 5000, 9999, 10_000, 25_050, 60_000]), min_size=4, max_size=4)


@given(
    st.lists(payments, min_size=1, max_size=24),
    rules,
    st.dictionaries(st.integers(1, 23), rules, max_size=3),
)
def test_tiers_are_those_of_a_plain_loop_over_members_whatever_the_terms_and_their_changes(
    months: list[list[int]], first: dict[str, object], later: dict[int, dict[str, object]]
) -> None:
    desk = bench(4, *later.values(), **first)
    members, levers = [Member([]) for _ in range(4)], first
    for number, cents in enumerate(months):
        if number in later:
            levers = later[number]
            desk.tool.change(terms(levers))
        for member, paid in zip(members, cents, strict=True):
            member.cents.append(paid)
        expected = [member.statement(levers) for member in members]
        assert desk.month(number, np.array(cents) / 100) == expected


# What tiers bring and cost


def test_promotion_and_demotion_are_felt_per_level_and_recorded() -> None:
    desk = bench(1, **SPENDS, period_months=1, validity_months=1, promotion_joy=0.5, demotion_pain=1.5)
    desk.customers.commitment[:], desk.customers.trust[:] = 0.7, 0.6
    felt = []
    for number, spent in enumerate([250.0, 450.0, 0.0, 0.0, 0.0, 0.0]):
        desk.month(number, spent)
        felt.append(desk.customers.satisfaction[0])
    assert felt == [9.0, 9.5, 8.0, 6.5, 5.0, 5.0]
    assert (desk.customers.commitment[0], desk.customers.trust[0]) == (0.7, 0.6)
    touches = desk.touches()
    np.testing.assert_array_equal(touches["day"], STATEMENTS[:5])
    assert [TOUCHES[kind] for kind in touches["kind"]] == ["promotion"] * 2 + ["demotion"] * 3
    assert (touches["product"] == -1).all()
    assert (touches["response"] == RESPONSES.index("none")).all()


def test_nobody_feels_more_than_can_be_felt() -> None:
    desk = bench(2, silver_spend=100, period_months=1, validity_months=1, promotion_joy=9, demotion_pain=9)
    desk.customers.satisfaction[:] = (BEST - 1, WORST - 9)
    desk.month(0, np.array([100.0, 0.0]))
    assert desk.customers.satisfaction.tolist() == [BEST, WORST - 9]
    desk.customers.satisfaction[0] = WORST + 1
    desk.month(1, 0.0)
    assert desk.customers.satisfaction[0] == WORST


def test_only_those_who_may_act_on_a_new_tier_are_considered_again() -> None:
    for effect in EFFECTS:
        desk = bench(3, silver_spend=100, **{effect: 1})
        desk.buy(1.0, np.array([100.0, 0.0, 100.0]))
        rows = desk.tool.statement(0, STATEMENTS[0]).tolist()
        acts = effect in ("status_to_loss", "status_to_pace", "promotion_joy", "demotion_pain")
        assert rows == ([0, 2] if acts else [])


def tiered(**levers: object) -> Bench:
    """Four members who hold the levels 0 to 3."""
    desk = bench(4, **SPENDS, **levers)
    assert desk.month(0, np.array([0.0, 100.0, 200.0, 400.0])) == [0, 1, 2, 3]
    return desk


def test_status_speeds_and_holds_per_level_and_the_cards_of_rivals_dilute_the_pace() -> None:
    desk = tiered(status_to_pace=0.06, status_to_loss=0.3)
    desk.customers.dilution[3] = 0.5
    pull, hold = forces(desk.tool, np.array([3, 2, 0]), 40.0)
    np.testing.assert_allclose(pull, [0.09, 0.12, 0])
    np.testing.assert_allclose(hold, [0.9, 0.6, 0])


def test_privileges_delight_per_level() -> None:
    desk = tiered(benefit_delight=0.2)
    np.testing.assert_allclose(desk.buy(40.0, 1.0).favour, [0, 0.2, 0.4, 0.6])


def test_status_shifts_the_commitment_that_members_tend_to() -> None:
    desk = tiered(status_to_commitment=0.7)
    levers = {"privileges.status_to_commitment": 0.7, "experience.commitment_speed": 1}
    scenario = CALENDAR.base().change({**levers, "retention.experience_sd": 0})
    surplus = 1.0
    desk.customers.satisfaction[:] = scenario.retention.market_standard + surplus
    experience = Experience(scenario.change({"retention.service_quality": 9.1}), desk.customers)
    purposes = (VISIT, FAILURE, DELIGHT)
    luck = dict(zip(purposes, Luck(SEED).uniform(purposes, desk.customers.key), strict=True))
    visit = visit_of(np.arange(4), 40.0, luck)
    experience.live(visit)
    aim = 0.5 * (desk.customers.satisfaction - scenario.retention.market_standard) + 0.7 * np.arange(4)
    np.testing.assert_allclose(visit.records["commitment"], special.expit(aim), rtol=1e-6)


@pytest.mark.parametrize("envy", [0.5, 2.0])
def test_envy_is_in_proportion_to_the_share_of_recent_customers_with_a_tier(envy: float) -> None:
    desk = bench(10, silver_spend=100, envy=envy)
    desk.customers.admit(5, key=np.arange(11, 16))  # no members
    desk.buy(1.0, np.where(np.arange(15) < 4, 100.0, 1.0))
    desk.customers.last_purchase[14] = STATEMENTS[0] - 365
    desk.customers.terminated_at[13] = 20.0
    desk.customers.cancelled_at[:2] = 20.0
    desk.tool.statement(0, STATEMENTS[0])
    delight = desk.buy(40.0, 1.0).favour
    tier = np.arange(15) >= 2
    tier &= np.arange(15) < 4
    np.testing.assert_allclose(delight, np.where(tier, 0, -envy * 2 / 11))


def test_privileges_cost_for_every_level_held_in_the_month() -> None:
    desk = bench(3, **SPENDS, period_months=1, validity_months=1, benefit_cost=2.5)
    for number, spent in enumerate([(0, 0, 0), (100, 200, 400), (0, 0, 400), (0, 0, 0)]):
        desk.month(number, np.array(spent, float))
    invoices = pd.DataFrame(desk.journal.read("invoices"))
    np.testing.assert_array_equal(invoices["day"], STATEMENTS[2:4])
    assert invoices["amount"].tolist() == [2.5 * 6, 2.5 * (0 + 1 + 3)]
    assert (invoices["account"] == ACCOUNTS.index("program")).all()
    assert (invoices["channel"] == -1).all()


@pytest.mark.parametrize("level", range(4))
def test_priority_is_for_its_level_and_higher_ones_under_the_present_terms(level: int) -> None:
    desk = tiered(priority_level=level)
    favoured = [bool(level) and tier >= level for tier in range(4)]
    assert desk.customers.has_priority.tolist() == favoured
    desk.tool.change(terms({**SPENDS, "priority_level": 3 - level}))
    assert desk.customers.has_priority.tolist() == [0 < 3 - level <= tier for tier in range(4)]


# Priority in the queue


MINUTES, CASES = 60.0, 1500


def waits(load: float, favoured: float, seed: int, breach: float = 0.0) -> pd.DataFrame:
    """One agent's tickets that come at random, `favoured` of them with priority; times in mean handlings."""
    desk = {"agents": 1, "handling_minutes": MINUTES, "handling_variation": 1.0, "questions": 1.0}
    desk |= {"complaint_share": breach}
    scenario = Scenario().base().change({f"service.{name}": value for name, value in desk.items()})
    customers, journal, luck = Customers(), Journal(), Luck(seed)
    key = 1 + np.arange(CASES)
    customers.admit(CASES, key=key, has_priority=luck.uniform(99, key) < favoured)
    day = np.sort(luck.uniform(98, key)) * CASES * MINUTES / 1440 / load
    service = Service(scenario, luck, customers, journal)
    service.receive(visit_of(np.arange(CASES), day, failures=1))
    service.report(day[-1] + 1000)
    tickets = pd.DataFrame(journal.read("tickets")).drop(columns="channel")
    tickets = tickets.merge(pd.DataFrame(journal.read("answers")), on="number", validate="one_to_one")
    tickets["favoured"] = customers.has_priority[tickets["row"]]
    tickets["wait"] = (tickets["started"] - tickets["day"]) * 1440 / MINUTES
    tickets["work"] = (tickets["closed"] - tickets["started"]) * 1440 / MINUTES
    return tickets


def test_waits_with_priority_are_those_of_cobham() -> None:
    """W = W0 / (1 - s1) of the favoured and W0 / ((1 - s1) (1 - s)) of others, W0 = lambda E[S^2] / 2 (1954).

    Lognormal handling with variation 1 has E[S^2] = 2. The desk opens and ends empty: the first and the last
    fifth of the tickets are left out.
    """
    load, first = 0.6, 0.3
    means = []
    for seed in range(40):
        tickets = waits(load, first, seed).iloc[CASES // 5 : -CASES // 5]
        by = tickets.groupby("favoured")["wait"].mean()
        means.append((by[True], by[False]))
    favoured, others = np.array(means).T
    assert abs(z_of_mean(favoured, load / (1 - load * first))) < 4
    assert abs(z_of_mean(others, load / (1 - load * first) / (1 - load))) < 4


def test_priority_lengthens_the_wait_of_others_and_takes_no_more_work_in_all() -> None:
    """Kleinrock's conservation law: the sum of work x wait does not depend on who is served first (1965)."""
    equal, ranked = waits(0.9, 0.0, SEED), waits(0.9, 0.3, SEED)
    same = ["number", "row", "day", "reason", "resolved"]
    pd.testing.assert_frame_equal(equal[same], ranked.sort_values("number")[same])
    np.testing.assert_allclose(equal["work"], ranked["work"], atol=1e-6)
    longer = ranked["wait"] - equal["wait"]
    assert stats.ttest_1samp(longer[~ranked["favoured"]], 0).statistic > 4
    assert stats.ttest_1samp(longer[ranked["favoured"]], 0).statistic < -4
    assert (ranked["work"] * ranked["wait"]).sum() == pytest.approx((equal["work"] * equal["wait"]).sum())


def test_those_with_priority_come_before_complaints_of_others_and_their_own_complaints_first() -> None:
    tickets = waits(1.5, 0.3, SEED, breach=0.4)
    place = np.array([3, 2, 1, 0])[2 * tickets["favoured"] + (tickets["reason"] == 0)]
    for _, one in tickets.iterrows():
        mine = place[one["number"]]
        waiting = (tickets["day"] < one["started"] - 1e-9) & (tickets["started"] > one["started"])
        assert (place[waiting] >= mine).all()
    assert np.unique(place).size == 4


# Whole worlds


ALONE: dict[str, object] = {
    "acquisition.opening_customers": 1500,
    "acquisition.paid_spend_per_month": 0,
    "acquisition.organic_leads_per_month": 0,
    "word_of_mouth.referrals_per_promoter": 0,
    "loyalty.points_per_unit": 0,
    "privileges.silver_spend": 30.0,
    "privileges.period_months": 3,
    "privileges.validity_months": 60,
    "clock.months": 12,
}
OUT_OF_REACH = {"privileges.silver_spend": 1e7}


def chain(**levers: object) -> Scenario:
    """A coffee chain with tiers instead of points, whose customers were all there at the start."""
    own = {f"privileges.{name}": value for name, value in levers.items()}
    return sim.load("coffee").change({**ALONE, **own})


def by_customer(run: Run) -> pd.DataFrame:
    """The customers and what is true of them."""
    return run.customers.merge(run.truth, on="customer_id").set_index("customer_id")


@cache
def promoted_and_demoted() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Those who held silver until it was abolished after five months.

    As they end in a world where nobody was ever promoted, where all keep their tier, and as they do.
    """
    crowd = chain().change({"acquisition.opening_customers": 4000})
    abolished = crowd.later(5, {"privileges.silver_spend": 0, "privileges.gold_spend": 1e7})
    *others, demoted = (sim.simulate(one, SEED) for one in (crowd.change(OUT_OF_REACH), crowd, abolished))
    touches = demoted.touchpoints
    fallen = touches.loc[touches["kind"] == "demotion"].set_index("customer_id")["time"]
    worlds = [by_customer(run).loc[fallen.index] for run in (*others, demoted)]
    there = np.all([~(world["churned_at"] < fallen) for world in worlds], axis=0)
    never, kept, fell = (world[there] for world in worlds)
    return never, kept, fell


def test_the_demoted_end_less_satisfied_than_the_never_promoted_and_lose_more_than_promotion_gains() -> None:
    """Wagner, Hennig-Thurau & Rudolph 2009."""
    worlds = promoted_and_demoted()
    stay = np.all([world["churned_at"].isna() for world in worlds], axis=0)
    never, kept, fell = (world.loc[stay, "satisfaction"] for world in worlds)
    assert stay.sum() > 150
    assert stats.ttest_1samp(kept - never, 0).statistic > 4
    assert stats.ttest_1samp(fell - never, 0).statistic < -4
    assert stats.ttest_1samp((fell - never) + (kept - never), 0).statistic < -4


def test_the_demoted_are_lost_more_often_than_the_never_promoted() -> None:
    never, _, fell = (world["churned_at"].notna() for world in promoted_and_demoted())
    more, fewer = int((fell & ~never).sum()), int((never & ~fell).sum())
    assert stats.binomtest(more, more + fewer, 0.5, "greater").pvalue < stats.norm.sf(4)


def test_those_without_a_tier_lose_satisfaction_in_proportion_to_envy() -> None:
    """Satisfaction is linear in it where purchases do not follow and losses weigh like gains."""
    plain = chain().base().change({**ALONE, "loyalty.join_probability": 0.5, "clock.months": 6})
    none, some, much = (
        by_customer(sim.simulate(plain.change({"privileges.envy": envy}), SEED)) for envy in (0.0, 0.4, 0.8)
    )
    plain_folk = none["tier"] == "none"
    assert 0.2 < plain_folk.mean() < 0.9
    drop = (none["satisfaction"] - some["satisfaction"])[plain_folk]
    assert (drop >= 0).all() and (drop > 0.05).any()
    np.testing.assert_allclose((none["satisfaction"] - much["satisfaction"])[plain_folk], 2 * drop, atol=3e-6)
    pd.testing.assert_series_equal(none["tier"], much["tier"])


BUSY = {
    "service.questions": 0.1,
    "service.complaint_share": 0.0,
    "service.billing_tickets": 0.0,
    "service.agents": 1,
    "service.handling_minutes": 180,
    "service.wait_pain": 0.0,
    "service.self_service_share": 0.0,
    "service.bot_share": 0.0,
    "service.frustration": 0.0,
}


def test_priority_for_gold_lengthens_the_wait_of_others_in_the_same_world() -> None:
    busy = chain(gold_spend=60.0).change(BUSY)
    equal, ranked = (
        sim.simulate(busy.change({"privileges.priority_level": level}), SEED) for level in (0, 2)
    )
    pd.testing.assert_frame_equal(equal.customers, ranked.customers)
    pd.testing.assert_frame_equal(equal.tickets.iloc[:, :3], ranked.tickets.iloc[:, :3])
    done = (equal.tickets["closed_at"].notna() & ranked.tickets["closed_at"].notna()).to_numpy()
    assert done.mean() > 0.95
    np.testing.assert_allclose(equal.tickets["cost"][done], ranked.tickets["cost"][done], atol=0.011)
    longer = ((ranked.tickets["started_at"] - equal.tickets["started_at"]).dt.total_seconds() / 3600)[done]
    tiers = ranked.tickets["customer_id"].map(ranked.customers.set_index("customer_id")["tier"])[done]
    by_tier = longer.groupby(tiers, observed=True).mean()
    assert by_tier["gold"] < -0.5
    assert by_tier["silver"] > 0.1 and by_tier["none"] > 0.1


def test_where_waiting_hurts_priority_for_gold_costs_the_satisfaction_of_others() -> None:
    busy = chain(gold_spend=60.0).change({**BUSY, "service.handling_minutes": 220, "service.wait_pain": 0.05})
    equal, ranked = (
        by_customer(sim.simulate(busy.change({"privileges.priority_level": level}), SEED)) for level in (0, 2)
    )
    change = ranked["satisfaction"] - equal["satisfaction"]
    gold = equal["tier"] == "gold"
    assert stats.ttest_1samp(change[gold], 0).statistic > 4
    assert stats.ttest_1samp(change[~gold], 0).statistic < -4


def same_but_for_tiers(one: Run, other: Run) -> bool:
    """Whether all tables are alike, save the tiers, their touchpoints and invoices."""
    for name, table in one.tables.items():
        left, right = table, other.tables[name]
        if name == "customers":
            left, right = left.drop(columns="tier"), right.drop(columns="tier")
        if name == "touchpoints":
            left, right = (each[~each["kind"].isin(["promotion", "demotion"])] for each in (left, right))
        if not left.reset_index(drop=True).equals(right.reset_index(drop=True)):
            return False
    return True


def test_without_any_effect_tiers_leave_no_other_trace() -> None:
    without = dict.fromkeys(EFFECTS, 0)
    tiered = sim.simulate(chain(**without, gold_spend=60.0), SEED)
    assert set(tiered.customers["tier"]) == {"none", "silver", "gold"}
    assert same_but_for_tiers(tiered, sim.simulate(chain(**without, silver_spend=1e7), SEED))
    assert not same_but_for_tiers(tiered, sim.simulate(chain(gold_spend=60.0), SEED))


def test_without_tiers_no_lever_of_theirs_leaves_a_trace() -> None:
    coffee = sim.load("coffee").change({"acquisition.opening_customers": 200, "clock.months": 6})
    switched_on = coffee.change({f"privileges.{name}": 2 for name in EFFECTS})
    plain, other = (sim.simulate(one, SEED).tables for one in (coffee, switched_on))
    for name, table in plain.items():
        pd.testing.assert_frame_equal(table, other[name], obj=name)


def test_a_launch_at_month_six_leaves_no_trace_before_it() -> None:
    small = chain(silver_spend=1e7).change({"acquisition.opening_customers": 300, "clock.months": 9})
    launched, never = (
        sim.simulate(small.later(6, {"privileges.silver_spend": 30}), SEED),
        sim.simulate(small, SEED),
    )
    launch, first = launched.month_starts[6], launched.month_starts[7] - pd.Timedelta(days=1)
    for name in ("transactions", "episodes", "touchpoints"):
        left, right = (run.tables[name][run.tables[name]["time"] < launch] for run in (launched, never))
        pd.testing.assert_frame_equal(left, right, obj=name)
    promoted = launched.touchpoints.loc[launched.touchpoints["kind"] == "promotion", "time"]
    assert promoted.min() == first
    assert (promoted == first).sum() > 30


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    levers: dict[str, Any] = {"gold_spend": 60.0, "period": "calendar", "validity_months": 2}
    short = chain(**levers).change({"acquisition.opening_customers": 300, "clock.months": 6})
    one, other = sim.simulate(short, SEED), sim.simulate(short.change({"clock.months": 12}), SEED)
    for name in ("transactions", "touchpoints", "invoices"):
        later = other.tables[name]
        before = later[later["time"] < one.month_starts[-1]]
        pd.testing.assert_frame_equal(one.tables[name], before, obj=name)
    assert (one.touchpoints["kind"] == "demotion").any()


def test_nobodys_tier_depends_on_others() -> None:
    few = chain(gold_spend=60.0, envy=0.0, validity_months=2).change(
        {**NO_SHARED, "acquisition.opening_customers": 100, "acquisition.opening_weeks": 4}
    )
    assert others_leave_no_trace(few, few.change({"acquisition.opening_customers": 400}), SEED)


def test_the_story_of_a_member_tells_of_tiers_gained_and_lost() -> None:
    run = sim.simulate(
        chain(validity_months=1).change({**NO_QUEUE, "acquisition.opening_customers": 200}), SEED
    )
    kinds = run.touchpoints["kind"]
    who = run.touchpoints.loc[kinds == "demotion", "customer_id"].iloc[0]
    told = run.journey(who)
    mine = run.touchpoints[run.touchpoints["customer_id"] == who]["kind"].value_counts()
    assert (told["event"] == "promotion").sum() == mine["promotion"]
    assert (told["event"] == "demotion").sum() == mine["demotion"]
    assert told.loc[told["event"] == "promotion", "detail"].unique().tolist() == ["to a higher tier"]


def test_tiers_are_no_warnings() -> None:
    tiered, plain = (
        sim.simulate(chain(**dict.fromkeys(EFFECTS, 0)).change(levers), SEED) for levers in ({}, OUT_OF_REACH)
    )
    assert (tiered.touchpoints["kind"] == "promotion").any()
    pd.testing.assert_frame_equal(tiered.panel(), plain.panel())
