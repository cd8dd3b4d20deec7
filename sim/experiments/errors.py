"""How an experiment can end before its time; apart, as who catches these need not import the simulator."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiments.replicate import Replications


class ExperimentError(RuntimeError):
    """A run of an experiment failed; `replications` holds what the others gave."""

    def __init__(self, text: str, replications: "Replications[Any]") -> None:
        super().__init__(text)
        self.replications = replications


class ExperimentInterrupted(KeyboardInterrupt):
    """Somebody stopped an experiment; `finished` has one row a run that was finished, as `runs` would."""

    def __init__(self, text: str, finished: "pd.DataFrame") -> None:
        super().__init__(text)
        self.finished = finished
