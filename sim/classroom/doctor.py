"""Whether this computer is ready for class, in plain words: what was found and what to do about it.

Every examination is a function without arguments that returns a `Finding`; `examine` carries out all of them
and turns whatever one of them raises into a finding, too.
"""

import shutil
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from sim import compiled_files
from sim.compiled import LOOPS
from sim.run import simulate
from sim.scenario_files import load
from sim.world import warm_up

State = Literal["ok", "warn", "problem"]

DISTRIBUTION = "crm-flight-simulator"
SET_UP = "set the lab up again as README.md says"
KERNEL_SECONDS = 60.0
SLOW_SECONDS = 3.0
GIGABYTE = 2**30
MEMORY = 1.0, 2.0  # gigabytes: below the first a problem, below the second a warning
DISK = 0.2, 1.0
FRONT_ENDS = {"ipywidgets": "@jupyter-widgets/jupyterlab-manager", "anywidget": "anywidget"}
PURCHASES, REVENUE = 976, 20773.71
"""Of the small pizza chain of `simulation`, on every computer."""


@dataclass(frozen=True)
class Finding:
    """What an examination found: ok, warn or problem, in words, and what to do unless it is ok."""

    what: str
    state: State
    said: str
    advice: str = ""

    def __str__(self) -> str:
        line = f"{self.state:<8} {self.what}: {self.said}"
        return line if self.state == "ok" else f"{line}\n{'':9}-> {self.advice}"


def examine() -> Iterator[Finding]:
    """All findings, each as soon as it is there; nothing is raised but an interrupt."""
    for what, (look, advice) in EXAMINATIONS.items():
        try:
            yield look()
        except Exception as error:  # what breaks is what a doctor is asked about
            said = f"could not be examined, {type(error).__name__}: {' '.join(str(error).split())}"
            yield Finding(what, "problem", said[:300], advice)


def python() -> Finding:
    """Whether this Python is one that the simulator is made for."""
    from packaging.specifiers import SpecifierSet

    needed = metadata.metadata(DISTRIBUTION)["Requires-Python"]
    here = ".".join(map(str, sys.version_info[:3]))
    if SpecifierSet(needed).contains(here):
        return Finding("Python", "ok", here)
    return Finding("Python", "problem", f"{here}, needed is {needed}", f"install a newer Python and {SET_UP}")


def packages() -> Finding:
    """Whether each package that the simulator needs is there in a version that it is made for."""
    from packaging.requirements import Requirement

    wanted = [Requirement(text) for text in metadata.requires(DISTRIBUTION) or ()]
    needed = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    there = {one.name: _version(one.name) or "" for one in needed}
    wrong = [
        f"{one.name} {there[one.name] or 'is missing'} (needed: {one.specifier or 'any'})"
        for one in needed
        if not (there[one.name] and one.specifier.contains(there[one.name], prereleases=True))
    ]
    if wrong:
        return Finding("packages", "problem", ", ".join(wrong), SET_UP)
    return Finding("packages", "ok", f"all {len(needed)} in versions that fit")


def kernel() -> Finding:
    """Whether notebooks can compute: a kernel starts, answers and finds this simulator, within a minute."""
    from jupyter_client.manager import start_new_kernel

    began = time.monotonic()
    manager, client = start_new_kernel(startup_timeout=KERNEL_SECONDS, stderr=subprocess.DEVNULL)
    try:
        said = _reply(client, "import sim; print(sim.__file__)")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    if Path(said) == Path(__file__).parents[1] / "__init__.py":
        return Finding("kernel", "ok", f"started and answered in {time.monotonic() - began:.0f} s")
    return Finding("kernel", "problem", f"notebooks find another simulator or none: {said[-200:]}", SET_UP)


def widgets() -> Finding:
    """Whether JupyterLab has what draws sliders and the deck."""
    from jupyter_core.paths import jupyter_path

    folders = [Path(one) for one in jupyter_path("labextensions")]
    lost = [
        package
        for package, name in FRONT_ENDS.items()
        if not any((folder / name / "package.json").is_file() for folder in folders)
    ]
    if lost:
        return Finding("widgets", "problem", f"JupyterLab lacks the part of {', '.join(lost)}", SET_UP)
    return Finding("widgets", "ok", "JupyterLab can draw them")


def memory() -> Finding:
    """Whether there is memory for the lab, a kernel and a browser."""
    import psutil

    free = psutil.virtual_memory().available / GIGABYTE
    return _room("memory", free, MEMORY, "close other programs, above all browser tabs")


def disk() -> Finding:
    """Whether there is room to save notebooks and runs in the working folder."""
    free = shutil.disk_usage(Path.cwd()).free / GIGABYTE
    return _room("disk", free, DISK, "delete what you do not need, or work in a folder on another disk")


