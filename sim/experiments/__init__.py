"""Experiments: runs of several worlds with the same luck, compared customer by customer."""

from sim.experiments.program import program_effect, program_effect_by_buyer, program_effect_by_month

__all__ = ["program_effect", "program_effect_by_buyer", "program_effect_by_month"]
