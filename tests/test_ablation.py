"""Each strength, raised alone, moves its own figure as expected: the table of `python -m tests.ablation`."""

import pytest

import sim
from ablation import TRIALS_OF_ALL, agrees, effect
from trials import Trial


@pytest.mark.parametrize("trial", TRIALS_OF_ALL, ids=lambda one: one.lever)
def test_strength_moves_its_figure_as_expected(trial: Trial) -> None:
    assert agrees(trial), effect(trial)


def test_no_strength_is_missing() -> None:
    assert {one.lever for one in TRIALS_OF_ALL} == {one.name for one in sim.levers() if one.strength}


def test_every_trial_raises_its_strength_alone() -> None:
    for one in TRIALS_OF_ALL:
        assert dict(one.world).get(one.lever, 0) < one.raised
