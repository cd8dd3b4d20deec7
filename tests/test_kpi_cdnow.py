"""The KPIs on a real log: CDNOW, purchases from January 1997 to June 1998 (Fader, Hardie & Lee 2005)."""

from importlib.metadata import files

import numpy as np
import pandas as pd
import pytest

from sim.kpi import clv_historic, cohort_retention, inactive, period_retention, rfm, rule_quality

CALIBRATION_END = "1997-09-30"


def read_cdnow(name: str, id_column: int) -> pd.DataFrame:
    """A file of the lifetimes wheel, used as a carrier of data only."""
    path = next(file for file in files("lifetimes") or [] if file.name == name).locate()
    table = pd.read_csv(path, sep=r"\s+", header=None, skiprows=name.count("master"), dtype=str)
    return pd.DataFrame(
        {
            "customer_id": table[id_column],
            "time": pd.to_datetime(table.iloc[:, -3], format="%Y%m%d"),
            "amount": table.iloc[:, -1].astype(float),
        }
    )


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return read_cdnow("CDNOW_sample.txt", id_column=1)


@pytest.fixture(scope="module")
def master() -> pd.DataFrame:
    return read_cdnow("CDNOW_master.txt", id_column=0)


def test_everyone_in_the_master_file_belongs_to_a_cohort_of_the_first_quarter_1997(master):
    cohorts = cohort_retention(master)
    assert list(cohorts.index.astype(str)) == ["1997-01", "1997-02", "1997-03"]
    assert list(cohorts.columns) == list(range(18))
    assert master["customer_id"].nunique() == 23_570


def test_cohort_shares_count_each_buyer_once_a_month(master):
    month = master["time"].dt.to_period("M")
    first = month.groupby(master["customer_id"]).transform("min")
    cohorts = cohort_retention(master)
    for cohort, age in [("1997-01", 1), ("1997-02", 7), ("1997-03", 15)]:
        cohort = pd.Period(cohort)
        members = set(master["customer_id"][first == cohort])
        buyers = members & set(master["customer_id"][month == cohort + age])
        assert cohorts.loc[cohort, age] == len(buyers) / len(members)
    assert np.isnan(cohorts.loc[pd.Period("1997-03"), 16])


def test_period_retention_matches_a_count_by_sets(sample):
    month = sample["time"].dt.to_period("M")
    shares = period_retention(sample)
    march, april = (set(sample["customer_id"][month == name]) for name in ("1997-03", "1997-04"))
    assert shares[pd.Period("1997-03")] == len(march & april) / len(march)
    assert len(shares) == 17


def test_quintiles_of_frequency_survive_that_six_in_ten_never_repeat(sample):
    days = sample.groupby(["customer_id", "time"], as_index=False)["amount"].sum()
    table = rfm(days, CALIBRATION_END, window_days=365)
    once = table["frequency"] == 1
    assert len(table) == 2_357
    # 946 of the 2,357 come back in the calibration period
    assert (~once).sum() == 946
    assert table.loc[once, "f"].unique().tolist() == [2]
    assert set(table.loc[~once, "f"]) == {4, 5}


def test_recency_and_monetary_quintiles_are_even_where_values_hardly_tie(sample):
    table = rfm(sample, CALIBRATION_END, window_days=365)
    sizes = table["r"].value_counts(normalize=True)
    assert sizes.index.size == 5
    assert sizes.between(0.17, 0.23).all()
    spending = table["m"].value_counts(normalize=True)
    assert spending.between(0.17, 0.23).all()


def test_past_rfm_scores_order_future_purchases(sample):
    future = sample[sample["time"] > CALIBRATION_END].groupby("customer_id").size()
    table = rfm(sample, CALIBRATION_END, window_days=365)
    later = future.reindex(table.index, fill_value=0)
    by_frequency = later.groupby(table["f"]).mean()
    assert by_frequency.is_monotonic_increasing
    assert by_frequency.iloc[-1] > 5 * by_frequency.iloc[0]


def test_longer_inactivity_rules_are_more_precise_and_find_fewer(sample):
    later = set(sample["customer_id"][sample["time"] > CALIBRATION_END])
    rules = {days: inactive(sample, CALIBRATION_END, days) for days in (30, 60, 90, 180)}
    silent = pd.Series(~rules[30].index.isin(later), index=rules[30].index)
    quality = [rule_quality(flags, silent) for flags in rules.values()]
    precision = [q.precision for q in quality]
    recall = [q.recall for q in quality]
    assert precision == sorted(precision)
    assert recall == sorted(recall, reverse=True)
    assert precision[0] > silent.mean()


def test_undiscounted_historic_value_is_all_the_money_spent(master):
    values = clv_historic(master.assign(margin=master["amount"]), "1998-06-30", 0.0)
    assert len(values) == 23_570
    assert values.sum() == pytest.approx(master["amount"].sum())
    discounted = clv_historic(master.assign(margin=master["amount"]), "1998-06-30", 0.15)
    # nobody is followed for more than a year and a half
    assert (discounted <= values + 1e-9).all()
    assert (discounted >= values / 1.15**1.5 - 1e-9).all()
