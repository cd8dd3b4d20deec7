"""The classroom: a company for each student, checks that answer at once, grading for the instructor.

>>> from sim import classroom
>>> ana, ben = (classroom.world(who, "03_retention") for who in ("ana", "ben"))
>>> ana.scenario == ben.scenario, ana.seed == ben.seed
(False, False)
"""

from sim.classroom.assignment import Assignment, NotAttempted, WrongAnswer
from sim.classroom.card import CardError
from sim.classroom.recipes import assignments
from sim.classroom.world import World, mine, world

__all__ = ["Assignment", "CardError", "NotAttempted", "World", "WrongAnswer", "assignments", "mine", "world"]
