"""Rebates: who claims, when, what is refused and what it does, against the probabilities of the levers."""

from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import sim
from sim import Run
from sim.luck import Luck
from sim.scenario import Scenario
from sim.world.customers import Customers, Rows
from sim.world.experience import WORST as WORST_FELT
from sim.world.journal import Journal
from sim.world.loyalty.rebates import Rebates
from sim.world.purposes import CLAIM, PRONE, REFUSED
from sim.world.visit import Visit
from twins import history
from visits import visit_of
from zscores import z_of_mean, z_of_sum, z_of_uniforms

SEED = 7
WORST = 4.0
DAY = pd.Timedelta(days=1)
SHOP = (
    Scenario()
    .base()
    .change(
        {
            "clock.start": date(2023, 1, 1),
            "clock.months": 12,
            "market.rate_shape": 2.0,
            "market.rate_scale_weeks": 2.0,
            "market.dropout_a": 1.0,
            "market.dropout_b": 30.0,
            "acquisition.opening_customers": 1000,
            "acquisition.opening_weeks": 4,
            "rebates.prone_share": 0.3,
        }
    )
)
RATE = {"rebates.rate": 0.1}


@lru_cache(maxsize=8)
def lived(levers: tuple[tuple[str, object], ...], base: str) -> Run:
    return sim.simulate((SHOP if base == "shop" else sim.load(base)).change(dict(levers)), SEED)


def run(levers: dict[str, object], base: str = "shop") -> Run:
    """A run of the weekly shop, or of a bundled scenario, with these levers; kept for the next who asks."""
    return lived(tuple(sorted(levers.items())), base)


def settled(found: Run) -> pd.DataFrame:
    """Rebates whose deadline has passed by the horizon, with whether their owner is deal-prone."""
    rebates = found.rebates.dropna(subset="deadline")
    return rebates.assign(is_prone=is_prone(found, rebates["customer_id"]))


def is_prone(found: Run, customer_id: "pd.Series[int]") -> np.ndarray:
    """By the luck of the customer, asked a second time; keys are ids where no log was taken over."""
    luck = Luck(SEED).uniform(PRONE, customer_id.to_numpy())
    return luck < found.scenario.rebates.prone_share


# ---- who claims


@pytest.mark.parametrize(
    ("levers", "prone", "others"),
    [
        ({}, 0.6, 0.2),
        ({"rebates.claim_effort": np.log(2)}, 1.5 / 3.5 * 1, 0.25 / 2.25),
        ({"rebates.deadline_days": 60, "rebates.procrastination": np.log(3)}, 1 / 3, 1 / 13),
        ({"rebates.deadline_days": 15, "rebates.procrastination": np.log(3)}, 4.5 / 5.5, 0.75 / 1.75),
        ({"rebates.prone_claims": 1.0, "rebates.others_claims": 0.0, "rebates.claim_effort": 9.0}, 1.0, 0.0),
    ],
)
def test_claims_have_the_probability_of_the_levers(
    levers: dict[str, object], prone: float, others: float
) -> None:
    """Chances .6 and .2 are odds of 1.5 and .25, which effort e and each doubling of the deadline divide."""
    chances = {"rebates.prone_claims": 0.6, "rebates.others_claims": 0.2}
    rebates = settled(run({**RATE, **chances, **levers}))
    for group, p in ((rebates["is_prone"], prone), (~rebates["is_prone"], others)):
        claimed = rebates.loc[group, "claimed_at"].notna()
        assert len(claimed) > 5_000
        if p in (0, 1):
            assert (claimed == p).all()
        else:
            assert abs(z_of_sum(claimed, len(claimed) * p, len(claimed) * p * (1 - p))) < WORST


