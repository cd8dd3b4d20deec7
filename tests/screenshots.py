"""Takes the picture of the README anew: python -m pytest tests/screenshots.py

Not a part of `make test`, which keeps its own pictures under tests/artefacts.
"""

from pathlib import Path

from playwright.sync_api import expect

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def test_take_the_flight_deck_with_its_program_against_none(open_notebook):
    lab = open_notebook(NOTEBOOKS / "00_flight_deck.ipynb")
    lab.page.set_viewport_size({"width": 1280, "height": 860})
    lab.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    lab.run_all()
    deck = lab.page.locator(".crm-deck")
    expect(deck.locator(".crm-caption")).to_contain_text("0 → 2")
    lab.page.wait_for_timeout(1000)  # the browser is still to show the last picture it was sent
    (NOTEBOOKS / "images").mkdir(exist_ok=True)
    deck.screenshot(path=NOTEBOOKS / "images" / "flight_deck.png")
