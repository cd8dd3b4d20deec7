"""The tables of a run are in order, whatever order things were recorded in."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.world.tables import FEW, _sorted_by

ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4)), max_size=8 * FEW)


@given(ROWS)
def test_rows_are_ordered_by_day_then_customer_then_as_recorded(rows):
    day, key = np.array(rows, float).reshape(-1, 2).T
    np.testing.assert_array_equal(_sorted_by(day, key.astype(np.int64)), np.lexsort((key, day)))
