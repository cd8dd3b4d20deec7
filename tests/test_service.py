"""The service desk against what its levers say, with customers, purchases and failures made by hand."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats

from sim.luck import Luck
from sim.scenario import Scenario
from sim.world.customers import Customers
from sim.world.extension import TREATMENTS
from sim.world.journal import RESPONSES, TABLES, TOUCHES, Journal
from sim.world.purposes import LOGIN
from sim.world.service import CHANNELS, REASONS, TICKET_DELAY_DAYS, Service
from visits import visit_of
from worlds import SEED
from zscores import z_of_mean, z_of_sum, z_of_uniforms

LONG = 365.0  # days after which every ticket is opened and, with many agents, closed
HOURS = 24.0
CROWD = 20_000
COMPLAIN = {"complaint_share": 1.0, "agents": 500}
ASK = {"questions": 1.0, "agents": 500}
FEELINGS = ("wait_pain", "frustration", "recovery", "double_deviation", "login_to_satisfaction")

Floats = NDArray[np.float64]


@dataclass
class Bench:
    """A service desk with its customers, and what a test does with them."""

    service: Service
    customers: Customers
    journal: Journal

    def buy(
        self, day: float | Floats = 0.0, count: int = 0, breach: float | Floats = 0.0, hurt: float = 1.0
    ) -> None:
        """Everybody buys for the `count`-th time since the first; a breach takes `hurt` points."""
        rows = np.arange(len(self.customers))
        days, breaches = np.broadcast_to(day, rows.shape) + 0.0, np.broadcast_to(breach, rows.shape) + 0.0
        broken = breaches > 0
        self.customers.failed_at[broken] = days[broken]
        self.customers.damage[broken] = hurt
        self.customers.satisfaction[broken] -= hurt
        self.receive(days, np.full(rows.size, count, np.int32), breaches)

    def receive(self, days: Floats, counts: NDArray, breaches: Floats) -> None:
        """Tell the desk of one purchase of everybody."""
        luck = {LOGIN: Luck(SEED).uniform(LOGIN, self.customers.key, counts)}
        who = np.arange(len(self.customers))
        failures = np.ceil(breaches)
        broken = {"failures": failures, "tolerance": failures - breaches}
        self.service.receive(visit_of(who, days, luck, count=counts, **broken))

    def tickets(self) -> pd.DataFrame:
        """All tickets by number, with what became of them: `answer` and `final` have no gaps but NaN."""
        tickets = pd.DataFrame(self.journal.read("tickets"))
        answers = pd.DataFrame(self.journal.read("answers")).rename(columns={"channel": "final"})
        return tickets.merge(answers, on="number", how="left", validate="one_to_one").sort_values("number")

    def columns(self) -> dict[str, NDArray]:
        """A copy of everything known about the customers."""
        return {name: self.customers.table[name].copy() for name in self.customers.table.dtype.names}


def bench(size: int, keys_from: int = 1, **levers: float) -> Bench:
    """A desk and `size` customers of satisfaction 8.1; mechanisms that are not given are off."""
    scenario = Scenario().base().change({f"service.{name}": value for name, value in levers.items()})
    customers, journal = Customers(), Journal()
    key = keys_from + np.arange(size)
    customers.admit(size, key=key, satisfaction=np.full(size, 8.1))
    return Bench(Service(scenario, Luck(SEED), customers, journal), customers, journal)


def served(size: int, breach: float | Floats = 0.0, **levers: float) -> Bench:
    """A desk a year after each of `size` customers has bought once."""
    desk = bench(size, **levers)
    desk.buy(breach=breach)
    desk.service.report(LONG)
    return desk


def z_of_share(hits: NDArray, share: float) -> float:
    return z_of_sum(hits, len(hits) * share, len(hits) * share * (1 - share))


def is_(reason: str, tickets: pd.DataFrame) -> "pd.Series[bool]":
    return tickets["reason"] == REASONS.index(reason)


# What leads to a ticket


def test_a_breach_becomes_a_complaint_with_its_share_and_nothing_else_does() -> None:
    breach = np.arange(CROWD) % 2 * 0.5
    rows = served(CROWD, breach, complaint_share=0.3).journal.read("tickets")["row"]
    complains = np.isin(np.arange(CROWD), rows)
    assert not complains[breach == 0].any()
    assert abs(z_of_share(complains[breach > 0], 0.3)) < 4


def test_billing_tickets_and_questions_come_with_their_shares() -> None:
    tickets = served(CROWD, billing_tickets=0.1, questions=0.25).tickets()
    reasons = np.full(CROWD, len(REASONS))
    reasons[tickets["row"]] = tickets["reason"]
    for reason, share in {"complaint": 0.0, "billing": 0.1, "question": 0.25}.items():
        hits = reasons == REASONS.index(reason)
        assert abs(z_of_share(hits, share)) < 4 if share else not hits.any()


def test_who_complains_does_not_ask_as_well_and_who_does_not_may() -> None:
    tickets = served(CROWD, 1.0, complaint_share=0.5, questions=0.4).tickets()
    assert tickets["row"].is_unique
    assert abs(z_of_share(np.isin(np.arange(CROWD), tickets["row"][is_("question", tickets)]), 0.2)) < 4


@pytest.mark.parametrize("reason", REASONS)
def test_tickets_are_opened_after_an_exponential_delay(reason: str) -> None:
    lever = {"complaint": "complaint_share", "billing": "billing_tickets", "question": "questions"}[reason]
    desk = bench(2000, **{lever: 1.0})
    desk.buy(day=np.linspace(3, 9, 2000), breach=float(reason == "complaint"))
    desk.service.report(LONG)
    tickets = desk.tickets()
    delay = tickets["day"] - np.linspace(3, 9, 2000)[tickets["row"]]
    assert (delay > 0).all()
    assert abs(z_of_uniforms(np.exp(-delay / TICKET_DELAY_DAYS[REASONS.index(reason)]))) < 4


def test_nothing_happens_where_no_rate_is_above_0() -> None:
    desk = bench(50, wait_pain=1, frustration=1, recovery=1, double_deviation=1, login_to_satisfaction=1)
    before = desk.columns()
    desk.receive(np.zeros(50), np.zeros(50, np.int32), np.ones(50))
    assert not desk.service.is_open
    assert desk.service.report(LONG).size == 0
    assert not any(column.size for table in TABLES for column in desk.journal.read(table).values())
    for name, column in desk.columns().items():
        np.testing.assert_array_equal(column, before[name])


def test_a_ticket_has_the_same_luck_whoever_else_is_there() -> None:
    levers = {"questions": 0.4, "billing_tickets": 0.3, "agents": 500, "bot_share": 0.5, "resolution": 0.5}
    alone, among = bench(50, keys_from=101, **levers), bench(200, keys_from=51, **levers)
    for desk in (alone, among):
        desk.buy(count=4)
        desk.service.report(LONG)
    columns = ["day", "reason", "channel", "resolved", "final"]
    of_all = among.tickets().set_index("row").reindex(np.arange(50, 100)).dropna()
    of_few = alone.tickets().set_index("row").sort_index()
    np.testing.assert_array_equal(of_all[columns], of_few[columns])
    hours = [(table["closed"] - table["started"]) * HOURS for table in (of_all, of_few)]
    np.testing.assert_allclose(*hours, atol=1e-6)


# Its way through the desk


def test_handling_is_lognormal_with_its_mean_and_variation() -> None:
    tickets = served(4000, **ASK, handling_minutes=50, handling_variation=1.5, wage_per_hour=24).tickets()
    hours = (tickets["closed"] - tickets["started"]) * HOURS
    spread = np.sqrt(np.log1p(1.5**2))
    assert abs(z_of_uniforms(special.ndtr(np.log(hours / (50 / 60)) / spread + spread / 2))) < 4
    np.testing.assert_allclose(tickets["cost"], hours * 24)


@pytest.mark.parametrize("variation", [0.5, 1.0])
def test_mean_and_coefficient_of_variation_of_handling_are_the_levers(variation: float) -> None:
    tickets = served(CROWD, **ASK, handling_minutes=20, handling_variation=variation).tickets()
    minutes = (tickets["closed"] - tickets["started"]) * HOURS * 60
    assert abs(z_of_mean(minutes, 20)) < 4
    assert abs(z_of_mean((minutes - 20) ** 2, (20 * variation) ** 2)) < 4


def test_handling_without_variation_is_constant() -> None:
    tickets = served(500, **ASK, handling_minutes=12, handling_variation=0).tickets()
    np.testing.assert_allclose((tickets["closed"] - tickets["started"]) * HOURS * 60, 12, atol=1e-5)


def test_agents_resolve_their_share() -> None:
    tickets = served(CROWD, **ASK, resolution=0.7).tickets()
    assert abs(z_of_share(tickets["resolved"].astype(float), 0.7)) < 4
    assert (tickets["final"] == CHANNELS.index("agent")).all()


@pytest.mark.parametrize("simple", [0.0, 0.6, 1.0])
def test_help_pages_and_bot_contain_their_shares(simple: float) -> None:
    machines = {"self_service_share": 0.4, "bot_share": 0.5, "bot_accuracy": 0.8, "simple_share": simple}
    tickets = served(CROWD, **ASK, **machines).tickets()
    first, final = tickets["channel"].to_numpy(), tickets["final"].to_numpy()
    web, bot, agent = range(len(CHANNELS))
    assert abs(z_of_share(first == web, 0.4)) < 4
    assert abs(z_of_share(first == bot, 0.6 * 0.5)) < 4
    passed_on = final[first == web] == agent
    assert abs(z_of_share(passed_on, 1 - simple)) < 4 if 0 < simple < 1 else passed_on.mean() == 1 - simple
    assert abs(z_of_share(final[first == bot] == bot, 0.8 * (simple + (1 - simple) / 4))) < 4
    assert (final[first == agent] == agent).all()
    assert (final[final != first] == agent).all()


def test_complaints_are_always_complex() -> None:
    machines = {"self_service_share": 0.4, "bot_share": 1.0, "bot_accuracy": 0.8, "simple_share": 1.0}
    tickets = served(CROWD, 1.0, **COMPLAIN, **machines).tickets()
    web, bot, agent = range(len(CHANNELS))
    assert (tickets["final"][tickets["channel"] == web] == agent).all()
    assert abs(z_of_share(tickets["final"][tickets["channel"] == bot] == bot, 0.2)) < 4


def test_machines_resolve_at_once_and_free_of_charge() -> None:
    tickets = served(
        500, **ASK, self_service_share=0.5, bot_share=1, bot_accuracy=1, simple_share=1
    ).tickets()
    np.testing.assert_array_equal(tickets["final"], tickets["channel"])
    np.testing.assert_array_equal(tickets["started"], tickets["day"])
    np.testing.assert_array_equal(tickets["closed"], tickets["day"])
    assert tickets["resolved"].all()
    assert (tickets["cost"] == 0).all()


def test_complaints_are_taken_up_before_everything_else() -> None:
    breach = np.arange(600) % 2 + 0.0
    busy = {"complaint_share": 1.0, "questions": 1.0, "agents": 1, "handling_minutes": 30}
    tickets = served(600, breach, **busy, handling_variation=0).tickets()
    wait = tickets["started"] - tickets["day"]
    favoured = is_("complaint", tickets)
    assert wait[favoured].mean() < wait[~favoured].mean() / 2
    for _, ticket in tickets[~favoured].iterrows():
        overtaken = tickets[favoured & (tickets["day"] < ticket["started"] - 1e-9)]
        assert (overtaken["started"] < ticket["started"]).all()


def test_tickets_are_numbered_by_the_day_they_are_opened() -> None:
    desk = bench(300, questions=0.5, billing_tickets=0.5)
    for week in range(4):
        desk.buy(day=7.0 * week, count=week)
        desk.service.report(7.0 * (week + 1))
    tickets = desk.tickets()
    assert len(tickets) > 900
    np.testing.assert_array_equal(tickets["number"], np.arange(len(tickets)))
    assert tickets["day"].is_monotonic_increasing


def test_how_often_it_reports_changes_no_ticket() -> None:
    levers = {"complaint_share": 0.8, "questions": 0.9, "agents": 1, "bot_share": 0.3, "handling_minutes": 45}
    seldom, often = bench(300, **levers), bench(300, **levers)
    for desk in (seldom, often):
        desk.buy(breach=np.arange(300) % 3 + 0.0)
        desk.buy(day=1.0, count=1)
    for day in (0.3, 2.0, 2.0, 5.25, 7.0, 13.999):
        often.service.report(day)
    for desk in (seldom, often):
        desk.service.report(14.0)
    assert 100 < seldom.tickets()["closed"].notna().sum() < len(seldom.tickets())
    pd.testing.assert_frame_equal(seldom.tickets(), often.tickets(), check_exact=True)


# What it does to customers


def test_each_hour_in_the_queue_costs_its_satisfaction_up_to_three_points() -> None:
    desk = bench(200, questions=1, agents=1, handling_minutes=120, wait_pain=0.05)
    desk.buy()
    desk.buy(count=1)
    changed = desk.service.report(LONG)
    tickets = desk.tickets()
    hours = (tickets["started"] - tickets["day"]) * HOURS
    pain = np.minimum(0.05 * hours, 3).groupby(tickets["row"]).sum()
    assert (pain > 3).any() and (hours * 0.05 < 3).any()
    np.testing.assert_allclose(desk.customers.satisfaction, 8.1 - pain)
    np.testing.assert_array_equal(changed, np.flatnonzero(pain > 0))


def test_a_machine_that_fails_frustrates_and_one_that_helps_does_not() -> None:
    desk = served(2000, **ASK, self_service_share=0.5, bot_share=0.5, frustration=0.7)
    tickets = desk.tickets().sort_values("row")
    failed = (tickets["channel"] != CHANNELS.index("agent")) & (tickets["final"] != tickets["channel"])
    assert 200 < failed.sum() < 1000
    np.testing.assert_allclose(desk.customers.satisfaction, 8.1 - 0.7 * failed)


def test_what_is_closed_later_is_felt_later() -> None:
    desk = bench(100, questions=1, agents=1, handling_minutes=1440, handling_variation=0, wait_pain=0.01)
    desk.buy()
    seen: set[int] = set()
    for day in (10.0, 20.0, 60.0):
        before = desk.customers.satisfaction.copy()
        changed = desk.service.report(day)
        tickets = desk.tickets()
        waited = tickets["started"] > tickets["day"]
        closed = set(tickets["row"][(tickets["closed"] <= day) & waited])
        np.testing.assert_array_equal(changed, np.flatnonzero(desk.customers.satisfaction != before))
        assert set(changed) == closed - seen
        assert set(tickets["row"][tickets["closed"].notna()]) >= closed
        seen = closed
    assert 50 < len(seen) < 60


@given(st.floats(0, 1), st.floats(0.01, 9), st.floats(0, 10))
@settings(max_examples=25)
def test_recovery_restores_its_share_and_never_more_than_was_lost(
    share: float, hurt: float, level: float
) -> None:
    desk = bench(3, **COMPLAIN, recovery=share, resolution=1)
    desk.customers.satisfaction[:] = level
    desk.buy(breach=1, hurt=hurt)
    for day in (40.0, 80.0, LONG):
        desk.service.report(day)
    np.testing.assert_allclose(desk.customers.satisfaction, level - (1 - share) * hurt, atol=1e-12)
    assert (desk.customers.damage == (0 if share else hurt)).all()


def test_a_complaint_that_is_not_resolved_restores_nothing_and_leaves_a_grudge() -> None:
    desk = served(2000, 1.0, **COMPLAIN, recovery=0.6, double_deviation=1, resolution=0.5)
    tickets = desk.tickets().sort_values("row")
    resolved = tickets["resolved"].to_numpy(bool)
    assert abs(z_of_share(resolved, 0.5)) < 4
    np.testing.assert_allclose(desk.customers.satisfaction, np.where(resolved, 7.7, 7.1))
    np.testing.assert_array_equal(desk.customers.grudge_at, np.where(resolved, -np.inf, tickets["closed"]))


def test_an_unresolved_question_leaves_no_grudge() -> None:
    desk = served(100, **ASK, double_deviation=1, resolution=0)
    assert not desk.tickets()["resolved"].any()
    assert (desk.customers.grudge_at == -np.inf).all()


def test_the_latest_grudge_is_remembered() -> None:
    desk = bench(100, **COMPLAIN, double_deviation=1, resolution=0)
    desk.buy(breach=1)
    desk.buy(day=0.1, count=1, breach=1)
    desk.customers.grudge_at[50:] = 300.0
    changed = desk.service.report(LONG)
    latest = desk.tickets().groupby("row")["closed"].max()
    np.testing.assert_array_equal(desk.customers.grudge_at, np.where(np.arange(100) < 50, latest, 300.0))
    np.testing.assert_array_equal(changed, np.arange(50))


def test_a_complaint_restores_only_the_failure_it_is_about() -> None:
    desk = bench(100, **COMPLAIN, recovery=1, resolution=1)
    desk.buy(breach=1, hurt=2.0)
    desk.service.report(0.0)
    desk.buy(day=20.0, count=1, breach=1, hurt=0.5)
    desk.service.report(20.0)
    np.testing.assert_allclose(desk.customers.satisfaction, 5.6)
    desk.service.report(LONG)
    np.testing.assert_allclose(desk.customers.satisfaction, 6.1)
    assert len(desk.tickets()) == 200


def test_without_feelings_no_customer_changes_bit_for_bit() -> None:
    desk = bench(
        500,
        complaint_share=0.9,
        billing_tickets=0.3,
        questions=0.4,
        failed_logins=1.0,
        self_service_share=0.3,
        bot_share=0.3,
        resolution=0.5,
        agents=1,
    )
    desk.buy(breach=np.arange(500) % 2 + 0.0)
    before = desk.columns()
    desk.receive(np.ones(500), np.ones(500, np.int32), np.zeros(500))
    assert [desk.service.report(day).size for day in (7.0, 14.0, LONG)] == [0, 0, 0]
    assert len(desk.tickets()) > 300
    for name, column in desk.columns().items():
        np.testing.assert_array_equal(column, before[name])


# Log-ins


@pytest.mark.parametrize("satisfaction", [4.1, 8.1, 10.0])
def test_failed_log_ins_are_poisson_up_to_five_and_the_unhappy_have_more(satisfaction: float) -> None:
    desk = bench(CROWD, failed_logins=0.8, login_to_satisfaction=0.2)
    desk.customers.satisfaction[:] = satisfaction
    desk.buy(day=3.0)
    rows = desk.journal.read("touchpoints")["row"]
    failures = np.bincount(rows, minlength=CROWD)
    mean = 0.8 * np.exp(-0.3 * (satisfaction - 8.1))
    some = np.arange(5)
    expected = CROWD * np.append(stats.poisson.pmf(some, mean), stats.poisson.sf(4, mean))
    observed = np.bincount(failures, minlength=6)
    assert observed.size == 6
    distance = ((observed - expected) ** 2 / expected).sum()
    assert stats.chi2.sf(distance, 5) > 2 * stats.norm.sf(4)
    np.testing.assert_allclose(desk.customers.satisfaction, satisfaction - 0.2 * failures)


def test_failed_log_ins_are_recorded_as_touchpoints() -> None:
    desk = bench(100, failed_logins=1.0)
    desk.buy(day=np.arange(100) / 10)
    touches = pd.DataFrame(desk.journal.read("touchpoints"))
    np.testing.assert_allclose(touches["day"], touches["row"] / 10)
    constants = {"kind": TOUCHES.index("log-in failed"), "product": -1, "response": RESPONSES.index("none")}
    assert (touches[list(constants)] == pd.Series(constants)).all(axis=None)


def test_the_most_dissatisfied_fail_to_log_in_five_times_and_no_number_overflows() -> None:
    desk = bench(100, failed_logins=5.0, login_to_satisfaction=10.0)
    desk.customers.satisfaction[:] = -1e5
    desk.buy()
    assert len(desk.journal.read("touchpoints")["row"]) == 500


# Laws

shares = st.floats(0, 1)
LEVERS = {
    "complaint_share": shares,
    "billing_tickets": shares,
    "questions": shares,
    "agents": st.integers(1, 4),
    "handling_minutes": st.floats(0.1, 1000),
    "handling_variation": st.floats(0, 5),
    "self_service_share": shares,
    "bot_share": shares,
    "bot_accuracy": shares,
    "simple_share": shares,
    "resolution": shares,
    "frustration": st.floats(0, 10),
    "wait_pain": st.floats(0, 10),
    "recovery": shares,
    "double_deviation": st.floats(0, 5),
}


@given(st.fixed_dictionaries(LEVERS), st.lists(st.floats(0.1, 10), min_size=1, max_size=5))
@settings(max_examples=30)
def test_tickets_are_answered_once_at_most_and_nothing_precedes_its_cause(
    levers: dict[str, float], weeks: list[float]
) -> None:
    desk, now = bench(20, **levers), 0.0
    bought = []
    for count, week in enumerate(weeks):
        desk.buy(day=now, count=count, breach=np.arange(20) % 2 + 0.0, hurt=0.5)
        bought.append(now)
        now += week
        before = desk.columns()
        changed = desk.service.report(now)
        after = desk.columns()
        differs = {name for name in before if not np.array_equal(before[name], after[name])}
        assert differs <= {"satisfaction", "grudge_at", "damage"}
        felt = [before[name] != after[name] for name in ("satisfaction", "grudge_at")]
        np.testing.assert_array_equal(changed, np.flatnonzero(np.any(felt, axis=0)))
    tickets, answers = desk.tickets(), desk.journal.read("answers")["number"]
    assert np.unique(answers).size == answers.size
    assert set(answers) <= set(tickets["number"])
    assert len(tickets) <= 20 * len(bought)
    nth = tickets.groupby("row").cumcount()
    assert (tickets["day"] >= np.array(bought)[nth]).all()
    closed = tickets.dropna()
    assert (closed["day"] <= closed["started"]).all()
    assert (closed["started"] <= closed["closed"]).all()
    assert (closed["closed"] <= now).all()


def test_who_was_moved_to_self_service_goes_to_the_help_pages_first() -> None:
    desk = bench(400, questions=1.0, simple_share=0.5)
    desk.customers.treatment[::2] = TREATMENTS.index("self-service")
    desk.buy()
    desk.service.report(LONG)
    tickets = desk.tickets()
    is_moved = tickets["row"] % 2 == 0
    assert (tickets.loc[is_moved, "channel"] == CHANNELS.index("web")).all()
    assert (tickets.loc[~is_moved, "channel"] == CHANNELS.index("agent")).all()
