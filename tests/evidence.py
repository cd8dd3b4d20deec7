"""What the bundled scenarios produce beside what the literature reports: `python -m tests.evidence`.

Each finding is measured in a few worlds; its interval is Student's, over the seeds. A verdict alone may take
fewer worlds, where each agrees. Two settings compared are
always twins (one seed), so the same customers meet. Worlds are as small and as short as a finding allows.
"Value" is discounted contribution: margins less rewards and tickets, each discounted to the customer's first
purchase, before the cost of acquisition. Findings of loyalty programs are in `evidence_loyalty`,
key figures of the first year in `first_year`.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

import sim
from sim import ledger
from sim.run import Run

sys.path.insert(0, str(Path(__file__).parent))  # run as a module of the project, too, it finds its neighbours

from evidence_loyalty import FINDINGS_OF_LOYALTY
from findings import MONTH, TWO_YEARS, YEAR, Finding, Levers, nps, run
from first_year import FIRST_YEAR, first_year
from worlds import NIGHTLY

WINDOW = pd.Timedelta(days=180)


def value(one: Run) -> "pd.Series[float]":
    """Discounted contribution of each customer, before the cost of acquisition."""
    brought = ledger.contributions(one.tables, one.scenario.finance.annual_discount_rate)
    return brought.groupby("customer_id")["present_value"].sum()


def lived(one: Run) -> pd.DataFrame:
    """Purchases beside how they were lived; number counts a customer's purchases from 0, lost those that were
    the last because the customer's coin fell then, and dropout is the customer's own chance of it."""
    truth = one.truth.set_index("customer_id")
    table = one.episodes.assign(time=one.transactions["time"], amount=one.transactions["amount"])
    who = table["customer_id"]
    return table.assign(
        number=table.groupby("customer_id").cumcount(),
        lost=who.map(truth["churned_at"]) == table["time"],
        dropout=who.map(truth["dropout"]),
        rate=who.map(truth["purchase_rate"]),
        breach=table["failures"] > table["tolerance"],
    )


# ---- value drivers: Gupta, Lehmann & Stuart 2004. No tickets: they matter little here and take the time.

NO_TICKETS: Levers = {f"service.{name}": 0 for name in ("complaint_share", "billing_tickets", "questions")}
COHORT: Levers = {
    **NO_TICKETS,
    "acquisition.opening_customers": 400,
    "acquisition.opening_weeks": 0,
    "acquisition.organic_leads_per_month": 0,
    "acquisition.paid_spend_per_month": 0,
    "sales.representatives": 0,
    "word_of_mouth.referrals_per_promoter": 0,
    "clock.months": 180,
}
TENTH: Levers = {  # of telco, with costs and leads in proportion
    **NO_TICKETS,
    "acquisition.opening_customers": 150,
    "acquisition.organic_leads_per_month": 8,
    "acquisition.paid_leads_ceiling": 40,
    "acquisition.paid_spend_per_month": 400,
    "acquisition.paid_saturation_spend": 500,
    "sales.wage_per_hour": 3,
    "clock.months": 120,
}


def renewed(one: Run) -> float:
    """Share of the contracts at their end that were renewed, as recorded."""
    bills = one.transactions.groupby("customer_id").size()
    renewals = ((bills - 1) // one.scenario["market.term_bills"]).sum()
    return float(renewals / (renewals + one.customers["cancelled_at"].notna().sum()))


def retention_leverage(seed: int) -> float:
    """% of the value of one telco cohort, followed for 15 years, per % of contracts renewed as recorded.

    Rivals that raise everybody's log-odds of loss by .4 make some 2 % fewer renewals; logarithms of both.
    """
    one, other = run("telco", seed, COHORT), run("telco", seed, {**COHORT, "market.rivals": 0.4})
    return float(np.log(value(other).sum() / value(one).sum()) / np.log(renewed(other) / renewed(one)))


def margin_leverage(seed: int) -> float:
    """% of a telco cohort's value in five years per % of gross margin."""
    cohort = {**COHORT, "clock.months": 60}
    better = {"finance.gross_margin": 1.01 * sim.load("telco").finance.gross_margin}
    one, other = run("telco", seed, cohort), run("telco", seed, {**cohort, **better})
    return float(100 * (value(other).sum() / value(one).sum() - 1))


