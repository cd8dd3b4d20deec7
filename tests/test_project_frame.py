"""The frame around the code: what is installed, what may import what, what no file may hold."""

import ast
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME = [Requirement(text) for text in PROJECT["dependencies"]]
TEST = [Requirement(text) for text in PROJECT["optional-dependencies"]["test"]]

# ---- environment.yml ---------------------------------------------

# conda-forge splits these: its plain `matplotlib` adds Qt, its plain `seaborn` adds statsmodels, and its
# `distributed` is what PyPI calls dask[distributed].
CONDA_NAMES = {
    "distributed": "dask",
    "matplotlib-base": "matplotlib",
    "playwright-python": "playwright",
    "seaborn-base": "seaborn",
}
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def conda_requirements() -> dict[str, Requirement]:
    found = [Requirement(entry) for entry in CONDA["dependencies"] if isinstance(entry, str)]
    return {canonicalize_name(CONDA_NAMES.get(one.name, one.name)): one for one in found}


@pytest.mark.parametrize("wanted", RUNTIME, ids=str)
def test_conda_gets_each_runtime_package_with_the_bounds_of_pyproject(wanted):
    assert conda_requirements()[canonicalize_name(wanted.name)].specifier == wanted.specifier


def test_conda_gets_nothing_but_the_runtime_packages_and_what_the_tests_import():
    """Linters and type stubs are left out: nobody needs them to run the lab or the tests."""
    bounds = {canonicalize_name(one.name): one.specifier for one in RUNTIME + TEST}
    extra = {name: one for name, one in conda_requirements().items() if name not in bounds}
    assert extra.keys() == {"python", "pip"}
    assert all(one.specifier == bounds[name] for name, one in conda_requirements().items() if name in bounds)


def test_conda_takes_the_same_pythons_as_pyproject():
    assert conda_requirements()["python"].specifier == PROJECT["requires-python"]


def test_conda_installs_the_package_itself_last_and_editable():
    assert CONDA["dependencies"][-1] == {"pip": ["-e ."]}
    assert CONDA["channels"] == ["conda-forge", "nodefaults"]


# ---- requirements.lock -------------------------------------------

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINS = [Requirement(line) for line in LOCK.splitlines() if line and not line.lstrip().startswith("#")]
MACHINES = [
    default_environment()
    | {"python_version": minor, "python_full_version": f"{minor}.9", "sys_platform": system, "os_name": name}
    for minor in ("3.11", "3.12", "3.13", "3.14")
    for system, name in (("linux", "posix"), ("darwin", "posix"), ("win32", "nt"))
]


def locked_version(name: str, machine: dict[str, str]) -> str:
    """The one version that the lock gives to this kind of machine."""
    pins = [pin for pin in PINS if canonicalize_name(pin.name) == canonicalize_name(name)]
    (specifier,) = {pin.specifier for pin in pins if pin.marker is None or pin.marker.evaluate(machine)}
    (exact,) = specifier
    assert exact.operator == "=="
    return exact.version


@pytest.mark.parametrize("wanted", RUNTIME + TEST, ids=str)
def test_the_lock_holds_one_allowed_version_for_every_python_and_system(wanted):
    versions = {locked_version(wanted.name, machine) for machine in MACHINES}
    assert all(wanted.specifier.contains(one) for one in versions)


def test_every_line_of_the_lock_is_an_exact_version_without_an_address():
    assert all(pin.url is None and [one.operator for one in pin.specifier] == ["=="] for pin in PINS)
    assert "://" not in LOCK
    assert "--" not in LOCK  # an option such as the address of an index


# ---- version, Makefile -------------------------------------------


def test_the_version_is_written_in_pyproject_alone():
    assert version("crm-flight-simulator") == PROJECT["version"]
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "sim").rglob("*.py"))
    assert re.findall(r"__version__ *= *[\"']", code) == []


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")
def test_make_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z][\w-]*):", makefile, flags=re.MULTILINE)
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make (\S+) +\S", shown, flags=re.MULTILINE) == targets
    assert set(targets) == set(re.findall(r"^\.PHONY:(.*)$", makefile, flags=re.MULTILINE)[0].split())


# ---- what no file may hold ---------------------------------------

# Each pattern has brackets around one letter, so that this file does not match itself.
FORBIDDEN = {
    "the address of a package registry": r"pypi\.or[g]|pythonhosted\.or[g]|npmjs\.(co[m]|or[g])|conda\.or[g]"
    r"|anaconda\.(co[m]|or[g])|deb\.debia[n]|crates\.i[o]|proxy\.golan[g]|(?<!emit-)index-ur[l]",
    "a path of the machine it is written on": r"(?<![\w.])/(wor[k]|roo[t]|tm[p]|op[t]|(hom[e]|User[s])/\w+)/",
    "a folder outside the project": r"\.\./share[d]",
}


