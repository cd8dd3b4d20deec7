"""The weekly panel and its warnings: hand-made tables with known answers, and plain loops over real runs."""

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import sim
from by_hand import taken_over
from sim import Run
from sim.kpi import rfm
from sim.panel import FALL, FALL_WEEKS, MANY, RECENT_WEEKS, WINDOW_DAYS, warning_flags

SCENARIOS = list(sim.scenarios().index)
WEEK, DAY = pd.Timedelta(days=7), pd.Timedelta(days=1)
START = pd.Timestamp("2025-01-01")
FEW = {"acquisition.opening_customers": 200, "acquisition.organic_leads_per_month": 5}
COUNTS = ["failed_logins", "ignored_offers", "survey_answers", "complaints", "questions", "cancelled"]


@cache
def lived(name: str, months: int = 15) -> Run:
    small = sim.load(name).change({**FEW, "clock.months": months})
    return sim.simulate(small, 4)


@pytest.fixture(params=SCENARIOS)
def run(request: pytest.FixtureRequest) -> Run:
    return lived(request.param)


@cache
def panel_of(run: Run) -> pd.DataFrame:
    return run.panel()


def bounds(run: Run) -> tuple[pd.Timestamp, int]:
    start, end = run.month_starts[0], run.month_starts[-1]
    return start, (end - start).days // 7


# ---- by hand -----------------------------------------------------


def after(days: float) -> pd.Timestamp:
    return START + pd.Timedelta(days=days)


@cache
def nothing_happened() -> Run:
    scenario = sim.load("coffee").change(
        {"acquisition.opening_customers": 1, "clock.months": 2, "clock.start": START.date()}
    )
    return Run(
        scenario, 1, {name: table.iloc[:0] for name, table in sim.simulate(scenario, 1).tables.items()}
    )


def hand_made(**tables: list[dict[str, object]]) -> Run:
    """Two months of a shop, of which only what is given is recorded; days count from the first of January."""
    empty = nothing_happened().tables
    filled = {
        name: pd.DataFrame(rows).reindex(columns=empty[name].columns).astype(empty[name].dtypes.to_dict())
        for name, rows in tables.items()
    }
    return Run(nothing_happened().scenario, 1, empty | filled)


def customer(customer_id: int, day: float, **times: float) -> dict[str, object]:
    ends = {name: after(at) for name, at in times.items()}
    return {"customer_id": customer_id, "acquired_at": after(day), "points_balance": 0, "products": 1} | ends


def sale(customer_id: int, day: float, paid: float) -> dict[str, object]:
    zeros = dict.fromkeys(("transaction_id", "points_earned"), 0)
    return {"customer_id": customer_id, "time": after(day), "paid": paid} | zeros


def nps(customer_id: int, day: float, score: int) -> dict[str, object]:
    return {"customer_id": customer_id, "time": after(day), "kind": "nps", "score": score}


def ticket(customer_id: int, day: float, reason: str) -> dict[str, object]:
    return {
        "ticket_id": 0,
        "customer_id": customer_id,
        "opened_at": after(day),
        "reason": reason,
        "resolved": 0,
    }


def touch(customer_id: int, day: float, kind: str, response: str = "none") -> dict[str, object]:
    return {"customer_id": customer_id, "time": after(day), "kind": kind, "response": response}


def lost(customer_id: int, day: float | None) -> dict[str, object]:
    churned_at = pd.NaT if day is None else after(day)
    return {"customer_id": customer_id, "churned_at": churned_at, "is_costly": False}


ONE_OF_EACH = {
    "customers": [customer(2, 9, cancelled_at=30), customer(1, 0, newsletter_cancelled_at=30)],
    "transactions": [sale(1, 0, 5.25), sale(1, 6.5, 1.0), sale(2, 9, 3.0), sale(1, 14, 2.5)],
    "surveys": [nps(1, 1, 9), nps(1, 20, 4), nps(2, 21, 7), nps(1, 22, 10), nps(1, 23, 10)],
    "tickets": [ticket(1, 7, "complaint"), ticket(1, 8, "question"), ticket(1, 9, "billing")],
    "touchpoints": [
        touch(2, 10, "offer"),
        touch(2, 11, "upsell"),
        touch(2, 12, "offer", "accepted"),
        touch(2, 13, "log-in failed"),
    ],
    "truth": [lost(1, None), lost(2, 50)],
}


def by_hand(column: str, customer_id: int = 1) -> list[float]:
    panel = hand_made(**ONE_OF_EACH).panel()
    return panel.loc[panel["customer_id"] == customer_id, column].tolist()


