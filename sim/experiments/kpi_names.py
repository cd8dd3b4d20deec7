"""The KPIs of a run in words: label, unit, and which way is better.

What every comparison, chart, report and command line writes beside a number. The standard errors `clv_se`,
`nps_se` and `csat_se` are not among them: they say how sure one run is, replications say it better.
"""

from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np


@dataclass(frozen=True, slots=True)
class Kpi:
    """How a KPI of `Run.kpis` is called and written.

    unit     of the number as it is in the tables; "currency" stands for the scenario's, and a "share"
             (0 to 1) is written as a percentage
    better   +1 more is better, -1 less is, 0 neither by itself: what has to be bought with discounts or
             rewards, such as purchases, is no success before `profit` says so
    digits   decimals of the number as it is written
    """

    label: str
    unit: str
    better: int
    digits: int = 0

    def text(self, value: float, currency: str, sign: str = "") -> str:
        """The number with its unit, for people; sign "+" shows it; NaN is "none".

        >>> KPIS["churn_rate_per_month"].text(-0.0031, "EUR", "+"), KPIS["clv"].text(1234.567, "EUR")
        ('−0.31 % per month', '1,234.57 EUR per customer')
        """
        return f"{self.number(value, sign)} {self.unit_text(currency)}".strip()

    def number(self, value: float, sign: str = "") -> str:
        """The number alone, as it goes with `unit_text`; 0 has no sign."""
        if np.isnan(value):
            return "none"
        shown = round(value * (100.0 if self._is_share else 1.0), self.digits) + 0.0  # no -0
        return f"{shown:{sign if shown else ''},.{self.digits}f}".replace("-", "−")

    def unit_text(self, currency: str) -> str:
        """The unit as it is written: % for a share, the scenario's currency by its code."""
        return self.unit.replace("currency", currency).replace("share", "%")

    def heading(self, currency: str) -> str:
        """Label and unit, for the head of a table or an axis; a unit that the label says is not repeated.

        >>> KPIS["profit"].heading("EUR"), KPIS["lost_customers"].heading("EUR")
        ('Profit, EUR', 'Lost customers')
        """
        unit = self.unit_text(currency)
        return self.label if unit in self.label.lower() else f"{self.label}, {unit}"

    @property
    def _is_share(self) -> bool:
        return self.unit.startswith("share")


KPIS = {
    "clv": Kpi("CLV", "currency per customer", +1, 2),
    "profit": Kpi("Profit", "currency", +1),
    "revenue": Kpi("Revenue", "currency", +1),
    "margin": Kpi("Margin before rewards", "currency", +1),
    "churn_rate_per_month": Kpi("Churn", "share per month", -1, 2),
    "retention_rate_per_month": Kpi("Retention", "share per month", +1, 2),
    "nps": Kpi("NPS", "−100 to 100", +1, 1),
    "csat": Kpi("CSAT", "% of answers", +1, 1),
    "customers": Kpi("Customers ever", "customers", 0, 1),
    "new_customers": Kpi("New customers", "customers", 0, 1),
    "active_customers": Kpi("Customers at the end", "customers", 0, 1),
    "lost_customers": Kpi("Lost customers", "customers", 0, 1),
    "purchases": Kpi("Purchases", "purchases", 0, 1),
    "products_per_customer": Kpi("Products", "per customer", 0, 3),
    "leads": Kpi("Leads", "leads", 0, 1),
    "conversion_rate": Kpi("Conversion", "share of leads", +1, 1),
    "cac": Kpi("CAC", "currency per new customer", -1, 2),
    "tickets": Kpi("Tickets", "tickets", 0, 1),
    "ticket_wait_hours": Kpi("Wait for an answer", "hours", -1, 2),
    "members": Kpi("Members", "members", 0, 1),
    "points_liability": Kpi("Points liability", "currency at the end", -1),
}
"""By the name in `Run.kpis`, the most looked-at first."""


def require_kpi(name: str) -> None:
    """ValueError with a suggestion unless it is the name of a KPI."""
    if name not in KPIS:
        close = get_close_matches(str(name), KPIS, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ValueError(f"{name!r} is no KPI{hint} (allowed: {', '.join(KPIS)})")
