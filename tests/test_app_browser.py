"""The flight deck as an app: served by Voila without code, in a real browser, by mouse and by keyboard."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

import sim
from sim.lab import tiles
from sim.lab.grid import REST
from sim.lab.views import views
from sim.lab.ways import WAYS
from worlds import lived_once

APP = Path(__file__).parents[1] / "notebooks" / "flight_deck_app.ipynb"
COFFEE = sim.load("coffee")
POINTS = "Points per unit spent"
THEMES = ("light", "dark")
HANDS = ("mouse", "keyboard")


@pytest.fixture(scope="module")
def app(open_app):
    app = open_app(APP)
    expect(picture(app)).to_be_visible()
    return app


@pytest.fixture(scope="module")
def dark(open_app):
    dark = open_app(APP, theme="dark")
    expect(picture(dark)).to_be_visible()
    return dark


@pytest.fixture
def deck(app):
    """The deck with every lever at the scenario's own value, which is also the baseline."""
    button(app, "Reset levers").click()
    expect(box(app)).to_have_value(f"{COFFEE.loyalty.points_per_unit:g}")
    button(app, "Pin as baseline").click()
    expect(status(app)).to_contain_text("Pinned")
    return app


def button(app, name):
    return app.page.get_by_role("button", name=name, exact=True)


def press(app, name, hand):
    """Push a button as this hand does."""
    if hand == "mouse":
        button(app, name).click()
    else:
        button(app, name).focus()
        app.page.keyboard.press("Enter")


def way(app):
    """The open panel of a way to fly."""
    return app.page.locator(".crm-way-box > .crm-way")


def picture(app):
    return app.page.locator("img.crm-charts")


def table(app):
    return app.page.locator(".crm-view-box table").first


def status(app):
    return app.page.locator(".crm-deck > .widget-vbox .crm-status").first


def caption(app):
    return app.page.locator(".crm-caption")


def box(app, label=POINTS):
    row = app.page.locator(".crm-panel .crm-lever").filter(has=app.page.get_by_text(label, exact=True))
    return row.locator("input[type=number]")


def fly_to(app, points):
    box(app).fill(f"{points:g}")
    box(app).press("Enter")
    expect(caption(app)).to_contain_text(re.compile(f"{POINTS}.* → {points:g}"))


def tile_says(app, scenario, seed=1):
    kpis = lived_once(scenario, seed).kpis()
    expect(app.page.locator(".crm-tile-clv")).to_contain_text(tiles.number(kpis["clv"], 2))
    expect(app.page.locator(".crm-tile-profit")).to_contain_text(tiles.number(kpis["profit"], 0))


def test_the_app_shows_the_deck_and_no_code(app):
    assert app.page.title() == "CRM Flight Simulator"
    expect(app.page.get_by_role("heading", name="CRM Flight Simulator")).to_be_visible()
    expect(app.page.locator(".jp-InputArea-editor")).to_have_count(0)
    tile_says(app, COFFEE)


@pytest.mark.parametrize("hand", HANDS)
def test_a_move_is_undone_and_done_again(deck, hand):
    fly_to(deck, 3)
    tile_says(deck, COFFEE.change({"loyalty.points_per_unit": 3}))
    press(deck, "↶ Undo", hand)
    expect(box(deck)).to_have_value("1")
    tile_says(deck, COFFEE)
    press(deck, "↷ Redo", hand)
    expect(box(deck)).to_have_value("3")
    tile_says(deck, COFFEE.change({"loyalty.points_per_unit": 3}))


@pytest.mark.parametrize("hand", HANDS)
def test_a_pinned_run_is_the_baseline_until_levers_are_reset(deck, hand):
    fly_to(deck, 2)
    press(deck, "Pin as baseline", hand)
    expect(caption(deck)).to_contain_text("own baseline")
    press(deck, "Reset levers", hand)
    expect(caption(deck)).to_contain_text(f"{POINTS} 2 → 1")


