"""Trials: a small world without any mechanism, one strength raised in it, and the figure that should move."""

from collections.abc import Callable
from dataclasses import dataclass

from sim.run import Run

Levers = dict[str, object]
World = tuple[tuple[str, object], ...]

SMALL: Levers = {  # a coffee shop, some two purchases a month
    "acquisition.opening_customers": 150,
    "acquisition.opening_weeks": 2,
    "acquisition.organic_leads_per_month": 0,
    "acquisition.paid_spend_per_month": 0,
    "clock.months": 4,
    "market.rate_shape": 3,
    "market.rate_scale_weeks": 6,
    "market.dropout_b": 8,
    "market.spend_heterogeneity": 30,
    "market.spend_scale": 29,
    "retention.service_quality": 8.1,
}
PLEASING: Levers = {"retention.service_quality": 9.6, "experience.commitment_speed": 0.4}
BUSY_DESK: Levers = {
    "experience.failure_rate": 0.1,
    "service.complaint_share": 0.8,
    "service.questions": 0.2,
    "service.self_service_share": 0.5,
    "service.simple_share": 0.3,
    "service.agents": 1,
    "service.handling_minutes": 120,
    "clock.months": 3,
}


# ---- figures that many trials look at


def lost(run: Run) -> float:
    """Share of the customers who were lost."""
    return float(run.truth["churned_at"].notna().mean())


def purchases(run: Run) -> float:
    """Purchases per customer."""
    return len(run.transactions) / len(run.customers)


def basket(run: Run) -> float:
    """Mean basket at full price, currency."""
    return float(run.transactions["amount"].mean())


def satisfaction(run: Run) -> float:
    """Mean satisfaction at the end, points of 10."""
    return float(run.truth["satisfaction"].mean())


# ---- trials


@dataclass(frozen=True)
class Trial:
    """A strength raised to `raised` in a world of levers; `sign` is the way in which `target` should move."""

    lever: str
    raised: float
    target: Callable[[Run], float]
    sign: int
    world: World
    home: str

    @property
    def raised_world(self) -> World:
        """The same world with the strength raised."""
        return _in_order({**dict(self.world), self.lever: self.raised})


def trial(
    lever: str, raised: float, target: Callable[[Run], float], sign: int, world: Levers, home: str = "coffee"
) -> Trial:
    """A trial in the small world with these levers; `home` is the scenario it comes from."""
    return Trial(lever, raised, target, sign, _in_order({**SMALL, **world}), home)


def _in_order(levers: Levers) -> World:
    return tuple(sorted(levers.items()))