def acquisition_leverage(seed: int) -> float:
    """% of the discounted profit of ten years of telco per % of what acquisition costs.

    Every lead costs 1 % more and wages in sales rise by 1 %, so that the same customers come.
    """
    dearer = {name: 1.01 * float(str(TENTH[name])) for name in TENTH if "spend" in name or "wage" in name}
    one, other = run("telco", seed, TENTH), run("telco", seed, {**TENTH, **dearer})
    return 100 * (_company_value(other) / _company_value(one) - 1)


def _company_value(one: Run) -> float:
    years = (one.ledger["time"] - one.month_starts[0]).dt.days / 365
    return float((one.ledger["amount"] * (1 + one.scenario["finance.annual_discount_rate"]) ** -years).sum())


# ---- satisfaction, tolerance, recovery

TO_FOLLOW: Levers = {"clock.months": 15}
ALL_COMPLAIN: Levers = {**YEAR, "service.complaint_share": 1, "service.agents": 3}


def satisfaction_to_repurchase(name: str) -> Callable[[int], float]:
    """Correlation over customers who bought in the third quarter: satisfaction then, purchase in 6 months."""

    def measure(seed: int) -> float:
        sales, asked_at = lived(one := run(name, seed, TO_FOLLOW)), one.month_starts[9]
        before = sales[sales["time"].between(asked_at - 3 * MONTH, asked_at)].groupby("customer_id").last()
        after = sales.loc[sales["time"] > asked_at, "customer_id"]
        return float(np.corrcoef(before["satisfaction"], before.index.isin(after))[0, 1])

    return measure


def satisfaction_to_renewal(seed: int) -> float:
    """Correlation over customers after 17 months: satisfaction then, being one still half a year later."""
    one = run("telco", seed, TWO_YEARS)
    asked_at = one.month_starts[17]
    bills = lived(one)
    felt = bills[bills["time"] <= asked_at].groupby("customer_id")["satisfaction"].last()
    lost_at = one.truth.set_index("customer_id")["churned_at"].reindex(felt.index)
    here = lost_at.isna() | (lost_at > asked_at)
    stays = lost_at.isna() | (lost_at > asked_at + 6 * MONTH)
    return float(np.corrcoef(felt[here], stays[here])[0, 1])


def weight_of_losses(seed: int) -> float:
    """How far a point of disappointment moves satisfaction over how far a point of pleasure does.

    From the fifth to the tenth visit to the coffee shop, as experience weighs less and less.
    """
    visits = lived(run("coffee", seed, YEAR))
    before = visits.groupby("customer_id")["satisfaction"].shift()
    gap, move = visits["experience"] - before, visits["satisfaction"] - before
    counted = visits["number"].between(4, 9)
    down, up = counted & (gap < 0), counted & (gap > 0)
    return float((move[down].sum() / gap[down].sum()) / (move[up].sum() / gap[up].sum()))


def excess_loss(purchases: pd.DataFrame) -> float:
    """Customers lost at these purchases over what their own dropout alone would have taken."""
    repeat = purchases[purchases["number"] > 0]
    return float(repeat["lost"].sum() / repeat["dropout"].sum())


def tolerated_failures(seed: int) -> float:
    """Excess loss at visits with one tolerated failure over that without failure, of those who tolerate one.

    In the coffee shop, with more failures than usual.
    """
    visits = lived(run("coffee", seed, {**YEAR, "experience.failure_rate": 0.03}))
    tolerant = visits[visits["tolerance"] >= 1]
    return excess_loss(tolerant[tolerant["failures"] == 1]) / excess_loss(tolerant[tolerant["failures"] == 0])


def felt_failures(seed: int) -> float:
    """The same for failures beyond tolerance, of all orders of pizza."""
    orders = lived(run("pizza", seed, YEAR))
    return excess_loss(orders[orders["breach"]]) / excess_loss(orders[orders["failures"] == 0])