def test_longer_deadlines_lose_claims_but_make_none() -> None:
    """Under the same luck, who claims of the longer deadline claims of the shorter."""
    short, long = (
        run({**RATE, "rebates.procrastination": 0.3, "rebates.deadline_days": days}).rebates
        for days in (14, 56)
    )
    paired = short.merge(long, on="transaction_id")
    early = paired["time_x"] < pd.Timestamp("2023-10-01")
    with_short, with_long = (paired.loc[early, f"claimed_at_{one}"].notna() for one in "xy")
    assert (with_short | ~with_long).all()
    assert with_short.sum() > 1.1 * with_long.sum()


def test_claims_come_within_the_deadline_soon_or_just_in_time() -> None:
    """Their share of the deadline is Beta(1/2, 3/4): more than a quarter in its first tenth."""
    claims = settled(run({**RATE, "rebates.deadline_days": 20})).dropna(subset="claimed_at")
    share = (claims["claimed_at"] - claims["time"]) / (claims["deadline"] - claims["time"])
    assert len(claims) > 4_000
    assert share.between(0, 1).all()
    fourths = np.histogram(share, 4, (0, 1))[0]
    assert fourths[0] > fourths[3] > fourths[1] > fourths[2]
    late_enough = share[share > 0.001]  # times are cut to the second
    first = stats.beta.cdf(0.001, 0.5, 0.75)
    u = (stats.beta.cdf(late_enough, 0.5, 0.75) - first) / (1 - first)
    assert abs(z_of_uniforms(u)) < WORST


def test_refusals_have_their_probability() -> None:
    claims = settled(run({**RATE, "rebates.refusal_rate": 0.2})).dropna(subset="claimed_at")
    n = len(claims)
    assert n > 4_000
    assert abs(z_of_sum(claims["refused"], n * 0.2, n * 0.2 * 0.8)) < WORST


# ---- what is recorded


def test_every_purchase_that_is_not_returned_can_be_claimed_for_to_the_cent() -> None:
    """A share of what was paid, until the deadline; with its own transaction; nothing where it was free."""
    giving = {"acquisition.trial_spend_per_month": 500, "discounts.depth": 0.3, "market.return_rate": 0.1}
    found = run({"rebates.rate": 0.07, "rebates.refusal_rate": 0.2, **giving})
    sales = found.transactions.assign(amount=(found.transactions["paid"] * 0.07).round(2))
    sold = sales[(sales["amount"] > 0)]
    rebates = found.rebates.set_index("transaction_id")
    kept = sold[sold["refunded_at"].isna() & (sold["time"] < found.month_starts[-2])].set_index(
        "transaction_id"
    )
    early = rebates[rebates["time"] < found.month_starts[-2]]
    assert len(kept) < len(sales) - 1000
    assert early.index.equals(kept.index)
    assert early[["customer_id", "time"]].equals(kept[["customer_id", "time"]])
    np.testing.assert_allclose(early["amount"], kept["amount"], rtol=0, atol=0.0101)
    known = rebates.dropna(subset="deadline")
    assert (known["deadline"] - known["time"] - 30 * DAY).abs().max() <= DAY / 86_400
    assert (known["claimed_at"].isna() | known["claimed_at"].between(known["time"], known["deadline"])).all()


def test_what_is_paid_is_what_was_claimed_by_the_horizon_and_not_refused() -> None:
    rebates = run({**RATE, "rebates.refusal_rate": 0.2}).rebates
    is_paid = rebates["claimed_at"].notna() & ~rebates["refused"]
    np.testing.assert_array_equal(rebates["paid"], rebates["amount"].where(is_paid, 0.0))
    assert rebates.loc[rebates["refused"], "claimed_at"].notna().all()
    assert rebates["refused"].any()
    assert rebates["time"].is_monotonic_increasing


