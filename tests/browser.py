"""Notebooks as a learner meets them: a real JupyterLab or Voila in a real browser, with hands on the sliders.

A pytest plugin, loaded by conftest.py. The fixture `open_notebook` opens a copy; the original stays as it is.
So does `open_app`, which shows it through Voila, without code and already run:

    @pytest.fixture(scope="module")
    def deck(open_notebook):
        deck = open_notebook(Path("notebooks/00_flight_deck.ipynb"))
        deck.run_all()
        return deck

    def test_a_lever_moves_the_tile(deck):
        tile = deck.page.locator(".crm-tile-clv")
        before = tile.inner_text()
        deck.press("Points per unit", "ArrowRight", times=3)      # or deck.drag("Points per unit", pixels=60)
        expect(tile).not_to_have_text(before)                     # playwright's expect waits for it
        deck.screenshot("flight_deck")                            # -> tests/artefacts/flight_deck.png
        assert not deck.blocked and not deck.errors

`deck.page` is a playwright Page. `deck.blocked` lists the addresses outside this machine that the page asked
for and did not get; `deck.errors` what the page's console reported as an error.

One JupyterLab serves all test modules. A browser serves one and ends with it; each notebook has a page and a
kernel of its own, which end with the module, too. Meanwhile playwright holds the thread's event loop, so
asyncio.run() does not work in such a module.

The browser is the one named by the environment variable CHROMIUM, or the first of `NAMES` on the PATH.
Without any, these tests are skipped; with REQUIRE_BROWSER=1 they fail instead.
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit
from urllib.request import ProxyHandler, build_opener

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Route, expect, sync_playwright

ARTEFACTS = Path(__file__).parent / "artefacts"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PATIENCE_S = 120  # for a machine that is busy with other tests

# Whatever slips past the gate of a page (web sockets, the browser's own business) finds no address to go to.
CHROMIUM_FLAGS = [
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--no-proxy-server",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

LAB_FLAGS = [
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--IdentityProvider.token=",
    "--LabApp.expose_app_in_browser=True",
    "--LabApp.extension_manager=readonly",
]

APP_FLAGS = ["--template=crm-flight-simulator", "--no-browser", "--Voila.ip=127.0.0.1"]
APP_ADDRESS = re.compile(r"running at:\s+http://\S+:(\d+)/")

IS_OPEN = "path => window.jupyterapp?.shell.currentWidget?.context?.path === path"

# Before the kernel is ready, a command does nothing and says nothing, and a server told to stop goes on.
IS_READY = """async () => {
    const panel = window.jupyterapp.shell.currentWidget;
    await panel.revealed;
    await panel.sessionContext.ready;
}"""

RUN_ALL = """async () => {
    await window.jupyterapp.commands.execute('notebook:run-all-cells');
    return window.jupyterapp.shell.currentWidget.content.widgets
        .filter(cell => cell.model.type === 'code')
        .flatMap(cell => cell.model.outputs.toJSON())
        .filter(output => output.output_type === 'error')
        .map(output => `${output.ename}: ${output.evalue}`);
}"""


END_KERNELS = "() => window.jupyterapp.serviceManager.sessions.shutdownAll()"


def find_chromium() -> str | None:
    """The browser to drive: $CHROMIUM, or the first of `NAMES` on the PATH, or None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@dataclass(frozen=True)
class JupyterLab:
    """A running server: its address, and the folder whose notebooks it opens."""

    url: str
    served: Path


