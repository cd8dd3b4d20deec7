"""Loyalty programs: one module per tool, behind one interface that the phases call."""

from sim.world.loyalty.department import Loyalty
from sim.world.loyalty.tool import NOBODY

__all__ = ["NOBODY", "Loyalty"]