def test_half_a_year_of_rebates_is_the_first_half_of_a_year() -> None:
    """What is claimed after the shorter horizon is not told by it."""
    levers = {**RATE, "rebates.refusal_rate": 0.2, "rebates.rebate_to_pace": 2.0, "rebates.refusal_pain": 1.0}
    levers |= {"retention.satisfaction_to_pace": 0.1}
    long, short = run(levers), run({**levers, "clock.months": 6})
    end = short.month_starts[-1]
    before = long.rebates[long.rebates["time"] < end].reset_index(drop=True)
    for column in ("deadline", "claimed_at"):
        before[column] = before[column].where(before[column] < end)
    by_then = before["claimed_at"].notna()
    before["refused"] &= by_then
    before["paid"] = before["paid"].where(by_then, 0.0)
    pd.testing.assert_frame_equal(before, short.rebates, check_dtype=False)


# ---- what rebates do


def test_rebates_speed_the_deal_prone_by_the_closed_form_and_nobody_else() -> None:
    """Repeat purchases less rate x exp(2 x .15) x days alive; the others' record is the same bit for bit."""
    levers = {"rebates.rate": 0.15, "rebates.rebate_to_pace": 2.0, "acquisition.opening_customers": 4000}
    rebates, twin = run(levers), run({**levers, "rebates.rate": 0})
    truth = rebates.truth.merge(rebates.customers[["customer_id", "acquired_at"]], on="customer_id")
    prone = is_prone(rebates, truth["customer_id"])
    assert abs(z_of_sum(prone, 4000 * 0.3, 4000 * 0.3 * 0.7)) < WORST
    days = (truth["churned_at"].fillna(rebates.month_starts[-1]) - truth["acquired_at"]) / DAY
    expected = (truth["purchase_rate"] / 7 * days)[prone].sum() * np.exp(0.3)
    bought = is_prone(rebates, rebates.transactions["customer_id"]).sum() - prone.sum()
    assert expected > 30_000
    assert abs(z_of_sum(bought, expected, expected)) < WORST
    lived, without = (history(one, truth.loc[~prone, "customer_id"]) for one in (rebates, twin))
    assert without.pop("rebates").empty and not lived.pop("rebates").empty
    assert all(lived[name].equals(without[name]) for name in lived)


@pytest.mark.parametrize(
    "never_felt",
    [
        {"rebates.rebate_to_pace": 0, "rebates.refusal_pain": 0, "rebates.rate": 0.3},
        {"rebates.rate": 0, "rebates.refusal_rate": 1.0, "rebates.prone_claims": 1.0},
    ],
)
def test_rebates_that_nobody_feels_leave_no_trace_but_themselves(never_felt: dict[str, object]) -> None:
    brief = {"clock.months": 8, "acquisition.opening_customers": 800}
    rebates, twin = run({**brief, **never_felt}, "coffee"), run(brief, "coffee")
    assert (len(rebates.rebates) > 0) == (never_felt["rebates.rate"] > 0)
    for table in twin.tables:
        if table != "rebates":
            assert rebates.tables[table].equals(twin.tables[table]), table


def test_rebates_that_begin_later_change_nothing_before() -> None:
    scenario = sim.load("coffee").change({"clock.months": 8, "acquisition.opening_customers": 800})
    later, twin = (sim.simulate(one, SEED) for one in (scenario.later(5, RATE), scenario))
    launch = twin.month_starts[5]
    one, other = (found.transactions[found.transactions["time"] < launch] for found in (later, twin))
    assert one.equals(other)
    assert launch <= later.rebates["time"].min() < launch + DAY
    assert not later.transactions.equals(twin.transactions)


# ---- refusals


def customers_of(satisfaction: list[float]) -> Customers:
    customers = Customers()
    n = len(satisfaction)
    customers.admit(n, key=np.arange(n), satisfaction=np.array(satisfaction), is_prone=np.ones(n, np.bool_))
    return customers


def visit(tool: Rebates, who: Rows, day: float, share: float) -> Visit:
    """Purchases of 100 at `day`, whose luck is the worst for refusals and `share` for all else."""
    luck = {purpose: np.full(len(who), share) for purpose in tool.purposes}
    luck |= {CLAIM: np.zeros(len(who)), REFUSED: np.zeros(len(who))}
    return visit_of(who, day, luck, amount=100.0)


