"""The ways to fly: panels of the flight deck, each made when it is first opened."""

from sim.lab.ways.way import Way

__all__ = ["WAYS", "Way"]

WAYS: dict[str, type[Way]] = {}
"""By the words on the button that opens it."""
