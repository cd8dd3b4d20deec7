"""Compiled loops: what they use and compute, when they are compiled, where they are kept."""

import ast
import importlib
import json
import multiprocessing
import os
import pkgutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numba
import pandas as pd
import pytest

import sim
from sim import compiled
from sim.world import warm_up
from sim.world.warm_up import NOWHERE, ONCE, SMALL

Patch = pytest.MonkeyPatch
DECORATORS = ("compiled", "elementwise")
CONSTANTS = {"MONTH", "NEVER", "WORST"}
"""What loops may take from other files, as it will never be anything else: days of a month, infinity."""


def result_of(program: str, **environment: str) -> str:
    """What a fresh Python prints that runs this program."""
    shown = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(Path(sim.__file__).parents[1])} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return shown.stdout


# ---- what they use ------------------------------------------------------------


def compiled_functions(module: ast.Module, *names: str) -> list[ast.FunctionDef]:
    """Those with one of these decorators."""
    return [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(one, ast.Name) and one.id in names for one in node.decorator_list)
    ]


def borrowed(source: str) -> set[str]:
    """Names that compiled functions of a file use and that the file takes from other files of ours."""
    module = ast.parse(source)
    ours = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(module)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if is_ours(node, alias)
    }
    return {name for function in compiled_functions(module, *DECORATORS) for name in ours & foreign(function)}