def test_weeks_are_whole_end_inside_the_horizon_and_are_sorted_then_by_customer():
    panel = hand_made(**ONE_OF_EACH).panel()
    expected = [(after(7 * n), who) for n in range(1, 9) for who in (1, 2) if (who, n) != (2, 1)]
    assert list(zip(panel["week"], panel["customer_id"], strict=True)) == expected


def test_rfm_is_as_of_the_end_of_the_week():
    assert by_hand("recency_days")[:4] == [0.5, 7.5, 7, 14]
    assert by_hand("frequency")[:4] == [2, 2, 3, 3]
    assert by_hand("monetary")[:4] == [6.25, 6.25, 8.75, 8.75]


def test_what_happens_as_a_week_ends_belongs_to_the_next():
    assert by_hand("complaints") == [0, 1, 0, 0, 0, 0, 0, 0]


def test_scores_are_among_the_customers_of_that_week_and_share_ties():
    assert by_hand("r")[:3] == [3, 2, 4]
    assert by_hand("m")[:3] == [3, 4, 4]
    assert by_hand("r", 2)[:2] == [4, 2]


def test_billing_counts_as_a_question():
    assert by_hand("questions")[:3] == [0, 2, 0]


def test_only_offers_that_were_not_accepted_are_ignored_ones():
    assert by_hand("ignored_offers", 2)[:2] == [2, 0]
    assert by_hand("failed_logins", 2)[:2] == [1, 0]


def test_survey_change_is_the_latest_nps_less_the_one_before_and_stays_until_the_next():
    np.testing.assert_equal(by_hand("survey_change")[:5], [np.nan, np.nan, -5, 0, 0])
    np.testing.assert_equal(by_hand("survey_change", 2), [np.nan] * 7)
    assert by_hand("survey_answers")[:4] == [1, 0, 1, 2]


def test_a_cancellation_of_newsletter_or_contract_is_in_its_week():
    assert by_hand("cancelled") == by_hand("cancelled", 1) == [0, 0, 0, 0, 1, 0, 0, 0]
    assert by_hand("cancelled", 2) == [0, 0, 0, 1, 0, 0, 0]


def test_a_run_without_customers_has_an_empty_panel_and_no_firings():
    run = hand_made()
    assert len(run.panel()) == 0
    assert (run.warnings()["fired"] == 0).all()


# ---- real runs ---------------------------------------------------


def test_there_is_a_row_for_every_customer_and_whole_week_from_the_first_purchase_on(run: Run) -> None:
    start, weeks = bounds(run)
    people = sorted(zip(run.customers["customer_id"], run.customers["acquired_at"], strict=True))
    ends = [start + WEEK * (n + 1) for n in range(weeks)]
    expected = [(end, who) for end in ends for who, acquired in people if acquired < end]
    panel = panel_of(run)
    assert list(zip(panel["week"], panel["customer_id"], strict=True)) == expected


@pytest.mark.parametrize("number", [1, 3, 20, 58, 60, 64])
def test_values_and_scores_are_those_of_kpi_rfm(run: Run, number: int) -> None:
    end = run.month_starts[0] + WEEK * number
    past = run.transactions[run.transactions["time"] < end]
    expected = rfm(past.assign(amount=past["paid"]), end, WINDOW_DAYS).sort_index()
    panel = panel_of(run)
    found = panel[panel["week"] == end].set_index("customer_id")[expected.columns]
    pd.testing.assert_frame_equal(
        found.drop(columns="recency_days"), expected.drop(columns="recency_days"), check_dtype=False
    )
    np.testing.assert_allclose(found["recency_days"], expected["recency_days"], rtol=1e-6)


def test_some_purchases_have_left_the_window() -> None:
    """Otherwise the comparison with kpi.rfm says nothing about the window."""
    panel = panel_of(lived("coffee"))
    assert (panel.groupby("customer_id")["frequency"].diff() < 0).any()


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_known_before_its_time(name: str) -> None:
    short, long = lived(name, 7).panel(), panel_of(lived(name))
    same_weeks = long[long["week"] <= short["week"].max()]
    pd.testing.assert_frame_equal(same_weeks.reset_index(drop=True), short)


def test_counts_add_up_to_the_tables(run: Run) -> None:
    start, weeks = bounds(run)
    end = start + WEEK * weeks
    touches, tickets, answers, people = (
        run.tables[name] for name in ("touchpoints", "tickets", "surveys", "customers")
    )
    touches, answers = touches[touches["time"] < end], answers[answers["time"] < end]
    reasons = tickets.loc[tickets["opened_at"] < end, "reason"]
    offers = touches[touches["kind"].isin(["offer", "upsell"])]
    ends = people[["newsletter_cancelled_at", "cancelled_at"]]
    expected = {
        "failed_logins": (touches["kind"] == "log-in failed").sum(),
        "ignored_offers": (offers["response"] != "accepted").sum(),
        "survey_answers": (answers["kind"] == "nps").sum(),
        "complaints": (reasons == "complaint").sum(),
        "questions": (reasons != "complaint").sum(),
        "cancelled": (ends < end).sum().sum(),
    }
    assert panel_of(run)[COUNTS].sum().to_dict() == expected


