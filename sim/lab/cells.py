"""What stands in each cell of the 3 x 3 grid: its main lever, the figure it answers to, its sections."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sim.lab.tiles import Tile, tile
from sim.scenario import TOOLS, Lever, Scenario, levers

PHASES = ("acquisition", "retention", "extension")
CAPABILITIES = ("marketing orientation", "value creation", "innovative IT")


@dataclass(frozen=True)
class Cell:
    """One cell: the lever that is always in reach, and the one figure of the run that it answers to.

    nothing  why the figure is missing, where it is
    needs    levers without which the main lever reaches nobody, and how that is said
    """

    lever: str
    figure: Tile
    nothing: str = "no customers"
    needs: Mapping[str, str] | None = None

    def idle(self, scenario: Scenario) -> str:
        """Why the main lever reaches nobody in this scenario; empty where it reaches somebody."""
        return next((words for name, words in (self.needs or {}).items() if not _stands(scenario, name)), "")


def _stands(scenario: Scenario, name: str) -> bool:
    return bool(scenario.ladder if name == "ladder" else scenario[name])


_LADDER = {"ladder": "nothing further to offer"}
_OFFERS = _LADDER | {"extension.offers_share": "no offers are made"}

CELLS = {
    "Acquisition · marketing orientation": Cell(
        "acquisition.paid_spend_per_month",
        tile("cac", "Marketing and sales for each customer won; customers of the opening cost nothing."),
        "nobody won",
    ),
    "Retention · marketing orientation": Cell(
        "loyalty.points_per_unit",
        tile("churn_rate_per_month", "Share of customers lost in a month, whom the program is to hold."),
    ),
    "Extension · marketing orientation": Cell(
        "extension.offers_share",
        tile("products_per_customer", "Products that a customer holds in the end, the first one counted."),
        needs=_LADDER,
    ),
    "Acquisition · value creation": Cell(
        "word_of_mouth.referrals_per_promoter",
        replace(
            tile("leads", "People who showed interest, among them those whom promoters sent."),
            unit="in all", digits=0,
        ),
    ),
    "Retention · value creation": Cell(
        "retention.service_quality",
        tile("nps", "Promoters (9-10) less detractors (0-6) in percent of all answers."),
        "no answers",
    ),
    "Extension · value creation": Cell(
        "extension.upsell_share",
        tile("clv", "Mean over all customers: discounted margins less the cost of acquisition."),
        needs=_OFFERS,
    ),
    "Acquisition · innovative IT": Cell(
        "acquisition.paid_conversion",
        tile("conversion_rate", "Share of leads that became customers."),
        "no leads",
        {"acquisition.paid_spend_per_month": "no paid marketing"},
    ),
    "Retention · innovative IT": Cell(
        "service.self_service_share",
        replace(
            tile("ticket_wait_hours", "Mean wait of a ticket before somebody takes it up."),
            label="Wait", unit="minutes", scale=60.0,
        ),
        "no tickets",
    ),
    "Extension · innovative IT": Cell(
        "extension.relevance",
        tile("products_per_customer", "Products that a customer holds in the end, the first one counted."),
        needs=_OFFERS,
    ),
}  # fmt: skip
"""By the title of the cell, row by row."""

SECTIONS = {
    "loyalty": "Points",
    "discounts": "Discounts",
    "rebates": "Rebates",
    "privileges": "Privileges",
    "retention": "Quality",
    "experience": "Delight and failure",
    "product": "Product",
    "fulfilment": "Delivery",
    "service": "Service desk",
    "surveys": "Surveys",
    "acquisition": "Marketing",
    "sales": "Sales",
    "word_of_mouth": "Word of mouth",
    "extension": "Offers and parting",
}
"""What the sections of a scenario are called inside a cell."""

_SWITCHES = {
    "loyalty": TOOLS["points"],
    **{tool: TOOLS[tool] for tool in ("discounts", "rebates", "privileges")},
    "experience": ("experience.delight_rate", "experience.failure_rate"),
    "fulfilment": ("fulfilment.capacity",),
    "sales": ("sales.representatives",),
    "extension": ("extension.offers_share", "extension.termination_share"),
}
"""The levers that switch a section off where they are all 0; other sections are always in use."""


def decisions() -> dict[str, list[Lever]]:
    """The levers a company decides on, by cell of the 3 x 3 grid, row by row.

    The loyalty program, which the lessons turn to first, leads its cells.
    """
    cells = {f"{phase} / {capability}": list[Lever]() for capability in CAPABILITIES for phase in PHASES}
    for lever in sorted(levers(), key=lambda one: not one.name.startswith("loyalty.")):
        if lever.cell:
            cells[lever.cell].append(lever)
    return {sentence(cell.replace(" / ", " · ")): group for cell, group in cells.items()}


def surroundings() -> dict[str, list[Lever]]:
    """The other levers, which describe the market and the mechanisms, by section of the scenario."""
    sections: dict[str, list[Lever]] = {}
    for lever in levers():
        if not lever.cell:
            sections.setdefault(sentence(section_of(lever.name).replace("_", " ")), []).append(lever)
    return sections


def section_of(name: str) -> str:
    """The section of the scenario that the lever of this name is in."""
    return name.partition(".")[0]


def by_section(group: Iterable[Lever]) -> dict[str, list[Lever]]:
    """Levers by section, in their order."""
    sections: dict[str, list[Lever]] = {}
    for lever in group:
        sections.setdefault(section_of(lever.name), []).append(lever)
    return sections


def in_use(section: str, scenario: Scenario) -> bool:
    """Whether a section does anything in this scenario."""
    switches = _SWITCHES.get(section, ())
    return not switches or any(scenario[name] for name in switches)


def sentence(words: str) -> str:
    """With a capital letter."""
    return words[0].upper() + words[1:]
