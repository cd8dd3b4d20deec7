"""Key figures of customer relationship management, as formulas on plain numbers and tables.

They know nothing of the simulator and work the same on a real log: a table of transactions has the columns
customer_id, time (datetime64 without zone) and amount. Each states its formula, unit, time base and source.
"""

from .acquisition import cac, cac_by_channel, marginal_cac
from .liability import deferred_revenue, expected_redemptions, points_liability, released_revenue
from .loyalty import (
    active_rate,
    breakage_by_cohort,
    enrolment_rate,
    member_margin,
    never_redeemed_share,
    program_cost_ratio,
    redemption_rate,
    return_on_program,
    sales_penetration,
)
from .retention import (
    RuleQuality,
    churn_rate,
    cohort_retention,
    compound,
    inactive,
    period_retention,
    retention_rate,
    rule_quality,
    survival,
)
from .rfm import rfm
from .satisfaction import Score, csat, csat_by, nps, nps_by, nps_votes
from .value import clv_contractual_after, clv_contractual_now, clv_historic, clv_predictive, clv_simple

__all__ = [
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
