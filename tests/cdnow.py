"""The CDNOW 1/10 sample: 2,357 customers who first bought in early 1997, 18 months of purchases, in dollars.

The file travels inside the wheel of `lifetimes`, a test dependency; its code is not imported here.
"""

from functools import cache
from importlib.metadata import files
from pathlib import Path

import pandas as pd

CALIBRATION_END = pd.Timestamp("1997-09-30")
HOLDOUT_WEEKS = 39


@cache
def _sample() -> pd.DataFrame:
    (carried,) = (one for one in files("lifetimes") or [] if one.name == "CDNOW_sample.txt")
    names = ["master_id", "customer_id", "date", "discs", "amount"]
    kinds = {"master_id": str, "customer_id": str, "date": str}
    return pd.read_csv(Path(str(carried.locate())), sep=r"\s+", header=None, names=names, dtype=kinds)


def cdnow_log() -> pd.DataFrame:
    """The log as a company would hold it: customer_id ('0001'), date (datetime), amount (dollars)."""
    log = _sample()[["customer_id", "date", "amount"]].copy()
    log["date"] = pd.to_datetime(log["date"], format="%Y%m%d")
    return log
