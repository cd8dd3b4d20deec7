"""What a sale costs, as shares of its amount, and money to the cent: one place for books and departments."""

import numpy as np

from sim.compiled import compiled
from sim.scenario import Scenario
from sim.world.experience import product_cost


def service_share(scenario: Scenario) -> float:
    """Quality and product levels beyond the market's norm, as a share of sales; negative below the norm."""
    retention = scenario.retention
    quality = retention.quality_cost * (retention.service_quality - retention.market_standard)
    return quality + product_cost(scenario.product)


def cost_of_sales_share(scenario: Scenario) -> float:
    """Cost of goods and of service at every sale, as a share of its amount."""
    return 1 - scenario.finance.gross_margin + service_share(scenario)


@compiled
def to_the_cent(amount: float) -> float:
    """Money as it is paid, for compiled loops."""
    return np.rint(amount * 100) / 100
