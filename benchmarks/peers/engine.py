"""This engine: SimPy departments over a customer table, everybody who is due served in vectorised passes.

More is done than the others do: every random number is keyed by customer and purpose, so that worlds can be
compared as twins; customers carry the state of all mechanisms, none of which acts here; the journal records
every purchase with its episode. The base model reviews customers once a month.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.base_model import SEED, BaseModel, Log
from sim.luck import Floats
from sim.world.customers import NEVER
from sim.world.simulate import World


@dataclass(frozen=True)
class Recorded(Log):
    """A log that is in the journal, in the blocks in which it was recorded, like that of the NumPy loop."""

    world: World

    def columns(self) -> tuple[Floats, ...]:
        """The blocks joined."""
        journal = self.world.journal.read("transactions")
        return journal["row"], journal["day"] / 7, journal["amount"]


def run(model: BaseModel) -> Log:
    """Let all customers live until the horizon."""
    world = World(model.scenario, SEED)
    world.run()
    return Recorded((), int(np.count_nonzero(world.customers.churned_at == NEVER)), world)
