"""The ways to fly: panels of the flight deck, each made when it is first opened."""

from sim.lab.ways.one_customer import OneCustomer
from sim.lab.ways.predict import Predict
from sim.lab.ways.replications import Replicate
from sim.lab.ways.share import Share
from sim.lab.ways.time_lapse import TimeLapse
from sim.lab.ways.time_machine import TimeMachine
from sim.lab.ways.way import Way

__all__ = ["WAYS", "Way"]

WAYS: dict[str, type[Way]] = {
    Predict.TITLE: Predict,
    Replicate.TITLE: Replicate,
    TimeMachine.TITLE: TimeMachine,
    TimeLapse.TITLE: TimeLapse,
    OneCustomer.TITLE: OneCustomer,
    Share.TITLE: Share,
}
"""By the words on the button that opens it."""
