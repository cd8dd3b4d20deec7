"""The program designer as a learner meets it: in JupyterLab, in a real browser, by hand."""

import re

import nbformat
import pytest
from playwright.sync_api import expect

import sim
from sim.lab import customer_view
from sim.scenario import TOOLS

SCREENS = [{"width": 1280, "height": 860}, {"width": 1600, "height": 1000}]
PAGES = ("customer", "manager", "accountant")
COFFEE = sim.load("coffee")
REWARD = "Points for a reward"

CELL = """import sim
designer = sim.lab.design("coffee")
designer"""
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


@pytest.fixture(scope="module")
def lab(open_notebook, tmp_path_factory):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(CELL)], metadata={"kernelspec": KERNEL}
    )
    path = tmp_path_factory.mktemp("notebook") / "design_a_program.ipynb"
    nbformat.write(notebook, path)
    lab = open_notebook(path)
    lab.page.set_viewport_size(SCREENS[0])
    lab.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    lab.run_all()
    return lab


@pytest.fixture
def designer(lab):
    """The designer as it was opened: coffee's own card of points."""
    lab.page.get_by_role("button", name="Reset levers").click()
    expect(lab.page.locator(".crm-caption")).to_contain_text("Program: points.")
    expect(box(lab, REWARD)).to_have_value(f"{COFFEE.loyalty.reward_points}")
    return lab


def page(lab, name):
    return lab.page.locator(f".crm-page-{name}")


def tool(lab, name):
    return lab.page.locator(f".crm-tool-{name}")


def box(lab, label):
    """The number box beside a slider."""
    row = lab.page.locator(".crm-lever").filter(has=lab.page.get_by_text(label, exact=True))
    return row.locator("input[type=number]")


def texts(lab):
    return {name: page(lab, name).inner_text() for name in PAGES}


def all_change(lab, before):
    for name, text in before.items():
        expect(page(lab, name)).not_to_have_text(text, use_inner_text=True)


def test_a_tool_switched_on_and_off_by_a_click_updates_all_three_views(designer):
    before = texts(designer)
    chart = designer.page.locator("img.crm-accounts").get_attribute("src")
    tool(designer, "rebates").click()
    expect(designer.page.locator(".crm-status")).to_contain_text("Rebates on: CLV")
    all_change(designer, before)
    heavy = customer_view(sim.add_program(COFFEE, "rebates")).loc["heavy"]
    expect(page(designer, "customer")).to_contain_text(f"{heavy['rebates_per_year']:.1f}")
    expect(page(designer, "accountant")).to_contain_text("Rebates owed")
    assert designer.page.locator("img.crm-accounts").get_attribute("src") != chart
    expect(box(designer, "Rebate")).to_have_value("0.08")

    tool(designer, "rebates").click()
    expect(designer.page.locator(".crm-status")).to_contain_text("Rebates off: CLV")
    for name, text in before.items():
        expect(page(designer, name)).to_have_text(text, use_inner_text=True)


def test_a_slider_moved_updates_all_three_views(designer):
    before = texts(designer)
    designer.press(REWARD, "ArrowRight", times=4)
    expect(box(designer, REWARD)).to_have_value("100")
    expect(designer.page.locator(".crm-status")).to_contain_text(re.compile(f"{REWARD} .* → 100: CLV"))
    all_change(designer, before)
    run = sim.simulate(COFFEE.change({"loyalty.reward_points": 100}), seed=1)
    expect(page(designer, "manager")).to_contain_text(f"{run.kpis()['clv']:.2f}")
    expect(page(designer, "accountant")).to_contain_text(
        f"{run.accounts()['points_liability'].iloc[-1]:,.0f}"
    )


def test_no_program_leaves_nothing_owed_and_a_tool_comes_back_as_it_was(designer):
    designer.press(REWARD, "ArrowRight", times=2)
    expect(designer.page.locator(".crm-status")).to_contain_text("→ 80: CLV")
    before = texts(designer)
    designer.page.get_by_role("button", name="No program").click()
    expect(page(designer, "accountant")).to_contain_text("nothing is owed")
    expect(designer.page.locator("img.crm-accounts")).not_to_be_visible()
    tool(designer, "points").click()
    for name, text in before.items():
        expect(page(designer, name)).to_have_text(text, use_inner_text=True)


def test_a_number_that_cannot_be_is_refused_in_words_and_the_views_stay(designer):
    before = texts(designer)
    box(designer, REWARD).fill("0")
    box(designer, REWARD).press("Enter")
    expect(designer.page.locator(".crm-status .crm-error")).to_contain_text(
        "loyalty.reward_points is 0; allowed"
    )
    assert texts(designer) == before


BEYOND = """() => [...document.querySelectorAll('.crm-pages > *, .crm-tool')].flatMap(frame =>
    [...frame.querySelectorAll('th, td, span, small, p, h3, img')]
        .filter(one => one.getBoundingClientRect().right > frame.getBoundingClientRect().right + 1)
        .map(one => one.textContent))"""


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: str(screen["width"]))
def test_with_all_tools_the_three_views_stand_side_by_side_with_nothing_cut_off(designer, screen):
    designer.page.set_viewport_size(screen)
    for name in ("discounts", "rebates", "privileges"):
        tool(designer, name).click()
        expect(designer.page.locator(".crm-status")).to_contain_text(f"{name.capitalize()} on: ")
    expect(designer.page.locator(".crm-caption")).to_contain_text(", ".join(TOOLS))
    expect(designer.page.locator(".crm-busy")).to_have_count(0)
    designer.page.wait_for_timeout(300)  # the views are still to be faded in
    places = [one.bounding_box() for one in designer.page.locator(".crm-pages > *").all()]
    assert len({round(place["y"]) for place in places}) == 1
    assert [place["x"] for place in places] == sorted({place["x"] for place in places})
    assert designer.page.evaluate(BEYOND) == []
    designer.screenshot(f"designer_{screen['width']}")


def test_the_page_asks_nobody_outside_and_reports_no_error(designer):
    assert designer.blocked == []
    assert designer.errors == []
