"""Summaries for runs that live in processes of their own, which therefore load this small module alone."""

import gc
import os

import pandas as pd

from sim import Run


def process_id(run: Run) -> "pd.Series[int]":
    """Where the run lived."""
    return pd.Series({"process": os.getpid()})


def frozen(run: Run) -> "pd.Series[int]":
    """Objects that the garbage collector passes over where the run lived."""
    return pd.Series({"objects": gc.get_freeze_count()})


def deadly(bad: int, run: Run) -> "pd.Series[float]":
    """The KPIs, but the process dies of one seed."""
    if run.seed == bad:
        os._exit(3)
    return run.kpis()
