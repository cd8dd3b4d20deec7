"""Models fitted to tables of customers, real or simulated; `calibrate` turns a real log into a scenario.

>>> import pandas as pd
>>> days = ["2024-01-01", "2024-01-15", "2024-01-08"]
>>> log = pd.DataFrame({"client": ["a", "a", "b"], "day": days, "paid": [5, 7, 9]})
>>> transactions = read_log(log).transactions
>>> summary = customer_summary(transactions, as_of="2024-01-29")
>>> summary[["repeat_purchases", "last_purchase_weeks", "observed_weeks"]]
             repeat_purchases  last_purchase_weeks  observed_weeks
customer_id
a                           1                  2.0             4.0
b                           0                  0.0             3.0
"""

from sim.analytics.bgnbd import BGNBD
from sim.analytics.gammagamma import GammaGamma
from sim.analytics.log import Log, LogError, LogSummary, read_log
from sim.analytics.paretonbd import ParetoNBD
from sim.analytics.summary import customer_summary
from sim.analytics.value import predicted_clv

__all__ = [
    "BGNBD",
    "GammaGamma",
    "Log",
    "LogError",
    "LogSummary",
    "ParetoNBD",
    "customer_summary",
    "predicted_clv",
    "read_log",
]