def second_failures(seed: int) -> float:
    """Excess loss at a second felt failure within 180 days over that at a first one, in pizza."""
    orders = lived(run("pizza", seed, YEAR))
    failed_at = orders["time"].where(orders["breach"]).groupby(orders["customer_id"])
    before = failed_at.ffill().groupby(orders["customer_id"]).shift()
    again = orders["breach"] & (orders["time"] - before < WINDOW)
    return excess_loss(orders[again]) / excess_loss(orders[orders["breach"] & ~again])


def _recovered(one: Run) -> "pd.Index[int]":
    """Customers with a resolved complaint."""
    tickets = one.tickets
    return pd.Index(
        tickets.loc[(tickets["reason"] == "complaint") & tickets["resolved"].eq(True), "customer_id"].unique()
    )


def recovery_on_satisfaction(seed: int) -> float:
    """Points of 10 by which recovery lifts those with a resolved complaint, at the year's end, in pizza."""
    with_it = run("pizza", seed, ALL_COMPLAIN)
    without = run("pizza", seed, {**ALL_COMPLAIN, "service.recovery": 0})
    felt, unhealed = (one.truth.set_index("customer_id")["satisfaction"] for one in (with_it, without))
    return float((felt - unhealed).reindex(_recovered(with_it)).mean())


def recovery_on_retention(seed: int) -> float:
    """Share of those with a resolved complaint still customers at the end, less that without any failure."""
    with_it = run("pizza", seed, ALL_COMPLAIN)
    spared = run("pizza", seed, {**ALL_COMPLAIN, "experience.failure_rate": 0, "fulfilment.capacity": 0})
    stays, stayed = (one.truth.set_index("customer_id")["churned_at"].isna() for one in (with_it, spared))
    who = _recovered(with_it)
    return float(stays.reindex(who).mean() - stayed.reindex(who).mean())


# ---- extension, channels

REFERRALS: Levers = {
    **TWO_YEARS,
    "acquisition.opening_customers": 1500,
    "acquisition.organic_leads_per_month": 0,
    "acquisition.paid_spend_per_month": 0,
    "word_of_mouth.referrals_per_promoter": 0.3,
}
LIKE_OTHERS: Levers = {"word_of_mouth.referral_to_loss": 0, "word_of_mouth.referral_to_basket": 0}
TRIALS: Levers = {
    **TWO_YEARS,
    "acquisition.opening_customers": 0,
    "acquisition.trial_spend_per_month": 4000,
    "acquisition.trial_leads_ceiling": 1000,
}


def _profits(seed: int) -> pd.DataFrame:
    """Telco customers of a year or longer: profit after acquisition, and whether they bought across."""
    one = run("telco", seed, {})
    customers = one.customers.set_index("customer_id")
    old = customers["acquired_at"] < one.month_starts[-13]
    return pd.DataFrame({"profit": one.clv, "across": customers["products"] > 1})[old.reindex(one.clv.index)]


def unprofitable_cross_buyers(seed: int) -> float:
    """Share of cross-buyers with a loss."""
    profits = _profits(seed)
    return float((profits.loc[profits["across"], "profit"] < 0).mean())


def losses_by_cross_buyers(seed: int) -> float:
    """Their share of the losses that customers make."""
    profits = _profits(seed)
    loss = profits["profit"].clip(upper=0)
    return float(loss[profits["across"]].sum() / loss.sum())


def _early(one: Run, twin: Run, channel: str, months: int) -> "pd.Index[int]":
    """Customers who came through a channel in the first months, in both worlds."""
    own, others = one.customers, twin.customers
    early = (own["channel"] == channel) & (own["acquired_at"] < one.month_starts[months])
    return pd.Index(own.loc[early & own["customer_id"].isin(others["customer_id"]), "customer_id"])


def _referred(seed: int) -> tuple[Run, Run, "pd.Index[int]"]:
    """Coffee with many referrals, the twin in which the referred are like others, the early referred."""
    one, twin = run("coffee", seed, REFERRALS), run("coffee", seed, {**REFERRALS, **LIKE_OTHERS})
    return one, twin, _early(one, twin, "referral", 8)


def referral_value(seed: int) -> float:
    """How much more the referred are worth than if they were like others."""
    one, twin, who = _referred(seed)
    return float(value(one)[who].sum() / value(twin)[who].sum() - 1)


