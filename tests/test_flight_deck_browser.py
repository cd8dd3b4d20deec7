"""The flight deck as a learner meets it: the first notebook in JupyterLab, in a real browser, by hand."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

import sim
from sim.lab.cells import decisions, surroundings
from sim.lab.grid import OPEN_AT_FIRST, REST
from sim.lab.tiles import TILES

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "00_flight_deck.ipynb"
POINTS = "Points per unit spent"
LAPTOP, OLD_PROJECTOR = {"width": 1366, "height": 768}, {"width": 1024, "height": 768}
COFFEE = sim.load("coffee")


@pytest.fixture(scope="module")
def lab(open_notebook):
    lab = open_notebook(NOTEBOOK)
    lab.page.set_viewport_size(LAPTOP)
    lab.run_all()
    lab.page.locator(".crm-deck").scroll_into_view_if_needed()
    return lab


@pytest.fixture
def deck(lab):
    """The deck as it was opened: every lever at the scenario's own value, which is also the baseline."""
    cell_button(lab, OPEN_AT_FIRST).click()
    lab.page.get_by_role("button", name="Reset levers").click()
    expect(box(lab)).to_have_value(f"{COFFEE.loyalty.points_per_unit:g}")
    lab.page.get_by_role("button", name="Pin as baseline").click()
    expect(lab.page.locator(".crm-status")).to_contain_text("Pinned")
    return lab


def box(lab, label=POINTS):
    """The number box beside a slider."""
    row = lab.page.locator(".crm-lever").filter(has=lab.page.get_by_text(label, exact=True))
    return row.locator("input[type=number]")


def cell_button(lab, cell):
    return lab.page.locator(".crm-rest" if cell == REST else f'.crm-cell-button[title^="{cell}: "]')


def open_cell(lab, cell):
    """By a click; back when its controls are seen."""
    cell_button(lab, cell).click()
    is_open(lab, cell)


def is_open(lab, cell):
    expect(lab.page.locator(".crm-panel .crm-heading")).to_have_text(cell)
    first = surroundings() if cell == REST else [lever.label for lever in decisions()[cell]]
    for text in first:
        expect(lab.page.locator(".crm-panel").get_by_text(text, exact=True)).to_be_attached()


def tile(lab, kpi):
    return lab.page.locator(f".crm-tile-{kpi}")


def picture(lab):
    return lab.page.locator("img.crm-charts")


def test_run_all_flies_from_0_to_2_points(lab):
    expect(box(lab)).to_have_value("2")
    expect(lab.page.locator(".crm-caption")).to_contain_text(f"{POINTS} 0 → 2")


def test_from_no_points_to_two_every_tile_and_the_charts_change(deck):
    deck.press(POINTS, "Home")
    expect(box(deck)).to_have_value("0")
    expect(deck.page.locator(".crm-caption")).to_contain_text(f"{POINTS} 1 → 0")
    deck.page.get_by_role("button", name="Pin as baseline").click()
    expect(tile(deck, "clv")).to_contain_text("as baseline")
    before = {kpi: tile(deck, kpi).inner_text() for kpi in deck_kpis()}
    charts = picture(deck).get_attribute("src")

    deck.press(POINTS, "ArrowRight", times=8)
    expect(box(deck)).to_have_value("2")
    expect(deck.page.locator(".crm-status")).to_contain_text("→ 2: CLV")
    for kpi, text in before.items():
        expect(tile(deck, kpi)).not_to_have_text(text)
        expect(tile(deck, kpi)).to_contain_text(re.compile("better|worse"))
    assert picture(deck).get_attribute("src") != charts
    with_two = sim.simulate(COFFEE.change({"loyalty.points_per_unit": 2}), seed=1)
    expect(tile(deck, "clv")).to_contain_text(f"{with_two.kpis()['clv']:.2f}")
    deck.screenshot("flight_deck")


def deck_kpis():
    return [one.kpi for one in TILES]


def test_a_drag_with_the_mouse_ends_where_the_hand_lets_go(deck):
    before = tile(deck, "profit").inner_text()
    deck.drag(POINTS, pixels=70)
    expect(tile(deck, "profit")).not_to_have_text(before)
    reached = float(deck.slider(POINTS).get_attribute("aria-valuetext"))
    assert reached > 2
    expect(box(deck)).to_have_value(f"{reached:g}")
    expect(deck.page.locator(".crm-status")).to_contain_text(f"→ {reached:g}:")
    run = sim.simulate(COFFEE.change({"loyalty.points_per_unit": reached}), seed=1)
    expect(tile(deck, "profit")).to_contain_text(f"{run.kpis()['profit']:,.0f}")


def test_a_number_that_cannot_be_is_refused_in_words_and_the_picture_stays(deck):
    charts = picture(deck).get_attribute("src")
    box(deck).fill("99")
    box(deck).press("Enter")
    expect(deck.page.locator(".crm-status .crm-error")).to_have_text(
        f"loyalty.points_per_unit is 99.0; allowed: {lever().allowed}"
    )
    assert picture(deck).get_attribute("src") == charts


