"""Operators' key figures of a program: by hand, of a run, and refused where they cannot be."""

import numpy as np
import pandas as pd
import pytest

import sim
from sim import kpi

DAY = pd.to_datetime
MEMBERS = pd.DataFrame(
    {"customer_id": list("abcd"), "member_since": DAY(["2023-01-01", "2023-06-01", "2024-05-01", None])}
)
LOG = pd.DataFrame(
    {
        "customer_id": ["a", "a", "b", "c", "c", "d"],
        "time": DAY(["2023-01-01", "2024-03-01", "2023-06-01", "2024-04-01", "2024-05-01", "2024-05-02"]),
        "amount": [10.0, 20.0, 30.0, 5.0, 15.0, 20.0],
        "margin": [4.0, 8.0, 12.0, 2.0, 6.0, 8.0],
    }
)
MOVES = pd.DataFrame(
    {
        "customer_id": ["a", "b", "a", "b", "c"],
        "time": DAY(["2023-01-01", "2023-06-01", "2024-03-01", "2024-06-01", "2024-06-20"]),
        "type": ["earn", "earn", "redeem", "expire", "bonus"],
        "points": [100, 300, -60, -300, 50],
        "lot_id": [0, 1, 0, 1, 2],
    }
)


def test_three_of_four_customers_are_members() -> None:
    assert kpi.enrolment_rate(MEMBERS) == 0.75


def test_a_purchase_before_joining_is_not_a_members() -> None:
    """All but the first of c and that of d: 75 of 100."""
    assert kpi.sales_penetration(LOG, MEMBERS) == 0.75


@pytest.mark.parametrize(
    ("as_of", "active"),
    [("2023-07-01", 2 / 2), ("2024-06-01", 2 / 3), ("2024-06-21", 2 / 3), ("2025-05-01", 1 / 3)],
)
def test_members_are_active_who_bought_or_earned_or_redeemed_within_a_year(as_of: str, active: float) -> None:
    """b's points expired in June 2024, which is nothing that b did; c joined in May 2024."""
    assert kpi.active_rate(MEMBERS, LOG, MOVES, as_of) == pytest.approx(active)


def test_a_bonus_alone_makes_active() -> None:
    assert kpi.active_rate(MEMBERS, LOG.iloc[:0], MOVES, "2024-06-21", window_days=30) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("as_of", "share"), [("2023-12-31", 1.0), ("2024-03-01", 0.5), ("2024-06-01", 2 / 3)]
)
def test_never_redeemed_counts_only_redemptions_so_far(as_of: str, share: float) -> None:
    assert kpi.never_redeemed_share(MEMBERS, MOVES, as_of) == pytest.approx(share)


def test_burn_is_redeemed_by_issued_of_each_period() -> None:
    redeemed, issued = pd.Series([0.0, 60.0, 5.0]), pd.Series([400.0, 50.0, 0.0])
    burn = kpi.redemption_rate(redeemed, issued)
    assert burn[:2].tolist() == [0.0, 1.2]
    assert np.isnan(burn[2])


def test_breakage_follows_the_points_of_each_cohort_whenever_they_go() -> None:
    by_year = kpi.breakage_by_cohort(MOVES, period="Y")
    assert by_year.loc["2023"].to_dict() == {
        "issued": 400, "redeemed": 60, "expired": 300, "reversed": 0, "adjusted": 0, "outstanding": 40,
        "breakage": 0.75,
    }  # fmt: skip
    assert by_year.loc["2024", ["issued", "outstanding", "breakage"]].tolist() == [50, 50, 0]


def test_points_given_back_and_reversed_change_what_breakage_is_a_share_of() -> None:
    """300 earned, 100 of them reversed, 50 given back, 125 expired: half of 250."""
    moves = pd.DataFrame(
        {
            "time": DAY(["2024-01-01", "2024-01-31", "2024-01-15", "2024-12-31", "2024-12-31"]),
            "type": ["earn", "reverse", "adjust", "expire", "expire"],
            "points": [300, -100, 50, -100, -25],
            "lot_id": [0, 0, 1, 0, 1],
        }
    )
    assert kpi.breakage_by_cohort(moves)["breakage"].tolist() == [0.5]


def test_margin_per_member_is_that_of_whom_the_table_calls_one() -> None:
    assert kpi.member_margin(LOG, MEMBERS).to_dict() == {"member": 32 / 3, "other": 8.0}


def test_a_program_that_just_pays_returns_nothing_and_one_without_effect_loses_its_cost() -> None:
    assert kpi.return_on_program(np.array([80.0, 0.0, 200.0]), 80.0).tolist() == [0.0, -1.0, 1.5]
    assert np.isnan(kpi.return_on_program(10.0, 0.0))


def test_without_members_shares_of_members_are_missing_and_penetration_is_nothing() -> None:
    nobody = MEMBERS.assign(member_since=pd.Series(pd.NaT, index=MEMBERS.index, dtype="datetime64[ns]"))
    assert np.isnan(kpi.active_rate(nobody, LOG, MOVES, "2024-06-01"))
    assert np.isnan(kpi.never_redeemed_share(nobody, MOVES, "2024-06-01"))
    assert kpi.sales_penetration(LOG, nobody) == 0
    assert kpi.member_margin(LOG, nobody).isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: kpi.enrolment_rate(MEMBERS[["customer_id"]]), "customers needs a column 'member_since'"),
        (lambda: kpi.enrolment_rate(MEMBERS.astype({"member_since": str})), "must be timestamps"),
        (
            lambda: kpi.never_redeemed_share(MEMBERS, MOVES.drop(columns="type"), "2024-01-01"),
            "column 'type'",
        ),
        (lambda: kpi.breakage_by_cohort(MOVES.drop(columns="lot_id")), "points needs a column 'lot_id'"),
        (
            lambda: kpi.active_rate(MEMBERS, LOG, MOVES, "2024-01-01", 0),
            "window_days is 0, but must be above 0",
        ),
        (lambda: kpi.redemption_rate(-1.0, 5.0), "redeemed is -1.0, but must be a finite number"),
        (lambda: kpi.program_cost_ratio(1.0, np.inf), "sales is inf, but must be a finite number"),
        (lambda: kpi.return_on_program(1.0, -2.0), "cost is -2.0, but must be a finite number"),
    ],
)
def test_impossible_inputs_get_one_clear_sentence(call, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call()


def test_the_key_figures_of_a_run_are_those_of_its_tables() -> None:
    run = sim.simulate(sim.load("coffee").change({"clock.months": 15, "loyalty.expiry": "rolling",
                                                  "loyalty.expiry_months": 3}), 2)  # fmt: skip
    found, end = run.program(), run.month_starts[-1]
    members = run.customers[run.customers["member_since"].notna()]
    cohorts = kpi.breakage_by_cohort(run.points)
    of_run = run.breakage_by_cohort()
    assert found["enrolment_rate"] == len(members) / len(run.customers)
    assert found["active_rate"] == kpi.active_rate(run.customers, run.transactions, run.points, end)
    assert found["redemption_rate"] == cohorts["redeemed"].sum() / cohorts["issued"].sum()
    assert found["breakage_so_far"] == cohorts["expired"].sum() / cohorts["issued"].sum()
    assert 0 < found["breakage_so_far"] < found["breakage_estimate"] < 1
    assert found["program_cost"] == pytest.approx(run.transactions["cost_of_reward"].sum())
    assert found["program_cost_ratio"] == pytest.approx(found["program_cost"] / run.months["revenue"].sum())
    for column in ("issued", "redeemed", "expired", "outstanding"):
        assert cohorts[column].tolist() == of_run[column].tolist()
