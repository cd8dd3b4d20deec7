"""Rebuild the data sets of this folder, byte for byte: `python datasets/build.py`."""

from pathlib import Path

import pandas as pd

import sim

HERE = Path(__file__).parent


def shop_log() -> pd.DataFrame:
    """What an online shop would export: customer_id, date, amount of 1,000 customers in 18 months."""
    shop = sim.load("retail").base().change({"acquisition.opening_customers": 1000})
    sales = sim.simulate(shop, seed=1997).transactions
    return pd.DataFrame(
        {"customer_id": sales["customer_id"], "date": sales["time"].dt.date, "amount": sales["paid"]}
    )


def build(folder: Path) -> None:
    """Write all data sets into a folder."""
    shop_log().to_csv(folder / "shop_log.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    build(HERE)