def referral_retention(seed: int) -> float:
    """Share of the referred who are customers at the end, 16 months or more later, less that of twins."""
    one, twin, who = _referred(seed)
    kept, twins_kept = (each.truth.set_index("customer_id")["churned_at"].isna() for each in (one, twin))
    return float(kept[who].mean() - twins_kept[who].mean())


def referral_premium(seed: int) -> float:
    """What is left after 15 to 18 months of how much larger their baskets were in the first three."""
    one, twin, who = _referred(seed)
    visits, twins = (lived(each).set_index(["customer_id", "number"]) for each in (one, twin))
    premium = np.log(visits["amount"] / twins["amount"].reindex(visits.index))[who.to_list()]
    joined = one.customers.set_index("customer_id")["acquired_at"]
    age = (
        visits["time"][who.to_list()] - joined.reindex(premium.index.get_level_values(0)).to_numpy()
    ) / MONTH
    return float(premium[age.between(15, 18)].mean() / premium[age < 3].mean())


def trial_value(seed: int) -> float:
    """Value of trial customers of the first half-year in retail, against twins who leave and pay like others.

    What the free first purchase costs counts as acquisition: regular customers have its margin, trial
    customers nothing.
    """
    one, twin = run("retail", seed, TRIALS), run("retail", seed, {**TRIALS, "acquisition.trial_to_loss": 0})
    early = _early(one, twin, "trial", 6)
    first, paid = (each.transactions.groupby("customer_id").first() for each in (one, twin))
    trial = value(one)[early].sum() - first["margin"][early].sum()
    regular = value(twin)[early].sum() + paid["discount"][early].sum()
    return float(trial / regular - 1)


def newsletters_cancelled(seed: int) -> float:
    """Share of offers in coffee and telco after which the newsletter was cancelled, in %."""
    kinds = pd.concat([run(name, seed, levers).touchpoints["kind"] for name, levers in OFFERS]).value_counts()
    return float(100 * kinds["newsletter cancelled"] / (kinds["offer"] + kinds["upsell"]))


OFFERS = (("coffee", YEAR), ("telco", TWO_YEARS))


def first_renewal(seed: int) -> float:
    """Share of telco's customers who renew their first contract."""
    one = run("telco", seed, TWO_YEARS)
    ended = one.customers["acquired_at"] < one.month_starts[-1] - 13 * MONTH
    bills = one.transactions.groupby("customer_id").size()
    return float((bills.reindex(one.customers.loc[ended, "customer_id"]) > 12).mean())


GUPTA = "Gupta, Lehmann & Stuart 2004"
WEAK = "Kumar et al. 2013; Otto et al. 2020"
ZONE = "Zeithaml et al. 1993"
RECOVERY = "de Matos et al. 2007"
SCHMITT = "Schmitt et al. 2011"
SHAH = "Shah & Kumar 2012"
AS_WEAK = (0.03, 0.17)
NET = "a gross margin of 1 % more is more than 1 % of what service leaves of it"
FITTED = "the fitted sBG says 85.1 %; failures and grudges take the rest"
PROFIT = "of a company that pays for all of its growth in ten years"

