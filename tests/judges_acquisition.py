"""Z-scores of leads and new customers against the Poisson streams they are said to come from."""

import numpy as np
import pandas as pd

from sim import Run
from zscores import z_of_chi_square, z_of_correlation, z_of_count, z_of_sum, z_of_uniforms

DAY = pd.Timedelta(days=1)
DAYS_PER_MONTH = 365.25 / 12


def leads_of(run: Run, channel: str) -> pd.DataFrame:
    """The channel's leads with the day they came."""
    leads = run.leads[run.leads["channel"] == channel]
    return leads.assign(day=(leads["created_at"] - run.month_starts[0]) / DAY)


def leads_per_day(run: Run, channel: str) -> float:
    """What the levers say: the ceiling thinned by the spending, 1 - exp(-spend / saturation)."""
    levers = run.scenario.acquisition
    if channel == "organic":
        return levers.organic_leads_per_month / DAYS_PER_MONTH
    reached = 1 - np.exp(-levers.paid_spend_per_month / levers.paid_saturation_spend)
    return levers.paid_leads_ceiling * reached / DAYS_PER_MONTH


def leads_are_as_many_as_the_levers_say(run: Run, channel: str) -> float:
    days = (run.month_starts[-1] - run.month_starts[0]) / DAY
    return z_of_count(len(leads_of(run, channel)), leads_per_day(run, channel) * days)


def leads_per_week_vary_like_poisson_counts(run: Run, channel: str) -> float:
    """Index of dispersion: as uneven as chance, no more and no less."""
    weeks = leads_of(run, channel)["day"] // 7
    counts = np.bincount(weeks.astype(int))[:-1]
    return z_of_chi_square((counts - counts.mean()) ** 2 / counts.mean(), len(counts) - 1)


def leads_come_at_any_time_alike(run: Run, channel: str) -> float:
    days = (run.month_starts[-1] - run.month_starts[0]) / DAY
    return z_of_uniforms(leads_of(run, channel)["day"] / days)


def waits_for_the_next_lead_are_exponential(run: Run, channel: str) -> float:
    gaps = leads_of(run, channel)["day"].diff().dropna()
    to_the_second = gaps + np.random.default_rng(1).uniform(-0.5, 0.5, len(gaps)) / 86_400
    return z_of_uniforms(-np.expm1(-leads_per_day(run, channel) * to_the_second))


def leads_convert_as_often_as_the_lever_says(run: Run, channel: str) -> float:
    levers, leads = run.scenario.acquisition, leads_of(run, channel)
    q = levers.organic_conversion if channel == "organic" else levers.paid_conversion
    return z_of_sum(leads["customer_id"].notna(), len(leads) * q, len(leads) * q * (1 - q))


def the_channels_are_independent(run: Run) -> float:
    days = int((run.month_starts[-1] - run.month_starts[0]) / DAY)
    organic, paid = (
        np.bincount(leads_of(run, name)["day"].astype(int), minlength=days) for name in ("organic", "paid")
    )
    return z_of_correlation(organic, paid)


OF_A_CHANNEL = (
    leads_are_as_many_as_the_levers_say,
    leads_per_week_vary_like_poisson_counts,
    leads_come_at_any_time_alike,
    waits_for_the_next_lead_are_exponential,
    leads_convert_as_often_as_the_lever_says,
)