def lever():
    return next(one for one in sim.levers() if one.name == "loyalty.points_per_unit")


def test_showing_the_sliders_moves_no_lever(deck):
    for cell, group in decisions().items():
        open_cell(deck, cell)
        for one in group:
            if one.kind in (int, float):
                assert float(box(deck, one.label).input_value()) == COFFEE[one.name]
    expect(deck.page.locator(".crm-caption")).to_contain_text("own baseline")


@pytest.mark.parametrize("cell", decisions())
def test_a_cell_opens_with_the_mouse_and_with_the_keyboard_and_the_hand_stays_on_its_button(lab, cell):
    for hand in (Locator.click, press_enter):
        open_cell(lab, REST)
        hand(cell_button(lab, cell))
        is_open(lab, cell)
        expect(cell_button(lab, cell)).to_be_focused()
        assert lab.page.locator(".crm-cell-button.crm-open").count() == 1


def press_enter(button):
    button.focus()
    button.press("Enter")


def test_a_slider_in_a_newly_opened_cell_moves_the_tiles_and_the_cell_stays_open(deck):
    cell, before = "Retention · value creation", tile(deck, "nps").inner_text()
    open_cell(deck, cell)
    quality = sim.load("coffee").retention.service_quality
    deck.press("Service quality", "ArrowRight", times=3)
    # all three moves have arrived: a late one would be taken for a move in the next test
    expect(deck.page.locator(".crm-caption")).to_contain_text(
        f"Service quality {quality:g} → {quality + 0.3:g}"
    )
    expect(tile(deck, "nps")).not_to_have_text(before)
    is_open(deck, cell)
    expect(cell_button(deck, cell)).to_contain_text("1 changed")
    deck.screenshot("flight_deck_cell")


@pytest.mark.parametrize("name", ["telco", "pizza"])
def test_another_company_can_be_chosen_and_comes_with_its_own_levers(lab, name):
    open_cell(lab, "Retention · value creation")
    company, menu = sim.load(name), lab.page.locator(".crm-bar select")
    menu.select_option(name)
    expect(lab.page.locator(".crm-status")).to_contain_text(f"{name}: ")
    expect(tile(lab, "profit")).to_contain_text(company.currency)
    expect(box(lab, "Service quality")).to_have_value(f"{company.retention.service_quality:g}")
    lab.screenshot(f"flight_deck_{name}")
    menu.select_option("coffee")
    expect(lab.page.locator(".crm-status")).to_contain_text("coffee: ")


def test_on_a_small_screen_the_first_lever_the_tiles_and_the_charts_are_seen_together(deck):
    deck.page.locator(".crm-deck").evaluate("deck => deck.scrollIntoView()")
    notebook = deck.page.locator(".jp-NotebookPanel-notebook").bounding_box()
    seen = [deck.slider(POINTS), picture(deck), *(tile(deck, kpi) for kpi in deck_kpis())]
    for one in seen:
        place = one.bounding_box()
        assert place["y"] >= notebook["y"]
        assert place["y"] + place["height"] <= notebook["y"] + notebook["height"]


BEYOND = """() => [...document.querySelectorAll('.crm-tile, .crm-lever, .crm-cell-button')].flatMap(frame =>
    [frame, ...frame.querySelectorAll('b, span, small, div')]
        .filter(one => one.getBoundingClientRect().right > frame.getBoundingClientRect().right + 1
            || one.scrollWidth > one.clientWidth + 1 && one.matches('.crm-cell-button'))
        .map(one => one.textContent))"""
WIDER = """() => [...document.querySelectorAll('.crm-deck, .crm-deck *')]
    .filter(one => one.getBoundingClientRect().right >
        document.querySelector('.jp-NotebookPanel-notebook').getBoundingClientRect().right)
    .map(one => one.className)"""


@pytest.mark.parametrize("screen", [LAPTOP, OLD_PROJECTOR], ids=lambda screen: str(screen["width"]))
def test_nothing_is_cut_off_in_any_cell(deck, screen):
    deck.page.set_viewport_size(screen)
    for cell, group in decisions().items():
        open_cell(deck, cell)
        expect(box(deck, group[0].label)).to_be_visible()
        assert deck.page.evaluate(BEYOND) == []
        assert deck.page.evaluate(WIDER) == []
    deck.screenshot(f"flight_deck_{screen['width']}")
    deck.page.set_viewport_size(LAPTOP)


@pytest.mark.parametrize("section", surroundings())
def test_the_market_is_folded_away_and_opens_at_a_click_with_nothing_cut_off(lab, section):
    open_cell(lab, REST)
    first = lab.page.get_by_text(surroundings()[section][0].label, exact=True)
    fold = lab.page.locator(".crm-panel").get_by_text(section, exact=True)
    expect(first).not_to_be_attached()
    fold.click()
    expect(first).to_be_visible()
    assert lab.page.evaluate(BEYOND) == []
    fold.click()
    expect(first).not_to_be_visible()


def test_the_page_asks_nobody_outside_and_reports_no_error(deck):
    assert deck.blocked == []
    assert deck.errors == []