def test_survey_change_is_that_of_a_plain_loop(run: Run) -> None:
    answers = run.surveys[run.surveys["kind"] == "nps"].sort_values("time", kind="stable")
    panel = panel_of(run)
    for row in panel.sample(200, random_state=1).itertuples():
        past = answers[(answers["customer_id"] == row.customer_id) & (answers["time"] < row.week)]
        scores = past["score"].astype(float).tolist()
        expected = scores[-1] - scores[-2] if len(scores) > 1 else np.nan
        np.testing.assert_equal(row.survey_change, expected)


def test_customers_of_a_log_have_a_recency_from_before_the_run() -> None:
    run = sim.simulate(taken_over(), 3)
    known = run.scenario.starting_customers.table.set_index("customer_id")
    panel = run.panel()
    early = panel[(panel["week"] == panel["week"].min()) & (panel["frequency"] == 0)]
    ages = (known["observed_weeks"] - known["last_purchase_weeks"]).loc[early["customer_id"]]
    assert len(early) > 100
    np.testing.assert_allclose(early["recency_days"], 7 * (ages + 1), atol=2 / 86_400, rtol=1e-6)


def test_a_row_takes_few_bytes() -> None:
    panel = panel_of(lived("coffee"))
    assert panel.memory_usage(index=False).sum() <= 64 * len(panel)


# ---- the seven warnings ------------------------------------------


def weeks_of(**columns: list[float]) -> pd.DataFrame:
    """The panel of one customer, quiet but for the given columns."""
    length = len(next(iter(columns.values())))
    quiet = dict.fromkeys([*COUNTS, "survey_change"], [0] * length) | {"r": [3] * length, "f": [3] * length}
    return pd.DataFrame({"customer_id": 1, **(quiet | columns)})


def fires(warning: str, **columns: list[float]) -> list[int]:
    flags = warning_flags(weeks_of(**columns))
    assert not flags.drop(columns=warning).any(axis=None)
    return np.flatnonzero(flags[warning]).tolist()


@pytest.mark.parametrize("score", ["r", "f"])
def test_rfm_falls_when_a_score_is_two_below_that_of_four_weeks_before(score: str) -> None:
    assert (FALL, FALL_WEEKS) == (2, 4)
    assert fires("falling RFM", **{score: [5, 5, 4, 4, 4, 4, 3, 2, 3, 3]}) == [7]


def test_a_score_that_rises_or_was_low_before_the_customer_was_known_does_not_fall() -> None:
    assert fires("falling RFM", r=[1, 1, 1, 1, 5, 5]) == []


@pytest.mark.parametrize(
    ("warning", "column"),
    [
        ("log-in problems", "failed_logins"),
        ("no response to an offer", "ignored_offers"),
        ("complaint", "complaints"),
        ("cancelled", "cancelled"),
    ],
)
def test_one_record_is_warning_enough(warning: str, column: str) -> None:
    assert fires(warning, **{column: [0, 1, 0, 2, 0]}) == [1, 3]


def test_a_lower_answer_warns_in_the_week_of_the_answer_alone() -> None:
    answers = {"survey_answers": [1, 1, 0, 1, 0], "survey_change": [np.nan, -2, -2, 0, 0]}
    assert fires("lower survey answer", **answers) == [1]


def test_the_second_question_within_thirteen_weeks_warns() -> None:
    assert (MANY, RECENT_WEEKS) == (2, 13)
    assert fires("many questions", questions=[1] + [0] * 11 + [1, 0]) == [12]
    assert fires("many questions", questions=[1] + [0] * 12 + [1, 0]) == []
    assert fires("many questions", questions=[0, 2, 0]) == [1]


def test_customers_do_not_share_their_past() -> None:
    one = weeks_of(questions=[1, 0, 0], r=[5, 5, 5])
    other = weeks_of(questions=[0, 1, 0], r=[1, 1, 1]).assign(customer_id=2)
    both = pd.concat([one, other]).sort_index(kind="stable")
    assert not warning_flags(both).any(axis=None)


# ---- how well they warn ------------------------------------------


