"""The company's own records, as other programs take them."""

from sim.records.csv_files import export

__all__ = ["export"]
