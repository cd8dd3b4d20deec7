"""What a sale costs, as shares of its amount: the one place that the books and the departments read."""

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