def project_files() -> Iterator[Path]:
    """All files but those that .gitignore names; also where the project was downloaded without git."""
    ignored = [".git", *(line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines())]

    def kept(folder: Path, name: str) -> bool:
        relative = (folder / name).relative_to(ROOT).as_posix()
        return not any(fnmatch(name, pattern) or fnmatch(relative, pattern) for pattern in ignored)

    for place, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if kept(Path(place), name)]
        yield from (Path(place, name) for name in files if kept(Path(place), name))


def offences(what: str, text: str) -> list[str]:
    return [found[0] for found in re.finditer(FORBIDDEN[what], text)]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what):
    texts = {path: path.read_bytes().decode("utf-8", errors="replace") for path in project_files()}
    found = {str(path.relative_to(ROOT)): offences(what, text) for path, text in texts.items()}
    assert len(found) > 20, "the search has lost the project's files"
    assert {path: hits for path, hits in found.items() if hits} == {}


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("the address of a package registry", "https://" + "pypi." + "org/simple"),
        ("the address of a package registry", "https://files.python" + "hosted.org/x"),
        ("the address of a package registry", "--extra-index-" + "url http://localhost:3141"),
        ("a path of the machine it is written on", "open('/" + "root/.cache')"),
        ("a path of the machine it is written on", "see /" + "home/ada/kit"),
        ("a folder outside the project", "see .." + "/shared/notes.md"),
    ],
)
def test_the_search_finds_a_planted(what, text):
    assert offences(what, text)


# ---- what may import what ----------------------------------------

# Ground floor first: a room imports from itself and from rooms before it. sim/__init__.py may import all.
ROOMS = [
    *(
        "levers",
        "starting",
        "scenario",
        "scenario_files",
        "compiled_files",
        "compiled",
        "luck",
        "programs",
        "world",
        "kpi",
        "run_files",
    ),
    *("ledger", "tally", "accounts", "months", "panel", "journey", "run", "analytics", "experiments"),
    *("records", "lab", "classroom", "cli"),
]
STAND_ALONE = {"compiled_files", "levers", "starting", "kpi"}  # import nothing of ours
SIM = ROOT / "sim"


def sources() -> Iterator[tuple[str, Path]]:
    """(room, file) of every Python file of sim but its front door."""
    for path in sorted(SIM.rglob("*.py")):
        inside = path.relative_to(SIM)
        if inside != Path("__init__.py"):
            yield inside.parts[0].removesuffix(".py"), path


def imported_rooms(source: str, package: list[str]) -> set[str]:
    """Rooms that `source`, a module of `package` (["sim", "kpi"]), imports; "" stands for sim itself."""
    rooms = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            rooms |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            module = [*base, *(node.module or "").split(".")] if node.module else base
            rooms |= {".".join([*module, alias.name]) for alias in node.names}
    return {name.split(".")[1] if "." in name else "" for name in rooms if name.split(".")[0] == "sim"}


def allowed_rooms(room: str) -> set[str]:
    return {room} if room in STAND_ALONE else set(ROOMS[: ROOMS.index(room) + 1])


@pytest.mark.parametrize(("room", "path"), list(sources()), ids=lambda value: str(value).split("sim/")[-1])
def test_a_room_imports_only_from_rooms_before_it(room, path):
    package = ["sim", *path.relative_to(SIM).parent.parts]
    assert imported_rooms(path.read_text(encoding="utf-8"), package) <= allowed_rooms(room)


@pytest.mark.parametrize(
    ("statement", "room"),
    [
        ("import sim", ""),
        ("import sim.lab.tiles as tiles", "lab"),
        ("from sim import analytics", "analytics"),
        ("from sim.world.clock import Clock", "world"),
        ("from .. import run", "run"),
        ("from ..scenario import Scenario", "scenario"),
        ("from .checks import require", "kpi"),
        ("from . import checks", "kpi"),
        ("def later():\n    from sim.cli import main", "cli"),
    ],
)
def test_an_import_is_seen_in_every_form(statement, room):
    assert imported_rooms(statement, ["sim", "kpi"]) == {room}


def test_other_packages_are_no_rooms():
    assert imported_rooms("import simpy\nfrom similar import x\nimport numpy as np", ["sim", "kpi"]) == set()
