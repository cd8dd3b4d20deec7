"""`crm-sim`: the simulator for people who live in a terminal.

Data go to standard output and nothing else does; messages, progress and errors go to standard error.
"""

from sim.cli.entry import main

__all__ = ["main"]