def working_folder() -> Finding:
    """Whether notebooks can be saved in the working folder."""
    advice = "copy the folder to a place that is yours, such as Documents, and work there"
    return _writable("working folder", Path.cwd(), advice)


def temporary_folder() -> Finding:
    """Whether programs may write temporary files, which kernels and JupyterLab need."""
    return _writable(
        "temporary folder", Path(tempfile.gettempdir()), "set TMPDIR or TEMP to a folder of yours"
    )


def compiled_loops() -> Finding:
    """Whether the simulator is compiled for this computer; what is not is compiled now."""
    if not LOOPS:
        said = "switched off, lessons will be slow"
        return Finding("compiled loops", "warn", said, "unset NUMBA_DISABLE_JIT")
    began = time.perf_counter()
    warm_up.prepare()
    warm_up.warm_up()
    seconds = time.perf_counter() - began
    if not compiled_files.can_keep():
        said = f"compiled in {seconds:.0f} s, and again in every session: they cannot be kept"
        return Finding("compiled loops", "warn", said, "set NUMBA_CACHE_DIR to a folder of yours")
    new = sum(sum(loop.stats.cache_misses.values()) for loop in LOOPS)
    said = f"compiled now, in {seconds:.0f} s" if new else "compiled before"
    return Finding("compiled loops", "ok", f"{said}, kept for all sessions")


def simulation() -> Finding:
    """Whether a small pizza chain sells the same here as on every other computer, and how long that takes."""
    small = {"acquisition.opening_customers": 200, "clock.months": 3}
    began = time.perf_counter()
    sales = simulate(load("pizza").change(small), seed=1).transactions
    seconds = time.perf_counter() - began
    found = f"{len(sales):,} purchases for {sales['amount'].sum():,.2f}"
    if (len(sales), round(float(sales["amount"].sum()), 2)) != (PURCHASES, REVENUE):
        said = f"{found}, expected {PURCHASES:,} for {REVENUE:,.2f}"
        return Finding("simulation", "problem", said, f"answers would differ from the checks: {SET_UP}")
    said = f"{found} as expected, in {seconds:.2f} s"
    if seconds > SLOW_SECONDS:
        return Finding(
            "simulation", "warn", said, "lessons will be slow: close other programs, plug in the power"
        )
    return Finding("simulation", "ok", said)


def browser() -> Finding:
    """Whether JupyterLab will find a browser to open."""
    try:
        webbrowser.get()
    except webbrowser.Error:
        advice = "start JupyterLab and copy the address that it prints into a browser"
        return Finding("browser", "warn", "none found", advice)
    return Finding("browser", "ok", "found")


EXAMINATIONS: dict[str, tuple[Callable[[], Finding], str]] = {
    "Python": (python, SET_UP),
    "packages": (packages, SET_UP),
    "compiled loops": (compiled_loops, SET_UP),
    "simulation": (simulation, SET_UP),
    "kernel": (kernel, "let firewall and virus scanner allow Python to connect to this computer itself"),
    "widgets": (widgets, SET_UP),
    "memory": (memory, SET_UP),
    "disk": (disk, "work in a folder of this computer"),
    "working folder": (working_folder, "work in a folder of this computer"),
    "temporary folder": (temporary_folder, "set TMPDIR or TEMP to a folder of yours"),
    "browser": (browser, "install a browser"),
}
"""By name: an examination, and what to do if it breaks down itself."""


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _reply(client: Any, code: str) -> str:
    """What a kernel prints, or the last line of its complaint."""
    printed: list[str] = []

    def listen(message: dict[str, Any]) -> None:
        content = message["content"]
        printed.append(
            content.get("text", "") if message["msg_type"] == "stream" else content.get("evalue", "")
        )

    client.execute_interactive(code, timeout=KERNEL_SECONDS, output_hook=listen, store_history=False)
    return "".join(printed).strip()


def _room(what: str, free: float, limits: tuple[float, float], advice: str) -> Finding:
    """A finding about free gigabytes: less than the first limit is a problem, than the second a warning."""
    least, enough = limits
    said = f"{free:,.1f} GB free"
    if free >= enough:
        return Finding(what, "ok", said)
    return Finding(what, "warn" if free >= least else "problem", f"{said}, {enough:g} GB are good", advice)


def _writable(what: str, folder: Path, advice: str) -> Finding:
    """A finding about a folder: writes a file and removes it."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".crm-sim-") as file:
            file.write(b"0" * 4096)
    except OSError as error:
        return Finding(what, "problem", f"cannot write in {folder}: {error.strerror}", advice)
    return Finding(what, "ok", f"can write in {folder}")
