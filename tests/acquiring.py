"""The acquisition department alone: its leads, contacts, invoices and customers, month by month."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.luck import Luck
from sim.scenario import Scenario
from sim.world.acquisition import Acquisition
from sim.world.customers import Customers
from sim.world.journal import Journal

SEED = 11
MONTH = 365.25 / 12
WITHOUT_OPENING = Scenario().base().change({"acquisition.opening_customers": 0})


@dataclass
class Department:
    """An acquisition department at work, with the customers and the journal it writes."""

    acquisition: Acquisition
    customers: Customers
    journal: Journal
    months: int = 0

    def work(self, months: int) -> "Department":
        """Admit the leads of that many months more, each of mean length."""
        for _ in range(months):
            self.months += 1
            self.acquisition.admit(self.months * MONTH)
        return self

    def table(self, name: str) -> pd.DataFrame:
        return pd.DataFrame(self.journal.read(name))

    def followed(self) -> pd.DataFrame:
        """Leads with their contact: NaN where there was none."""
        contacts = self.table("contacts").rename(columns={"day": "contacted"})
        return self.table("leads").merge(contacts, on="key", how="left", validate="one_to_one")


def department(levers: Mapping[str, object], seed: int = SEED) -> Department:
    """A department without opening customers and with all strengths at 0, but for these levers."""
    customers, journal = Customers(), Journal()
    scenario = WITHOUT_OPENING.change(levers)
    return Department(Acquisition(scenario, Luck(seed), customers, journal), customers, journal)


def traits_by_key(company: Department) -> pd.DataFrame:
    """Who became a customer and when, with the hidden traits."""
    names = ("key", "channel", "acquired_at", "next_purchase", "rate", "dropout", "spend_rate", "premium")
    table = pd.DataFrame({name: np.array(getattr(company.customers, name)) for name in names})
    return table.set_index("key").sort_index()
