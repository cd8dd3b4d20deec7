"""Every lesson as a student opens it: in JupyterLab, in a browser, run up to a widget, whose slider is moved.

The cells behind are run by nbval, as all are. Lesson 00 has tests of its own, in test_flight_deck_browser.py.
"""

from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from playwright.sync_api import expect

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


class Lab(NamedTuple):
    """A lesson's first explorer: a slider that is alone with its label on the page, and what it moves."""

    notebook: str
    slider: str
    picture: str = ".crm-deck img.crm-charts"


LABS = [
    Lab("03_retention", "Tolerance of regulars"),
    Lab("06_loyalty_programs", "Goal gradient"),
    Lab("15_under_the_hood", "Dropout, a"),
]


def up_to_the_explorer(lesson: Path, folder: Path) -> Path:
    """A copy of the lesson that ends with the cell of its first explorer."""
    notebook = nbformat.read(lesson, as_version=4)
    last = next(n for n, cell in enumerate(notebook.cells) if "sim.lab.explore(" in cell.source)
    notebook.cells = notebook.cells[: last + 1]
    nbformat.write(notebook, folder / lesson.name)
    return folder / lesson.name


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.notebook)
def test_a_slider_of_a_lesson_moved_by_hand_moves_its_picture(open_notebook, tmp_path, lab):
    lesson = open_notebook(up_to_the_explorer(NOTEBOOKS / f"{lab.notebook}.ipynb", tmp_path))
    lesson.run_all()
    handle, picture = lesson.slider(lab.slider), lesson.page.locator(lab.picture).first
    handle.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    reached, drawn = handle.get_attribute("aria-valuetext"), picture.get_attribute("src")

    lesson.press(lab.slider, "ArrowLeft", times=3)
    expect(handle).not_to_have_attribute("aria-valuetext", reached)
    expect(picture).not_to_have_attribute("src", drawn)
    picture.scroll_into_view_if_needed()
    lesson.screenshot(f"lesson_{lab.notebook}")
    assert lesson.blocked == []
    assert lesson.errors == []
    lesson.page.close()