FINDINGS = (
    Finding("retention +1 %: value, %", GUPTA, "5", (4, 7), retention_leverage),
    Finding("margin +1 %: value, %", GUPTA, "1", (0.9, 1.3), margin_leverage, 3, comment=NET),
    Finding(
        "acquisition cost +1 %: value, %",
        GUPTA,
        "-.1",
        (-0.3, -0.02),
        acquisition_leverage,
        3,
        comment=PROFIT,
    ),
    *(
        Finding(
            f"satisfaction, buys again: r, {name}", WEAK, ".10", AS_WEAK, satisfaction_to_repurchase(name)
        )
        for name in ("retail", "coffee", "pizza")
    ),
    Finding("satisfaction, still there: r, telco", WEAK, ".10", AS_WEAK, satisfaction_to_renewal),
    Finding("weight of a loss over a gain", "Bolton 1998", "above 1", (1.1, 3), weight_of_losses),
    Finding("lost, tolerated failure over none", ZONE, "flat: 1", (0.7, 1.3), tolerated_failures),
    Finding("lost, felt failure over none", ZONE, "steep", (1.3, 5), felt_failures),
    Finding(
        "lost, second failure over first", "Maxham & Netemeyer 2002", "above 1", (1.1, 3), second_failures
    ),
    Finding(
        "recovery: satisfaction, points of 10", RECOVERY, "above 0", (0.02, 1.5), recovery_on_satisfaction
    ),
    Finding(
        "recovery: retention less that unfailed", RECOVERY, "not above 0", (-0.5, 0), recovery_on_retention
    ),
    Finding("cross-buyers with a loss", SHAH, "20 %", (0.15, 0.25), unprofitable_cross_buyers),
    Finding("their share of customers' losses", SHAH, "70 %", (0.55, 0.85), losses_by_cross_buyers),
    Finding("value of the referred", SCHMITT, "+16 % or more", (0.16, 0.4), referral_value, 6),
    Finding("retention gap of the referred, later", SCHMITT, "stays", (0.01, 0.15), referral_retention),
    Finding(
        "premium of the referred, left", "Van den Bulte et al. 2018", "fades", (0, 0.7), referral_premium
    ),
    Finding("value of trial customers", "Datta et al. 2015", "-59 %", (-0.65, -0.53), trial_value),
    Finding(
        "newsletters cancelled, % of offers",
        "vendors (weak)",
        ".17 to .5",
        (0.17, 0.5),
        newsletters_cancelled,
    ),
    Finding(
        "first contract renewed, telco",
        "Fader & Hardie 2007",
        "86.9 %",
        (0.82, 0.9),
        first_renewal,
        comment=FITTED,
    ),
    Finding("NPS, retail", "XM Institute 2023", "28", (25, 31), nps("retail")),
    *FINDINGS_OF_LOYALTY,
)


# ---- tables

COLUMNS = ["finding", "source", "reported", "simulated", "low", "high", "tolerance", "agrees", "comment"]


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and its 95 % interval (Student's t)."""

    mean: float
    low: float
    high: float


@cache
def measured(finding: Finding, seed: int) -> float:
    """What one world gives for a finding."""
    return finding.measure(seed)


@cache
def estimate(finding: Finding) -> Estimate:
    """What the simulator gives for a finding."""
    values = [measured(finding, seed) for seed in range(1, finding.seeds + 1)]
    low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    return Estimate(float(np.mean(values)), float(low), float(high))


def agrees(finding: Finding) -> bool:
    """Whether the simulated mean lies in the tolerance."""
    return finding.tolerates(estimate(finding).mean)


def surely_agrees(finding: Finding) -> bool:
    """Whether each of two worlds lies in the tolerance, or else the mean of all; nightly only the latter."""
    of_two = not NIGHTLY and all(finding.tolerates(measured(finding, seed)) for seed in (1, 2))
    return of_two or agrees(finding)


def findings_table() -> pd.DataFrame:
    """One row a finding: what is reported, what is simulated, whether they agree."""
    rows = []
    for one in FINDINGS:
        found, (low, high) = estimate(one), one.tolerance
        numbers = (f"{found.mean:.3g}", f"{found.low:.3g}", f"{found.high:.3g}", f"{low:g} to {high:g}")
        verdict = "yes" if agrees(one) else "differs"
        rows.append((one.name, one.source, one.reported, *numbers, verdict, one.comment))
    return pd.DataFrame(rows, columns=COLUMNS)


def first_year_table() -> pd.DataFrame:
    """One row a scenario and key figure: its plausible range and what the first year brings."""
    rows = []
    for name, ranges in FIRST_YEAR.items():
        figures = first_year(name)
        for kpi, (low, high, source) in ranges.items():
            verdict = "yes" if low <= figures[kpi] <= high else "differs"
            rows.append((name, kpi, f"{figures[kpi]:.3g}", f"{low:g} to {high:g}", source, verdict))
    return pd.DataFrame(rows, columns=["scenario", "kpi", "simulated", "plausible", "source", "agrees"])


if __name__ == "__main__":
    for table in (findings_table(), first_year_table()):
        print(table.to_string(index=False), end="\n\n")