def test_a_refusal_hurts_at_the_first_statement_after_the_claim_once_and_not_below_the_worst() -> None:
    """With luck of one half a claim comes after 34 % of the deadline: of 30 days, 10."""
    customers = customers_of([8.0, 8.0, 8.0, WORST_FELT + 1])
    tool = Rebates(
        SHOP.change({**RATE, "rebates.refusal_rate": 0.5, "rebates.refusal_pain": 1.5}), customers, Journal()
    )
    tool.reward(visit(tool, np.array([0, 1, 3]), 2.0, 0.5))
    tool.reward(visit(tool, np.array([1]), 3.0, 0.5))
    tool.reward(visit(tool, np.array([2]), 25.0, 0.5))
    claimed = 2.0 + 30 * stats.beta.ppf(0.5, 0.5, 0.75)
    assert 12 < claimed < 13
    assert tool.statement(0, 12.0).size == 0
    np.testing.assert_array_equal(customers.satisfaction, [8, 8, 8, WORST_FELT + 1])
    np.testing.assert_array_equal(tool.statement(0, 30.0), [0, 1, 3])
    np.testing.assert_array_equal(customers.satisfaction, [6.5, 5.0, 8.0, WORST_FELT])
    np.testing.assert_array_equal(tool.statement(1, 58.0), [2])
    np.testing.assert_array_equal(customers.satisfaction, [6.5, 5.0, 6.5, WORST_FELT])
    assert tool.statement(2, 89.0).size == 0


def test_refused_customers_leave_sooner() -> None:
    """The prone, who claim most, with all claims refused, against the twin in which none is."""
    levers = {
        "acquisition.opening_customers": 2000,
        "rebates.prone_claims": 1.0,
        "rebates.refusal_pain": 2.0,
        "retention.satisfaction_to_loss": 0.5,
    }
    refused, paid = (run({**RATE, **levers, "rebates.refusal_rate": share}) for share in (1, 0))
    lost = [found.truth["churned_at"].notna() for found in (refused, paid)]
    prone = is_prone(refused, refused.truth["customer_id"])
    assert z_of_mean((lost[0].astype(int) - lost[1])[prone], 0.0) > WORST
    assert refused.truth["satisfaction"][prone].mean() < paid.truth["satisfaction"][prone].mean() - 1


# ---- the evidence


@pytest.mark.parametrize("name", ["retail", "coffee"])
def test_claims_are_21_percent_of_all_sales_and_68_percent_of_incremental_ones(name: str) -> None:
    """Promotion Marketing Association (2005), with the defaults and a rebate of 10 %.

    A purchase is incremental if the twin without rebates, under the same luck, has not as many of that
    customer. Within 2 points for all sales, as companies differ; within 4 standard errors for the others.
    """
    many = {"acquisition.opening_customers": 30_000 if name == "retail" else 3500}
    rebates, twin = run({**many, **RATE}, name), run({**many, "rebates.rate": 0}, name)
    sales = rebates.transactions.merge(rebates.rebates[["transaction_id", "claimed_at"]], how="left")
    sales["is_claimed"] = sales["claimed_at"].notna()
    in_twin = sales["customer_id"].map(twin.transactions.groupby("customer_id").size()).fillna(0)
    sales["is_extra"] = sales.groupby("customer_id").cumcount() >= in_twin
    done = sales[sales["time"] < rebates.month_starts[-2]]  # their deadline has passed
    extra = done.loc[done["is_extra"], "is_claimed"]
    assert len(extra) > 600
    assert abs(done["is_claimed"].mean() - 0.21) < 0.02
    assert abs(z_of_sum(extra, 0.68 * len(extra), 0.68 * 0.32 * len(extra))) < WORST
