"""What sim.kpi promises as a room: its names, its independence, its docstrings."""

import ast
import inspect
from pathlib import Path

import pandas as pd
import pytest

import sim.kpi as kpi

NAMES = [
    "RuleQuality",
    "Score",
    "active_rate",
    "breakage_by_cohort",
    "cac",
    "cac_by_channel",
    "churn_rate",
    "clv_contractual_after",
    "clv_contractual_now",
    "clv_historic",
    "clv_predictive",
    "clv_simple",
    "cohort_retention",
    "compound",
    "csat",
    "csat_by",
    "deferred_revenue",
    "enrolment_rate",
    "expected_redemptions",
    "inactive",
    "marginal_cac",
    "member_margin",
    "never_redeemed_share",
    "nps",
    "nps_by",
    "nps_votes",
    "period_retention",
    "points_liability",
    "program_cost_ratio",
    "redemption_rate",
    "released_revenue",
    "retention_rate",
    "return_on_program",
    "rfm",
    "rule_quality",
    "sales_penetration",
    "survival",
]
LOG = pd.DataFrame(
    {"customer_id": [1], "time": pd.to_datetime(["2024-01-01"]), "amount": [5.0], "margin": [2.0]}
)
FILES = sorted(Path(inspect.getfile(kpi)).parent.glob("*.py"))


def test_the_public_names_are_these():
    assert kpi.__all__ == NAMES
    assert all(hasattr(kpi, name) for name in NAMES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_file_imports_another_room_of_the_project(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level <= 1
            assert node.level == 1 or (node.module or "").split(".")[0] != "sim"
        elif isinstance(node, ast.Import):
            assert all(alias.name.split(".")[0] != "sim" for alias in node.names)


@pytest.mark.parametrize("name", [name for name in NAMES if name.islower()])
def test_every_kpi_shows_a_worked_example(name):
    assert ">>>" in inspect.getdoc(getattr(kpi, name))


@pytest.mark.parametrize(
    ("call", "columns"),
    [
        (lambda log: kpi.cohort_retention(log), ["customer_id", "time"]),
        (lambda log: kpi.period_retention(log), ["customer_id", "time"]),
        (lambda log: kpi.inactive(log, "2024-02-01", 30), ["customer_id", "time"]),
        (lambda log: kpi.rfm(log, "2024-02-01", 30), ["customer_id", "time", "amount"]),
        (lambda log: kpi.clv_historic(log, "2024-02-01", 0.1), ["customer_id", "time", "margin"]),
    ],
)
def test_a_kpi_needs_only_its_own_columns_and_names_the_one_that_is_missing(call, columns):
    call(LOG[columns])
    for column in columns:
        with pytest.raises(ValueError, match=f"transactions needs a column '{column}', but has only: "):
            call(LOG.drop(columns=column))
