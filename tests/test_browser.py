"""The harness of browser.py on a small notebook: it drives, it sees errors, it lets nothing out."""

from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Error, expect

from browser import ARTEFACTS, NotebookPage

WIDGETS = """
import ipywidgets
slider = ipywidgets.IntSlider(value=5, min=0, max=100, description="Points")
tile = ipywidgets.HTML("5 points").add_class("tile")
slider.observe(lambda change: setattr(tile, "value", f"{change.new} points"), "value")
ipywidgets.VBox([slider, tile])
"""


@pytest.fixture(scope="module")
def lab(open_notebook, tmp_path_factory) -> NotebookPage:
    folder = tmp_path_factory.mktemp("notebooks")
    return open_notebook(write_notebook(folder / "points & tiles.ipynb", WIDGETS))


@pytest.fixture
def tile(lab):
    lab.run_all()
    tile = lab.page.locator(".tile")
    expect(tile).to_have_text("5 points")
    return tile


def write_notebook(path: Path, *cells: str) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


def test_an_arrow_key_moves_the_slider_by_its_steps(lab, tile):
    lab.press("Points", "ArrowRight", times=3)
    expect(tile).to_have_text("8 points")


def test_the_mouse_drags_the_slider(lab, tile):
    lab.drag("Points", pixels=60)
    expect(tile).not_to_have_text("5 points")
    assert int(tile.inner_text().split()[0]) > 10


def test_a_screenshot_is_kept(lab, tile):
    path = lab.screenshot("browser_harness")
    assert path == ARTEFACTS / "browser_harness.png"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_lecture_button_runs_all_cells_in_large_type_without_code_and_sliders_live(
    open_notebook, tmp_path
):
    lecture = open_notebook(write_notebook(tmp_path / "lecture.ipynb", WIDGETS))
    expect(lecture.page.locator(".jp-mod-presentationMode")).to_have_count(0)
    lecture.page.get_by_role("button", name="Lecture", exact=True).click()
    expect(lecture.page.locator(".tile")).to_have_text("5 points")
    expect(lecture.page.locator(".jp-mod-presentationMode").first).to_be_attached()
    expect(lecture.page.locator(".jp-CodeCell .jp-InputArea-editor:visible")).to_have_count(0)
    lecture.press("Points", "ArrowRight", times=2)
    expect(lecture.page.locator(".tile")).to_have_text("7 points")
    lecture.screenshot("lecture")
    assert lecture.blocked == lecture.errors == []


def test_jupyterlab_asks_nobody_about_news_and_needs_no_address_outside(lab, tile):
    assert lab.page.get_by_text("Jupyter news").count() == 0
    assert lab.blocked == []
    assert lab.errors == []


@pytest.fixture(scope="module")
def failing(open_notebook, tmp_path_factory) -> NotebookPage:
    folder = tmp_path_factory.mktemp("failing")
    return open_notebook(write_notebook(folder / "failing.ipynb", "1 + 1", "{}['loyalty']"))


def test_a_cell_that_fails_is_named(failing):
    with pytest.raises(AssertionError, match="KeyError: 'loyalty'"):
        failing.run_all()


def test_an_address_outside_is_blocked_and_noted(failing):
    with pytest.raises(Error, match="Failed to fetch"):
        failing.page.evaluate("() => fetch('http://outside.example/')")
    assert failing.blocked == ["http://outside.example/"]
    assert any("ERR_FAILED" in error for error in failing.errors)


def test_a_web_socket_finds_no_way_out(failing):
    event = failing.page.evaluate(
        "() => new Promise(done => {"
        " const socket = new WebSocket('ws://outside.example/');"
        " socket.onopen = () => done('open'); socket.onerror = () => done('error'); })"
    )
    assert event == "error"
    assert any("ERR_NAME_NOT_RESOLVED" in error for error in failing.errors)
