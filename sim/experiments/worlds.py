"""The worlds of an experiment: scenarios under labels, fit to be compared."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sim.scenario import Scenario


def labelled(scenarios: Any) -> dict[str, Scenario]:
    """Two or more scenarios by label: those of a mapping, or names made unique: coffee, coffee (2).

    TypeError for what is no Scenario or label; ValueError for fewer than two, and for a currency or length
    other than the first's: money of two currencies has no difference, and neither have totals of two spans.
    """
    if isinstance(scenarios, Scenario) or not isinstance(scenarios, Iterable):
        scenarios = [scenarios]  # a Scenario can be iterated, too
    worlds = dict(scenarios) if isinstance(scenarios, Mapping) else _by_name(scenarios)
    for label, scenario in worlds.items():
        _require_scenario(scenario)
        if not isinstance(label, str):
            raise TypeError(f"the label of a world is {label!r}; allowed: a text")
    if len(worlds) < 2:
        raise ValueError(f"there are {len(worlds)} scenarios to compare; allowed: two or more")
    _require_alike(worlds)
    return worlds


def _by_name(scenarios: Iterable[Scenario]) -> dict[str, Scenario]:
    worlds: dict[str, Scenario] = {}
    count: Counter[str] = Counter()
    for scenario in scenarios:
        _require_scenario(scenario)
        count[scenario.name] += 1
        label = scenario.name
        while label in worlds:
            label = f"{scenario.name} ({count[scenario.name]})"
            count[scenario.name] += label in worlds
        worlds[label] = scenario
    return worlds


def _require_scenario(scenario: object) -> None:
    if not isinstance(scenario, Scenario):
        raise TypeError(f"a world is a Scenario, such as sim.load('coffee'); got {scenario!r}")


def _require_alike(worlds: dict[str, Scenario]) -> None:
    (base, first), *others = worlds.items()
    for label, scenario in others:
        for what, one, other in (
            ("currency", first.currency, scenario.currency),
            ("clock.months", first.clock.months, scenario.clock.months),
        ):
            if one != other:
                raise ValueError(
                    f"{what} is {one!r} in {base!r} and {other!r} in {label!r}; "
                    "allowed: the same in all worlds that are compared"
                )
