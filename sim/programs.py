"""Ready loyalty programs that fit any scenario: each of the four tools, sized to what customers spend there.

All numbers of the presets are design choices and stand here; what a tool's other levers say stays as the
scenario has it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from scipy import special

from sim.levers import Market
from sim.luck import Floats, Numbers
from sim.scenario import TOOLS, Lever, Scenario, ScenarioError, levers

WEEKS_PER_YEAR = 365 / 7

PURCHASES_TO_REWARD = 10
REWARD_SHARE = 0.05  # of what was spent for it: the value of a reward
LEAST_POINTS = 5  # that a mean basket earns, as points are whole
EXPIRY_MONTHS = 12  # without a purchase
POINTS: dict[str, Any] = {"loyalty.points_per_visit": 0.0, "loyalty.expiry": "rolling"}

DISCOUNTS: dict[str, Any] = {
    "discounts.depth": 0.15,
    "discounts.deals_per_year": 6,
    "discounts.deal_days": 7,
    "discounts.audience": "everybody",
}

REBATES: dict[str, Any] = {"rebates.rate": 0.08, "rebates.deadline_days": 30}

TOP_SHARES = {"silver": 0.2, "gold": 0.05, "platinum": 0.01}
"""Of customers by yearly spend: those whom each tier is for, were all of them members who stay."""
BENEFIT_SHARE = 0.01  # of the spend that silver takes: what privileges cost, per level
PRIVILEGES: dict[str, Any] = {
    "privileges.period": "rolling",
    "privileges.period_months": 12,
    "privileges.validity_months": 12,
    "privileges.landing": "soft",
    "privileges.points_bonus": 0.25,
    "privileges.priority_level": 2,
}


_BY_NAME: Mapping[str, Lever] = {lever.name: lever for lever in levers()}


def add_program(scenario: Scenario, *tools: str) -> Scenario:
    """The same company with these loyalty tools: "points", "discounts", "rebates", "privileges".

    Their levers are set to a preset that fits the scenario's baskets, yearly spend and margin; other tools
    and `changes` stay as they are. No program at all is `scenario.without_program()`. ScenarioError for a
    tool that there is not.
    """
    require_tools(tools)
    return scenario.change({name: value for tool in tools for name, value in preset(scenario, tool).items()})


def require_tools(tools: Iterable[object]) -> None:
    """ScenarioError unless all of these are names of loyalty tools."""
    for tool in tools:
        if tool not in TOOLS:
            raise ScenarioError(f"there is no loyalty tool {tool!r}; allowed: {', '.join(map(repr, TOOLS))}")


def preset(scenario: Scenario, tool: str) -> dict[str, Any]:
    """The levers of one tool by dotted name, with the values that fit this scenario."""
    fitted = {"points": _points, "discounts": _discounts, "rebates": _rebates, "privileges": _privileges}
    return _within_bounds(fitted[tool](scenario))


def mean_basket(market: Market) -> float:
    """Expected amount of a purchase, currency: p gamma / (q - 1), the mean of the Gamma-Gamma model."""
    return market.spend_shape * market.spend_scale / (market.spend_heterogeneity - 1)


def basket_quantile(market: Market, share: Numbers) -> Floats:
    """Mean basket (currency) of the customer below whom this share of customers lie: p gamma / Gamma(q)."""
    scale = market.spend_shape * market.spend_scale
    return np.asarray(scale / special.gammainccinv(market.spend_heterogeneity, share))


def purchases_quantile(market: Market, share: Numbers) -> Floats:
    """Purchases a year of the customer below whom this share of customers lie: Gamma(r, alpha).

    Under contract everybody pays 12 / billing_months bills.
    """
    if market.churn_model == "sbg":
        return np.full(np.shape(share), 12 / market.billing_months)
    return np.asarray(
        WEEKS_PER_YEAR / market.rate_scale_weeks * special.gammaincinv(market.rate_shape, share)
    )


def spend_quantile(market: Market, share: Numbers) -> Floats:
    """Yearly spend (currency) below which this share of customers lie, as long as they are customers.

    Purchases a year are gamma, the mean basket inverse gamma and independent of them: the product is a beta
    prime variate of shapes r and q times 52 p gamma / alpha. Under contract the first factor is constant.
    """
    if market.churn_model == "sbg":
        return 12 / market.billing_months * basket_quantile(market, share)
    scale = WEEKS_PER_YEAR / market.rate_scale_weeks * market.spend_shape * market.spend_scale
    beta = special.betaincinv(market.rate_shape, market.spend_heterogeneity, share)
    return np.asarray(scale * beta / (1 - beta))


def _points(scenario: Scenario) -> dict[str, Any]:
    """A point for each unit of currency, more only where baskets are too small to earn whole ones."""
    basket = mean_basket(scenario.market)
    per_unit = _possible(_BY_NAME["loyalty.points_per_unit"], max(1.0, _rounded(LEAST_POINTS / basket)))
    reward_points = _rounded(PURCHASES_TO_REWARD * basket * per_unit)
    value = REWARD_SHARE * reward_points / per_unit
    return POINTS | {
        "loyalty.points_per_unit": per_unit,
        "loyalty.reward_points": reward_points,
        "loyalty.reward_value": value,
        "loyalty.reward_cost": value * (1 - scenario.finance.gross_margin),
        "loyalty.expiry_months": max(EXPIRY_MONTHS, _months_between_bills(scenario.market)),
    }


def _discounts(scenario: Scenario) -> dict[str, Any]:
    return DISCOUNTS


def _rebates(scenario: Scenario) -> dict[str, Any]:
    return REBATES


def _privileges(scenario: Scenario) -> dict[str, Any]:
    """Thresholds at quantiles of the yearly spend."""
    spend = {tier: spend_quantile(scenario.market, 1 - top) for tier, top in TOP_SHARES.items()}
    thresholds = {f"privileges.{tier}_spend": _rounded(float(value)) for tier, value in spend.items()}
    cost = BENEFIT_SHARE * thresholds["privileges.silver_spend"] / 12
    return PRIVILEGES | thresholds | {"privileges.benefit_cost": cost}


def _months_between_bills(market: Market) -> float:
    """Of a contract, rounded up; nobody's points may expire from one bill to the next."""
    return np.ceil(market.billing_months) + 1 if market.churn_model == "sbg" else 0.0


def _rounded(value: float) -> float:
    """To two significant digits: a number for a leaflet."""
    return float(f"{value:.2g}")


def _within_bounds(values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers within what their levers allow, whole where they must be, money of any currency to 3 digits."""
    return {name: _possible(_BY_NAME[name], value) for name, value in values.items()}


def _possible(lever: Lever, value: Any) -> Any:
    if lever.choices:
        return value
    assert lever.low is not None and lever.high is not None
    bounded = min(max(value, lever.low), lever.high)
    return round(bounded) if lever.kind is int else float(f"{bounded:.3g}")
