"""The program designer as a notebook widget: tools and levers, and what three people see of the program."""

from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from sim.lab import designer_tables as tables
from sim.lab.console import Console, html_line
from sim.lab.designer_chart import AccountsPicture
from sim.lab.designer_views import accountant_view, customer_view, manager_view
from sim.lab.draft import Draft
from sim.lab.flight import differences
from sim.lab.tool_levers import ToolLevers
from sim.levers.changes import Change
from sim.scenario import PROGRAMS, TOOLS, Scenario

VIEWS = ("customer", "manager", "accountant")


class ProgramDesigner(Console[Draft]):
    """A loyalty program of points, discounts, rebates and privileges, or of none, and what it does.

    What hands do on the screen, these methods do from code: `use`, `change`, `reset`, `reseed`, `choose`,
    `save`. `views` (customer, manager, accountant), `chart`, `caption` and `status` are what is shown;
    `baseline` is the same company without any program, under the same luck. See `Console` for what cannot be.
    """

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools that are switched on."""
        return self._flight.tools

    def use(self, *tools: str) -> None:
        """Switch these tools on and all others off: `use("points", "privileges")`; without a name: none.

        A tool comes with what it stood at when it was switched off, or else with its preset.
        """
        self._fly(lambda: self._flight.use(*tools))

    def _board(self, scenario: Scenario | str | Path, seed: int) -> Draft:
        return Draft(scenario, seed)

    def _tools(self) -> list[widgets.Widget]:
        none = self._button("No program", "Switch all tools off", self.use)
        return [none, *super()._tools()]

    def _stand(self, name: str) -> Any:
        return name in self.tools if name in TOOLS else super()._stand(name)

    def _moved_in_words(self, before: Scenario, now: Scenario) -> list[str]:
        on = [tool for tool in now.tools() if tool not in before.tools()]
        off = [tool for tool in before.tools() if tool not in now.tools()]
        words = [f"{', '.join(some)} {state}" for some, state in ((on, "on"), (off, "off")) if some]
        return [one.capitalize() for one in words] or differences(before, now)

    def _show_views(self) -> None:
        tools, currency, accounts = self.tools, self.scenario.currency, accountant_view(self.run)
        pages = (
            tables.customer_html(customer_view(self.scenario), tools, currency),
            tables.manager_html(manager_view(self.run, self.baseline), tools, currency),
            tables.accountant_html(accounts, tools, currency),
        )
        for page, text in zip(self.views.values(), pages, strict=True):
            page.value = text
        self.chart.value = self._picture.png(accounts, currency)
        self._charted.layout.display = None if tools else "none"
        self.caption.value = escape(_program_in_words(self.scenario, tools))

    def _show_controls(self, by_hand: set[str]) -> None:
        super()._show_controls(by_hand)
        self.levers.show(self.tools, by_hand)

    def _body(self) -> widgets.HBox:
        self._picture = AccountsPicture()
        self.levers = ToolLevers(self.controls, self._moved)
        self.views = {name: html_line("crm-page", f"crm-page-{name}") for name in VIEWS}
        self.chart = widgets.Image(format="png").add_class("crm-accounts")
        legend = html_line("crm-legend")
        legend.value = tables.legend_html()
        self._charted = widgets.VBox([legend, self.chart]).add_class("crm-charted")
        *others, accountant = self.views.values()
        books = widgets.VBox([accountant, self._charted]).add_class("crm-books")
        pages = widgets.HBox([*others, books]).add_class("crm-pages")
        view = widgets.VBox([self.caption, self.status, pages]).add_class("crm-view").add_class("crm-plan")
        return widgets.HBox([self.levers, view]).add_class("crm-body")


def _program_in_words(scenario: Scenario, tools: tuple[str, ...]) -> str:
    months = ", ".join(str(one.month) for one in scenario.changes if _is_of_programs(one))
    if not tools and not months:
        return "No program: switch a tool on to see what it does."
    later = f"; terms change after month {months}" if months else ""
    used = ", ".join(tools) or "no tool at the start"
    return f"Program: {used}{later}. Compared with the same company without any, under the same luck."


def _is_of_programs(change: Change) -> bool:
    return any(name.partition(".")[0] in PROGRAMS for name in change.levers)