def test_another_seed_is_another_world_and_the_first_comes_back(deck):
    seed = deck.page.locator(".crm-seed input")
    for one in (7, 1):
        seed.fill(f"{one}")
        seed.press("Enter")
        expect(status(deck)).to_contain_text(f"Seed {one}:")
        tile_says(deck, COFFEE, one)


def test_another_company_is_chosen_from_the_keyboard(deck):
    menu = deck.page.locator(".crm-bar select").first
    menu.focus()
    for key, name in (("ArrowDown", "grocery"), ("ArrowUp", "coffee")):  # letters typed in one second add up
        deck.page.keyboard.press(key)
        expect(status(deck)).to_contain_text(f"{name}: ")


@pytest.mark.parametrize("hand", HANDS)
def test_every_view_has_a_picture_and_a_table(deck, hand):
    """Every other view is turned to while tables are shown, so that nothing is shown twice."""
    seen = {new_picture: "", new_table: ""}
    for view in views():
        press(deck, view.name, hand)
        expect(button(deck, view.name)).to_have_attribute("aria-pressed", "true")
        first, second = seen
        seen[first] = first(deck, seen[first])
        press(deck, "Table", hand)
        seen[second] = second(deck, seen[second])
        seen = dict(reversed(seen.items()))
    if table(deck).is_visible():
        press(deck, "Table", hand)
    press(deck, views()[0].name, hand)


def new_picture(deck, before):
    """The picture, once it is another."""
    expect(picture(deck)).not_to_have_attribute("src", before)
    return picture(deck).get_attribute("src")


def new_table(deck, before):
    """The table, once it is another."""
    expect(table(deck)).not_to_have_text(before, use_inner_text=True)
    return table(deck).inner_text()


@pytest.mark.parametrize("hand", HANDS)
@pytest.mark.parametrize("title", WAYS)
def test_every_way_to_fly_opens_and_is_put_away(deck, title, hand):
    press(deck, title, hand)
    expect(deck.page.locator(".crm-way-box > .crm-way")).to_be_visible()
    expect(button(deck, title)).to_have_attribute("aria-pressed", "true")
    press(deck, title, hand)
    expect(deck.page.locator(".crm-way-box > .crm-way")).to_have_count(0)


@pytest.mark.parametrize("hand", HANDS)
def test_a_locked_forecast_is_scored_by_the_next_move(deck, hand):
    press(deck, "Predict first", hand)
    way(deck).locator("select").first.select_option("falls")
    press(deck, "Lock forecast", hand)
    expect(way(deck)).to_contain_text("Locked.")
    fly_to(deck, {"mouse": 2.5, "keyboard": 2.75}[hand])
    expect(way(deck)).to_contain_text("Your forecast, scored")
    press(deck, "Predict first", hand)


@pytest.mark.parametrize("hand", HANDS)
def test_replications_run_in_the_background_and_show_intervals(deck, hand):
    fly_to(deck, 3)
    press(deck, "Replicate", hand)
    way(deck).locator("input[type=number]").first.fill("3")
    way(deck).locator("input[type=number]").first.press("Enter")
    press(deck, "Run replications", hand)
    expect(way(deck).locator("table")).to_contain_text("CLV")
    expect(way(deck).locator("img")).to_be_visible()
    press(deck, "Replicate", hand)


@pytest.mark.parametrize("hand", HANDS)
def test_the_time_machine_moves_a_lever_from_a_later_month_and_takes_it_back(deck, hand):
    press(deck, "Time machine", hand)
    way(deck).locator(".noUi-handle").focus()
    deck.page.keyboard.press("ArrowRight")
    expect(way(deck)).to_contain_text("all that happened before stays exactly as it was")
    box(deck).fill("3")
    box(deck).press("Enter")
    expect(caption(deck)).to_contain_text(f"{POINTS} 1 → 3 from month 1")
    tile_says(deck, COFFEE.later(1, {"loyalty.points_per_unit": 3.0}))
    press(deck, "Take back", hand)
    expect(caption(deck)).to_contain_text("own baseline")
    press(deck, "Time machine", hand)