def test_precision_recall_and_lead_of_a_story_told_by_hand() -> None:
    """Customer 1 complains twice and is lost on day 30, 2 complains and stays, 3 is lost without a word."""
    run = hand_made(
        customers=[customer(1, 0), customer(2, 0), customer(3, 0)],
        transactions=[sale(who, 0, 1.0) for who in (1, 2, 3)],
        tickets=[ticket(*one, "complaint") for one in [(1, 1), (1, 8), (2, 8), (1, 31), (3, 55)]],
        truth=[lost(1, 30), lost(2, None), lost(3, 20)],
    )
    found = run.warnings(within_days=20).loc["complaint"]
    # firings known on days 7, 14, 14, 35; that of day 56 is too near to the horizon, day 59
    assert found["fired"] == 4
    assert found["precision"] == 1 / 4  # day 7 is 23 days before the loss
    assert found["already_lost"] == 1 / 4
    assert found["recall"] == 1 / 2
    assert found["lead_time_days"] == 30 - 14
    # five weeks are judged; of those before the losses (4, 5 and 2) 1's on 14, 21, 28 and 3's on 7, 14 count
    assert found["base_rate"] == pytest.approx(5 / 11)
    assert found["lift"] == pytest.approx((1 / 4) / (5 / 11))


def test_the_interval_is_wilsons() -> None:
    found = lived("pizza").warnings().loc["complaint"]
    n, p, z = found["fired"], found["precision"], norm.ppf(0.975)
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    expected = [(middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)]
    np.testing.assert_allclose(found[["precision_low", "precision_high"]].astype(float), expected)


def judged_by_hand(run: Run, warning: str, within: float) -> dict[str, float]:
    """The same row by row, from the definitions."""
    panel = panel_of(run)
    fired = warning_flags(panel)[warning]
    churned = dict(zip(run.truth["customer_id"], run.truth["churned_at"], strict=True))
    ended = {
        row.customer_id: min([t for t in (row.cancelled_at, row.terminated_at) if pd.notna(t)], default=None)
        for row in run.customers.itertuples()
    }
    right, late, weeks, followed, first = [], [], 0, 0, {}
    for who, week, fires in zip(panel["customer_id"], panel["week"], fired, strict=True):
        loss, end = churned[who], ended[who]
        if end is not None and end < week - WEEK:
            continue
        gone = pd.notna(loss) and loss < week
        hit = pd.notna(loss) and week <= loss <= week + within * DAY
        if week + within * DAY <= run.month_starts[-1]:
            weeks, followed = weeks + (not gone), followed + hit
            if fires:
                right.append(hit)
                late.append(gone)
        if fires and hit:
            first.setdefault(who, (loss - week) / DAY)
    return {
        "fired": len(right),
        "precision": np.mean(right) if right else np.nan,
        "already_lost": np.mean(late) if late else np.nan,
        "base_rate": followed / weeks,
        "recall": len(first) / sum(pd.notna(loss) for loss in churned.values()),
        "lead_time_days": np.median(list(first.values())) if first else np.nan,
    }


@pytest.mark.parametrize("warning", ["falling RFM", "complaint"])
def test_every_figure_is_that_of_a_plain_loop(run: Run, warning: str) -> None:
    found = run.warnings(60).loc[warning]
    expected = judged_by_hand(run, warning, 60)
    np.testing.assert_allclose(found[list(expected)].astype(float), list(expected.values()))


def test_warnings_are_seven_and_say_how_often_they_fired(run: Run) -> None:
    table = run.warnings()
    assert list(table.index) == list(warning_flags(panel_of(run)).columns)
    assert len(table) == 7
    assert list(table.columns) == [
        *("fired", "precision", "precision_low", "precision_high", "already_lost", "base_rate", "lift"),
        *("recall", "lead_time_days"),
    ]


def test_a_contract_is_never_lost_without_a_cancellation_on_record() -> None:
    cancelled = lived("telco").warnings().loc["cancelled"]
    assert cancelled["recall"] == 1
    assert cancelled["already_lost"] == 0
    assert 20 < cancelled["lead_time_days"] < 31  # a month's notice, known at the end of its week


def test_complaints_are_followed_by_loss_more_often_than_other_weeks_but_not_always() -> None:
    found = sim.simulate(sim.load("pizza").change({"clock.months": 15}), 2).warnings().loc["complaint"]
    assert found["base_rate"] < found["precision_low"]
    assert found["precision_high"] < 0.5
    assert found["recall"] < 0.5


@pytest.mark.parametrize("days", [0, -3.0, np.nan])
def test_a_time_to_follow_must_be_above_zero(days: float) -> None:
    with pytest.raises(ValueError, match=r"within_days is .*, but must be above 0"):
        hand_made(**ONE_OF_EACH).warnings(days)


def test_a_clock_that_starts_on_another_day_moves_the_weeks_with_it() -> None:
    run = sim.simulate(lived("coffee", 7).scenario.change({"clock.start": date(2024, 2, 29)}), 4)
    assert run.panel()["week"].min() == pd.Timestamp("2024-03-07")
