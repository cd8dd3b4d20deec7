"""Takes the pictures of the README and of the docs anew: make screenshots

Not a part of `make test`, which keeps its own pictures under tests/artefacts. What is shown in the README or
in the docs goes to notebooks/images, all the rest to tests/artefacts/screens, to be looked at.
"""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

import sim
from browser import ARTEFACTS
from sim.lab.views import views
from sim.lab.ways import WAYS

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
PUBLISHED, SCREENS = NOTEBOOKS / "images", ARTEFACTS / "screens"
APP = NOTEBOOKS / "flight_deck_app.ipynb"
SIZES = {"projector": (1280, 720), "narrow": (800, 1100)}
LARGEST_BYTES = 300_000
SETTLED_MS = 1500  # the browser is still to show the last picture it was sent


@pytest.fixture(scope="module", autouse=True)
def folders():
    for folder in (PUBLISHED, SCREENS):
        folder.mkdir(parents=True, exist_ok=True)


def keep(target, path):
    """The picture of a page or a part of it, in 256 colours."""
    getattr(target, "page", target).wait_for_timeout(SETTLED_MS)
    target.screenshot(path=path)
    Image.open(path).convert("RGB").quantize().save(path, optimize=True)
    assert path.stat().st_size < LARGEST_BYTES


def flown(app):
    """The deck without points against the company as it is, so that there is something to compare."""
    expect(app.page.locator("img.crm-charts")).to_be_visible()
    app.page.set_viewport_size(size("projector"))
    lever = app.page.locator(".crm-panel input[type=number]").first
    lever.fill("3")
    lever.press("Enter")
    expect(app.page.locator(".crm-caption")).to_contain_text("→ 3")
    return app


def size(name):
    width, height = SIZES[name]
    return {"width": width, "height": height}


@pytest.fixture(scope="module")
def light(open_app):
    return flown(open_app(APP))


@pytest.fixture(scope="module")
def dark(open_app):
    return flown(open_app(APP, theme="dark"))


def button(app, name):
    return app.page.get_by_role("button", name=name, exact=True)


def test_take_the_home_screen_in_both_themes_and_widths(light, dark):
    keep(light.page, PUBLISHED / "flight_deck.png")
    keep(dark.page, PUBLISHED / "flight_deck_dark.png")
    for app, theme in ((light, "light"), (dark, "dark")):
        app.page.set_viewport_size(size("narrow"))
        keep(app.page, SCREENS / f"home_800_{theme}.png")
        app.page.set_viewport_size(size("projector"))


def test_take_each_view_and_its_table(light):
    for view in views():
        button(light, view.name).click()
        published = view.name in ("Lifecycle", "Retention")
        folder = PUBLISHED if published else SCREENS
        keep(light.page.locator(".crm-view"), folder / f"view_{view.name.lower()}.png")
        button(light, "Table").click()
        keep(light.page.locator(".crm-view"), SCREENS / f"table_{view.name.lower()}.png")
        button(light, "Table").click()
    button(light, views()[0].name).click()


@pytest.mark.parametrize("title", WAYS)
def test_take_each_way_to_fly(light, dark, title):
    for app, theme in ((light, "light"), (dark, "dark")):
        button(app, title).click()
        expect(app.page.locator(".crm-way-box > .crm-way")).to_be_visible()
        keep(app.page, SCREENS / f"way_{title.lower().replace(' ', '_')}_{theme}.png")
        button(app, title).click()


def test_take_the_designer(open_app, tmp_path):
    notebook = tmp_path / "designer.ipynb"
    notebook.write_text(
        APP.read_text(encoding="utf-8").replace("sim.lab.open(", "sim.lab.design("), encoding="utf-8"
    )
    app = open_app(notebook)
    app.page.set_viewport_size({"width": 1280, "height": 860})
    expect(app.page.locator(".crm-page-accountant")).to_be_visible()
    keep(app.page, PUBLISHED / "designer.png")


def test_take_the_report_of_a_comparison(light, tmp_path):
    coffee = sim.load("coffee").change({"acquisition.opening_customers": 500, "clock.months": 12})
    worlds = {"one point": coffee, "three points": coffee.change({"loyalty.points_per_unit": 3})}
    report = sim.lab.report(sim.compare(worlds, replications=10), tmp_path / "report.html")
    page = light.page.context.new_page()
    page.goto(report.as_uri())
    page.set_viewport_size(size("projector"))
    keep(page, SCREENS / "comparison.png")
