"""When points lapse: which of them do at a statement, and at which statement a new lot will."""

import numpy as np
from numpy.typing import NDArray

from sim.levers import Loyalty
from sim.world.churn import MONTH
from sim.world.customers import Customers
from sim.world.journal import Column
from sim.world.loyalty.accounts import Whole


class Expiry:
    """What lapses at the monthly statements; pending points never do.

    "fixed": all active points, at every expiry_months-th statement of the run. "rolling": all active points
    of those who last bought more than expiry_months ago. "lot": lots that became active by the statement
    expiry_months earlier. The age of a lot counts from the day on which it became active, so lots lapse in
    the order in which they would be redeemed; terms of expiry that come later hold for older lots too.
    """

    def __init__(self, all_terms: list[Loyalty], customers: Customers) -> None:
        self._customers = customers
        self._rulers: dict[int, Whole] = {}
        self._remembered = max((one.expiry_months for one in all_terms if one.expiry == "lot"), default=0)

    def lapsing(self, terms: Loyalty, number: int, now: float) -> Whole:
        """Points of every customer that lapse at the statement `number` on the day `now`."""
        customers, months = self._customers, terms.expiry_months
        active = customers.active_points
        if terms.expiry == "fixed":
            return active * ((number + 1) % months == 0)
        if terms.expiry == "rolling":
            return active * (now - customers.last_purchase > months * MONTH)
        if terms.expiry == "lot" and number - months in self._rulers:
            return self._older_than(self._rulers[number - months])
        return np.zeros(len(customers), np.int64)

    def close(self, number: int) -> None:
        """Remember how long the rulers are after the statement `number`, as far as any terms will ask."""
        if self._remembered:
            self._rulers[number] = self._customers.active_points + self._customers.points_spent
            self._rulers.pop(number - self._remembered, None)

    def _older_than(self, ruler: Whole) -> Whole:
        """What is left of the lots on these rulers of an earlier day; later customers had none."""
        old = np.zeros(len(self._customers), np.int64)
        old[: len(ruler)] = ruler
        return np.maximum(old - self._customers.points_spent, 0)


def last_statement(terms: Loyalty, first: Column) -> NDArray[np.int64]:
    """Number of the statement at which lots lapse, -1 if none can be told; `first` is the first they can.

    Under "fixed" the next one that ends an expiry period, under "lot" expiry_months later.
    """
    months = terms.expiry_months
    if terms.expiry == "fixed":
        return (first // months + 1) * months - 1
    return first + months if terms.expiry == "lot" else np.full(len(first), -1)