def is_ours(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> bool:
    if isinstance(node, ast.Import):
        return alias.name.partition(".")[0] == "sim"
    return bool(node.level) or (node.module or "").partition(".")[0] == "sim"


def foreign(function: ast.FunctionDef) -> set[str]:
    """Names in its body that are neither its arguments nor its variables."""
    names = [node for line in function.body for node in ast.walk(line) if isinstance(node, ast.Name)]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return {node.id for node in names} - own - {one.arg for one in function.args.args}


SOURCES = [
    path
    for path in Path(sim.__file__).parent.rglob("*.py")
    if compiled_functions(ast.parse(path.read_text(encoding="utf-8")), *DECORATORS)
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_compiled_function_uses_only_what_its_own_file_holds(path: Path) -> None:
    """Numba keeps what it compiled until that file changes, whatever happens to others."""
    assert borrowed(path.read_text(encoding="utf-8")) <= CONSTANTS


@pytest.mark.parametrize(
    "line", ["from sim.luck import thing", "from .luck import thing", "import sim.luck as thing"]
)
def test_what_is_taken_from_another_file_is_seen(line: str) -> None:
    use = "@compiled\ndef f(x):\n    return thing(x)"
    own = "@compiled\ndef f(thing):\n    return thing"
    assert borrowed(f"{line}\nfrom sim.compiled import compiled\n{use}") == {"thing"}
    assert borrowed(f"import numpy as thing\n{use}") == borrowed(f"{line}\n{own}") == set()
    assert borrowed(f"{line}\n{use.removeprefix('@compiled')}") == set()


def test_the_list_of_loops_is_complete() -> None:
    for module in pkgutil.walk_packages(sim.world.__path__, "sim.world."):
        importlib.import_module(module.name)
    written = {
        (path.stem, function.name)
        for path in SOURCES
        for function in compiled_functions(ast.parse(path.read_text(encoding="utf-8")), "compiled")
    }
    listed = {(loop.__module__.rpartition(".")[2], loop.__name__) for loop in compiled.LOOPS}
    assert listed == written
    assert len(written) > 10
    assert {Path(file) for file in compiled.SOURCES} == set(SOURCES)


# ---- what they compute ------------------------------------------------------------

COFFEE = f"""
import sim
print(sim.simulate(sim.load("coffee").change({SMALL}), seed=3).transactions.to_csv(index=False))
"""


def test_machine_code_computes_what_python_computes() -> None:
    """But for the last digits of powers and exponentials."""
    interpreted = pd.read_csv(StringIO(result_of(COFFEE, NUMBA_DISABLE_JIT="1")))
    fast = sim.simulate(sim.load("coffee").change(SMALL), seed=3).transactions
    assert len(fast) > 500
    pd.testing.assert_frame_equal(
        pd.read_csv(StringIO(fast.to_csv(index=False))), interpreted, rtol=1e-12, atol=1e-12
    )


# ---- when they are compiled ------------------------------------------------------------

WARM = """
import json
import sim
import sys
from numba.np.ufunc.dufunc import DUFunc
from sim.compiled import LOOPS
from sim.programs import add_program
from sim.scenario import TOOLS
from sim.world.warm_up import warm_up

modules = [module for name, module in sys.modules.items() if name.startswith("sim.")]
numbers = [one for module in modules for one in vars(module).values() if isinstance(one, DUFunc)]

def known():
    kinds = {f"{loop.__module__}.{loop.__name__}": [str(one) for one in loop.signatures] for loop in LOOPS}
    return kinds | {one.__name__: one.types for one in numbers}

warm_up()
warm = known()
for name in sim.scenarios().index:
    company = sim.load(name).change({"acquisition.opening_customers": 20, "clock.months": 4})
    for one in (company, add_program(company, *TOOLS).later(2, {"loyalty.expiry": "fixed"})):
        sim.simulate(one, seed=2)
called = {name for loop in LOOPS for name in loop.py_func.__code__.co_names}
called |= {name for one in numbers for name in one.__wrapped__.__code__.co_names}
inner = [name for name in warm if name.rpartition(".")[2] in called]
print(json.dumps([warm, known(), inner]))
"""


def test_after_the_warm_up_nothing_is_left_to_compile_in_any_company_with_any_program() -> None:
    """Loops that only others call are part of them."""
    warm, later, inner = json.loads(result_of(WARM))
    assert later == warm
    assert {name for name, kinds in warm.items() if len(kinds) != 1} <= set(inner)
    assert all(len(kinds) <= 1 for kinds in warm.values())


def pretend(folder: Path | None, source: Path, monkeypatch: Patch) -> list[str]:
    """A simulator with one loop, written in `source`, kept in `folder`; returns what it will have lived."""
    lived: list[str] = []
    stats = SimpleNamespace(cache_path=folder and str(folder))
    monkeypatch.setattr(warm_up, "LOOPS", [SimpleNamespace(stats=stats)])
    monkeypatch.setattr(warm_up, "SOURCES", {str(source)})
    monkeypatch.setattr(warm_up, "_worlds", lambda: ["a world"])
    monkeypatch.setattr(warm_up, "_live", lived.append)
    return lived


prepare = warm_up.prepare.__wrapped__  # as in a new process


def test_the_first_run_says_that_it_compiles_and_the_second_is_silent(
    tmp_path: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "loops é.py"
    source.write_text("first", encoding="utf-8")
    lived = pretend(tmp_path, source, monkeypatch)
    prepare()
    assert (len(lived), capsys.readouterr()) == (1, ("", ONCE + "\n"))
    prepare()
    assert (len(lived), capsys.readouterr()) == (1, ("", ""))
    source.write_text("second", encoding="utf-8")
    prepare()
    assert (len(lived), capsys.readouterr()) == (2, ("", ONCE + "\n"))


def test_another_numba_compiles_anew(tmp_path: Path, monkeypatch: Patch) -> None:
    lived = pretend(tmp_path, Path(__file__), monkeypatch)
    prepare()
    monkeypatch.setattr(numba, "__version__", "99")
    prepare()
    assert len(lived) == 2


def test_workers_compile_in_silence(
    tmp_path: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    lived = pretend(tmp_path, Path(__file__), monkeypatch)
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: "the caller")
    prepare()
    assert (len(lived), capsys.readouterr()) == (1, ("", ""))


def test_where_nothing_can_be_kept_only_what_is_needed_is_compiled(
    monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    lived = pretend(None, Path(__file__), monkeypatch)
    prepare()
    assert (lived, capsys.readouterr()) == ([], ("", NOWHERE + "\n"))


# ---- where they are kept ------------------------------------------------------------

LOOP = """
from sim.compiled import compiled

@compiled
def halves(x):
    return 1 / (x - x) if x > 5 else x / 2
"""


def loop_in(folder: Path, monkeypatch: Patch) -> Any:
    """A compiled function of a new file there; the list of loops is the simulator's again afterwards."""
    monkeypatch.setattr(compiled, "LOOPS", [])
    monkeypatch.setattr(compiled, "SOURCES", set())
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    (folder / "halves.py").write_text(LOOP, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("halves", folder / "halves.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert [module.halves] == compiled.LOOPS
    return module.halves


def test_a_loop_is_kept_beside_its_file(tmp_path: Path, monkeypatch: Patch) -> None:
    folder = tmp_path / "a place é"
    folder.mkdir()
    assert [loop_in(folder, monkeypatch)(3.0), loop_in(folder, monkeypatch)(7.0)] == [1.5, float("inf")]
    assert {path.suffix for path in (folder / "__pycache__").iterdir()} >= {".nbi", ".nbc"}
    again = loop_in(folder, monkeypatch)
    again(3.0)
    assert (sum(again.stats.cache_hits.values()), sum(again.stats.cache_misses.values())) == (1, 0)


def test_without_a_place_to_keep_it_a_loop_is_compiled_all_the_same(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    """Files where folders should be: nobody, not even an administrator, can write in them."""
    (tmp_path / "__pycache__").touch()
    for variable in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(tmp_path / "__pycache__"))
    loop = loop_in(tmp_path, monkeypatch)
    assert (loop(3.0), loop.stats.cache_path) == (1.5, None)