@pytest.mark.parametrize("hand", HANDS)
def test_a_time_lapse_is_written_and_says_where(deck, hand):
    press(deck, "Time-lapse", hand)
    expect(way(deck).locator("img").first).to_be_visible()
    press(deck, {"mouse": "Save as GIF", "keyboard": "Save as HTML"}[hand], hand)
    expect(deck.page.locator(".crm-deck")).to_contain_text({"mouse": ".gif", "keyboard": ".html"}[hand])
    press(deck, "Time-lapse", hand)


@pytest.mark.parametrize("hand", HANDS)
def test_one_customer_is_followed_and_then_another(deck, hand):
    press(deck, "One customer", hand)
    number = way(deck).locator(".crm-id input")
    expect(number).not_to_have_value("")
    before = number.input_value()
    press(deck, "Another", hand)
    expect(number).not_to_have_value(before)
    expect(way(deck).locator("table").first).to_be_visible()
    press(deck, "One customer", hand)


@pytest.mark.parametrize("hand", HANDS)
def test_a_world_code_restores_what_was_shown(deck, hand):
    fly_to(deck, 3)
    press(deck, "Share", hand)
    code = way(deck).locator("input[type=text]").first
    expect(code).to_have_value(re.compile("^crm1:"))
    shared = code.input_value()
    press(deck, "Reset levers", hand)
    expect(box(deck)).to_have_value("1")
    code.fill(shared)
    code.press("Enter")
    press(deck, "Restore", hand)
    expect(box(deck)).to_have_value("3")
    tile_says(deck, COFFEE.change({"loyalty.points_per_unit": 3}))
    press(deck, "Share", hand)


def test_a_lever_that_cannot_be_is_refused_in_words_and_the_picture_stays(deck):
    before = picture(deck).get_attribute("src")
    box(deck).fill("99")
    box(deck).press("Enter")
    expect(deck.page.locator(".crm-status .crm-error")).to_contain_text("points_per_unit is 99.0; allowed")
    assert picture(deck).get_attribute("src") == before


def test_a_damaged_file_is_refused_in_words_and_the_company_stays(deck, tmp_path):
    damaged = tmp_path / "damaged.toml"
    damaged.write_text("[loyalty\npoints = = 2\n", encoding="utf-8")
    before = deck.page.locator(".crm-tile-clv").inner_text()
    button(deck, "Share").click()
    with deck.page.expect_file_chooser() as chooser:
        deck.page.get_by_role("button", name="Load TOML").click()
    chooser.value.set_files(damaged)
    expect(deck.page.locator(".crm-error")).to_contain_text(re.compile("damaged|TOML"))
    assert deck.page.locator(".crm-tile-clv").inner_text() == before
    button(deck, "Share").click()


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_no_serious_violation_on_any_panel(app, dark, theme):
    page = {"light": app, "dark": dark}[theme]
    assert serious(page) == []
    page.page.locator(".crm-rest").first.click()
    expect(page.page.locator(".crm-panel")).to_contain_text(REST)
    button(page, "Table").click()
    expect(page.page.locator(".crm-view-box table").first).to_be_visible()
    assert serious(page) == []
    for title in WAYS:
        button(page, title).click()
        expect(page.page.locator(".crm-way-box > .crm-way")).to_be_visible()
        assert serious(page, ".crm-way-box") == [], title
        button(page, title).click()
    button(page, "Table").click()
    page.page.locator('.crm-cell-button[title^="Retention · marketing orientation"]').first.click()


def serious(page, part="body"):
    """What axe-core holds against a part of the page, contrast among it, where it is serious or critical."""
    found = Axe().run(page.page, part, {"resultTypes": ["violations"]}).response["violations"]
    return [
        (one["id"], node["html"][:200], node["failureSummary"])
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def test_the_page_asks_nobody_outside_and_reports_no_error(app, dark):
    assert app.blocked == dark.blocked == []
    assert app.errors == dark.errors == []
