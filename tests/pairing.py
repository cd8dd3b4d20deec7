"""What the same luck saves in every bundled scenario: `python -m tests.pairing`.

The points per unit of spending are doubled, or, where there are none, another lever of the company is moved
by a step a manager could take; the variance ratio is that of the difference in CLV.
"""

import sys

import pandas as pd

import sim
from sim.experiments.compare import compare
from sim.scenario import Scenario

LEVERS = {
    "airline": "loyalty.points_per_unit",
    "coffee": "loyalty.points_per_unit",
    "grocery": "loyalty.points_per_unit",
    "hotel": "retention.service_quality",
    "pizza": "retention.service_quality",
    "retail": "retention.service_quality",
    "telco": "retention.service_quality",
}


def raised(scenario: Scenario) -> Scenario:
    """A bundled scenario with its lever raised: points doubled, or service better by half a point of 10."""
    lever = LEVERS[scenario.name]
    now = scenario[lever]
    return scenario.change({lever: 2 * now if lever.startswith("loyalty") else now + 0.5})


def pairing(scenario: Scenario, replications: int) -> float:
    """How many times as many replications the same interval of CLV would take with independent luck."""
    found = compare({"as it is": scenario, "raised": raised(scenario)}, replications=replications)
    return float(found.differences.loc[("raised", "clv"), "variance_ratio"])


def table(replications: int) -> pd.DataFrame:
    """One row a bundled scenario."""
    ratios = {name: pairing(sim.load(name), replications) for name in LEVERS}
    return pd.DataFrame({"lever": LEVERS, "variance_ratio": ratios})


if __name__ == "__main__":
    print(table(int(sys.argv[1]) if len(sys.argv) > 1 else 20).round(1).to_string())
