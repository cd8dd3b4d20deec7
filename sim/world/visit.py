"""What departments hand to each other while customers buy."""

from typing import NamedTuple

import numpy as np

from sim.luck import Draws, Floats
from sim.world.customers import Rows
from sim.world.journal import Records

NO_LUCK: Floats = np.empty(0)
"""In place of the draws of what cannot happen."""


class Visit(NamedTuple):
    """One purchase each of different customers, as they are being made; columns of shape (n,).

    who      customers' rows
    time     day of the purchase
    luck     draws by purpose: normal scores for baskets, visits and kitchen work, uniforms for all else; they
             are gone when the next purchases are made
    records  the purchases in the journal, which each department reads and fills in. Loyalty tools change
             amount (currency at full price) and discount, write points_earned, and add to reward_cost
             (currency)
    favour   what loyalty tools add to the experience, points of 10
    """

    who: Rows
    time: Floats
    luck: Draws
    records: Records
    favour: Floats