@dataclass
class NotebookPage:
    """A notebook in JupyterLab, or shown by Voila, in a browser that reaches nothing but this machine."""

    page: Page
    blocked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def run_all(self) -> None:
        """Run all cells and wait for the last; raises AssertionError with the errors of cells that failed."""
        failures = self.page.evaluate(RUN_ALL)
        assert not failures, failures

    def slider(self, label: str) -> Locator:
        """The handle of the slider with this label."""
        labelled = self.page.get_by_text(label, exact=True)
        return self.page.locator(".widget-slider").filter(has=labelled).locator(".noUi-handle")

    def press(self, label: str, key: str = "ArrowRight", *, times: int = 1) -> None:
        """Move a slider from the keyboard."""
        self.slider(label).focus()
        for _ in range(times):
            self.page.keyboard.press(key)

    def drag(self, label: str, *, pixels: float) -> None:
        """Move a slider with the mouse, `pixels` to the right (negative: to the left)."""
        handle = self.slider(label)
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        assert box is not None, f"the slider {label!r} is not visible"
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + pixels, y, steps=8)
        self.page.mouse.up()

    def screenshot(self, name: str) -> Path:
        """Keep what is seen as tests/artefacts/`name`.png."""
        path = ARTEFACTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _gate(self, route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.hostname == "127.0.0.1" or address.scheme in ("data", "blob"):
            route.continue_()
        else:
            self.blocked.append(route.request.url)
            route.abort()


@contextmanager
def lab_server(folder: Path, state: Path) -> Iterator[str]:
    """JupyterLab on a free port of loopback, serving `folder`; yields its address and ends it by its own pid.

    `state` is an empty folder for settings, workspaces and logs: the user's own are neither read nor changed.
    """
    command = [sys.executable, "-m", "jupyterlab", *LAB_FLAGS, f"--ServerApp.root_dir={folder}"]
    with _serving(command, state, _lab_address) as url:
        yield url


@contextmanager
def app_server(notebook: Path, state: Path) -> Iterator[str]:
    """Voila on a port of loopback, serving a notebook as `make app` does; yields its address and ends it."""
    port = f"--port={_free_port()}"  # if somebody else takes it meanwhile, Voila tries others and says which
    with _serving(
        [sys.executable, "-m", "voila", str(notebook), *APP_FLAGS, port], state, _app_address
    ) as url:
        yield url


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _serving(command: list[str], state: Path, address: Callable[[int, Path], str | None]) -> Iterator[str]:
    with _log(state).open("wb") as sink:
        server = subprocess.Popen(
            command,
            env=_isolated(state),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _address(server, state, address)
    finally:
        _end(server)


def _isolated(state: Path) -> dict[str, str]:
    foreign = ("JUPYTER", "MPLBACKEND")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)} | {
        "IPYTHONDIR": str(state / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(state / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(state / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(state / "config"),
        "JUPYTER_DATA_DIR": str(state / "data"),
        "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
    }


def _log(state: Path) -> Path:
    return state / "server.log"


def _address(
    server: "subprocess.Popen[bytes]", state: Path, address: Callable[[int, Path], str | None]
) -> str:
    """The address the server chose, once it answers there."""
    give_up = time.monotonic() + PATIENCE_S
    while server.poll() is None and time.monotonic() < give_up:
        if url := address(server.pid, state):
            return url
        time.sleep(0.1)
    raise RuntimeError(f"no server:\n{_log(state).read_text(errors='replace')[-4000:]}")


def _app_address(_: int, state: Path) -> str | None:
    found = APP_ADDRESS.search(_log(state).read_text(encoding="utf-8", errors="replace"))
    return f"http://127.0.0.1:{found[1]}/" if found else None


def _lab_address(pid: int, state: Path) -> str | None:
    notice = state / "runtime" / f"jpserver-{pid}.json"
    try:
        url = str(json.loads(notice.read_text())["url"])
        with build_opener(ProxyHandler({})).open(f"{url}api/status", timeout=5):
            return url
    except (json.JSONDecodeError, OSError):  # no notice, half a notice, or the server not listening yet
        return None


def _end(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(timeout=30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def open_page(context: BrowserContext, server: str, path: str) -> NotebookPage:
    """The notebook at `path` of the server, shown, its kernel ready; the page reaches only this machine."""
    opened = _watched(context)
    own = secrets.token_hex(4)  # JupyterLab opens again in a workspace what was open in it before
    opened.page.goto(f"{server}lab/workspaces/{own}/tree/{quote(path)}")
    opened.page.wait_for_function(IS_OPEN, arg=path)
    opened.page.evaluate(IS_READY)
    return opened


def open_app_page(context: BrowserContext, address: str) -> NotebookPage:
    """What Voila shows there, once its cells have run; the page reaches only this machine."""
    opened = _watched(context)
    opened.page.goto(address)
    expect(opened.page.locator("#rendered_cells")).to_be_visible()
    return opened


def _watched(context: BrowserContext) -> NotebookPage:
    opened = NotebookPage(context.new_page())
    opened.page.route("**/*", opened._gate)
    opened.page.on("console", opened._note)
    opened.page.on("pageerror", lambda error: opened.errors.append(str(error)))
    return opened


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser; the test is skipped without one, and fails where REQUIRE_BROWSER is set."""
    found = find_chromium()
    if found:
        return found
    reason = f"no browser: install Chromium or set CHROMIUM to the path of one (sought: {', '.join(NAMES)})"
    if os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser_context(chromium: str) -> Iterator[BrowserContext]:
    """One browser, for all pages of a test module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
        context.set_default_timeout(PATIENCE_S * 1000)
        expect.set_options(timeout=PATIENCE_S * 1000)
        yield context
        browser.close()


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    """One server, which takes seconds to start."""
    served = tmp_path_factory.mktemp("served folder")
    with lab_server(served, tmp_path_factory.mktemp("lab")) as url:
        yield JupyterLab(url, served)


@pytest.fixture(scope="module")
def open_notebook(
    browser_context: BrowserContext, jupyterlab: JupyterLab
) -> Iterator[Callable[[Path], NotebookPage]]:
    """A function that opens a copy of a notebook in JupyterLab, in a page of its own."""

    def open_copy(notebook: Path) -> NotebookPage:
        copy = Path(shutil.copy(notebook, tempfile.mkdtemp(dir=jupyterlab.served)))
        return open_page(browser_context, jupyterlab.url, copy.relative_to(jupyterlab.served).as_posix())

    yield open_copy
    for page in browser_context.pages[:1]:
        page.evaluate(END_KERNELS)


@pytest.fixture(scope="module")
def open_app(
    browser_context: BrowserContext, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., NotebookPage]]:
    """A function that shows a copy of a notebook through Voila, light or dark, in a page of its own."""
    servers = dict[Path, str]()
    with ExitStack() as running:

        def open_copy(notebook: Path, theme: str = "light") -> NotebookPage:
            if notebook not in servers:
                copy = Path(shutil.copy(notebook, tmp_path_factory.mktemp("app folder")))
                servers[notebook] = running.enter_context(app_server(copy, tmp_path_factory.mktemp("voila")))
            return open_app_page(browser_context, f"{servers[notebook]}?theme={theme}")

        yield open_copy
