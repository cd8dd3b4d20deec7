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
from tempfile import NamedTemporaryFile
from typing import Any

import numba
import pandas as pd
import pytest

import sim
from sim import compiled, compiled_files
from sim.experiments import workers
from sim.world import warm_up
from sim.world.warm_up import NOWHERE, ONCE, SMALL

Patch = pytest.MonkeyPatch


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


def compiled_functions(module: ast.Module) -> list[ast.FunctionDef]:
    """Those with the decorator."""
    return [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(one, ast.Name) and one.id == "compiled" for one in node.decorator_list)
    ]


def borrowed(source: str) -> dict[str, str]:
    """Names that compiled functions of a file take from our other modules, and from which."""
    module = ast.parse(source)
    ours = {
        alias.asname or alias.name: node.module or ""
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "sim"
        for alias in node.names
    }
    used = {name for one in compiled_functions(module) for name in foreign(one)}
    return {name: ours[name] for name in used & set(ours)}


def foreign(function: ast.FunctionDef) -> set[str]:
    """Names in its body that are neither its arguments nor its variables."""
    names = [node for line in function.body for node in ast.walk(line) if isinstance(node, ast.Name)]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return {node.id for node in names} - own - {one.arg for one in function.args.args}


SOURCES = [
    path
    for path in Path(sim.__file__).parent.rglob("*.py")
    if compiled_functions(ast.parse(path.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_compiled_function_uses_only_what_files_with_compiled_functions_hold(path: Path) -> None:
    """What is kept is made anew when one of these changes, whatever happens to others."""
    files = {
        Path(sys.modules[one].__file__ or "") for one in borrowed(path.read_text(encoding="utf-8")).values()
    }
    assert files <= set(SOURCES)


def test_what_is_taken_from_another_file_is_seen() -> None:
    use = "@compiled\ndef f(x):\n    return thing(x)"
    own = "@compiled\ndef f(thing):\n    return thing"
    line = "from sim.luck import other as thing"
    assert borrowed(f"{line}\n{use}") == {"thing": "sim.luck"}
    assert borrowed(f"from numpy import thing\n{use}") == borrowed(f"{line}\n{own}") == {}
    assert borrowed(f"{line}\n{use.removeprefix('@compiled')}") == {}


def test_the_lists_of_loops_and_of_their_files_are_complete() -> None:
    for module in pkgutil.walk_packages(sim.world.__path__, "sim.world."):
        importlib.import_module(module.name)
    written = {
        (path.stem, function.name)
        for path in SOURCES
        for function in compiled_functions(ast.parse(path.read_text(encoding="utf-8")))
    }
    listed = {(loop.__module__.rpartition(".")[2], loop.__name__) for loop in compiled.LOOPS}
    assert listed == written
    assert len(written) > 10
    assert {*compiled_files.sources()} == {*SOURCES, Path(compiled.__file__)}


# ---- what they compute ------------------------------------------------------------

COFFEE = f"""
import sim
print(sim.simulate(sim.load("coffee").change({SMALL}), seed=3).transactions.to_csv(index=False))
"""


def test_machine_code_computes_what_python_computes() -> None:
    """But for the last digits of powers and exponentials."""
    interpreted = pd.read_csv(StringIO(result_of(COFFEE, NUMBA_DISABLE_JIT="1", PYTHONWARNINGS="error")))
    fast = sim.simulate(sim.load("coffee").change(SMALL), seed=3).transactions
    assert len(fast) > 500
    pd.testing.assert_frame_equal(
        pd.read_csv(StringIO(fast.to_csv(index=False))), interpreted, rtol=1e-12, atol=1e-12
    )


# ---- when they are compiled ------------------------------------------------------------

WARM = """
import json
import sim
from sim.compiled import LOOPS
from sim.programs import add_program
from sim.scenario import TOOLS
from sim.world.warm_up import warm_up

def known():
    return {f"{loop.__module__}.{loop.__name__}": [str(one) for one in loop.signatures] for loop in LOOPS}

warm_up()
warm = known()
for name in sim.scenarios().index:
    company = sim.load(name).change({"acquisition.opening_customers": 20, "clock.months": 4})
    for one in (company, add_program(company, *TOOLS).later(2, {"loyalty.expiry": "fixed"})):
        sim.simulate(one, seed=2)
called = {name for loop in LOOPS for name in loop.py_func.__code__.co_names}
inner = [name for name in warm if name.rpartition(".")[2] in called]
print(json.dumps([warm, known(), inner]))
"""


def test_after_the_warm_up_nothing_is_left_to_compile_in_any_company_with_any_program() -> None:
    """Loops that only others call are part of them."""
    warm, later, inner = json.loads(result_of(WARM))
    assert later == warm
    assert {name for name, kinds in warm.items() if len(kinds) != 1} <= set(inner)
    assert all(len(kinds) <= 1 for kinds in warm.values())


def pretend(folder: Path | None, monkeypatch: Patch) -> list[str]:
    """A simulator with one loop that is kept in `folder`; returns what it will have lived."""
    lived: list[str] = []
    monkeypatch.setattr(compiled, "LOOPS", ["a loop"])
    monkeypatch.setattr(compiled_files, "FOLDER", folder)
    monkeypatch.setattr(warm_up, "_worlds", lambda: ["a world"])
    monkeypatch.setattr(warm_up, "_live", lived.append)
    return lived


prepare = warm_up.prepare.__wrapped__  # as in a new process


def test_the_first_run_says_that_it_compiles_and_the_second_is_silent(
    tmp_path: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    lived = pretend(tmp_path, monkeypatch)
    prepare()
    assert (len(lived), capsys.readouterr()) == (1, ("", ONCE + "\n"))
    prepare()
    assert (len(lived), capsys.readouterr()) == (1, ("", ""))


def test_what_was_kept_of_earlier_sources_is_forgotten_and_that_of_other_pythons_is_not(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    tag = sys.implementation.cache_tag
    names = ("compiled-cpython-99-aaa", f"compiled-{tag}-new", f"compiled-{tag}-old", "else")
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "loop.nbi").touch()
    lived = pretend(tmp_path / names[1], monkeypatch)
    prepare()
    assert len(lived) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted({*names} - {names[2]})


def test_workers_compile_in_silence(
    tmp_path: Path, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    lived = pretend(tmp_path, monkeypatch)
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: "the caller")
    prepare()
    assert (len(lived), capsys.readouterr()) == (1, ("", ""))


def test_where_nothing_can_be_kept_only_what_is_needed_is_compiled(
    monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    lived = pretend(None, monkeypatch)
    prepare()
    assert (lived, capsys.readouterr()) == ([], ("", NOWHERE + "\n"))


def test_an_experiment_compiles_before_its_workers_start_unless_that_has_been_done(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    lived = pretend(tmp_path, monkeypatch)
    monkeypatch.setattr(warm_up, "prepare", prepare)
    assert (list(workers.live({})), len(lived)) == ([], 1)
    assert (list(workers.live({})), len(lived)) == ([], 1)


# ---- where they are kept ------------------------------------------------------------


def place(tmp_path: Path, monkeypatch: Patch) -> Path:
    """A simulator of one source file in a folder, with a user's cache beside it; returns the folder."""
    package = tmp_path / "a place é"
    package.mkdir()
    (package / "loops.py").write_text("first", encoding="utf-8")
    monkeypatch.setattr(compiled_files, "_PACKAGE", package)
    monkeypatch.setattr(compiled_files, "sources", lambda: [package / "loops.py"])
    monkeypatch.setattr(compiled_files, "user_cache_path", lambda name, **_: tmp_path / "cache" / name)
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    return package


def test_what_is_compiled_lies_beside_the_sources_in_a_folder_of_their_present_state(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    package = place(tmp_path, monkeypatch)
    first = compiled_files.folder_for_this_state()
    assert first is not None
    assert first.is_dir()
    assert first.parent == package / "__pycache__"
    assert compiled_files.folder_for_this_state() == first
    (package / "loops.py").write_text("second", encoding="utf-8")
    second = compiled_files.folder_for_this_state()
    assert second != first
    monkeypatch.setattr(compiled_files, "version", lambda package: f"{package} 99")
    assert compiled_files.folder_for_this_state() not in (first, second)


def test_else_it_lies_in_the_users_cache_or_where_the_user_says(tmp_path: Path, monkeypatch: Patch) -> None:
    """Files where folders should be: nobody, not even an administrator, can write in them."""
    (place(tmp_path, monkeypatch) / "__pycache__").touch()
    found = compiled_files.folder_for_this_state()
    assert found is not None
    assert found.parent == tmp_path / "cache" / "crm-flight-simulator"
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "mine"))
    found = compiled_files.folder_for_this_state()
    assert found is not None
    assert found.parent == tmp_path / "mine"
    with monkeypatch.context() as patch:
        patch.setattr(compiled_files, "TemporaryFile", NamedTemporaryFile)  # as on Windows
        patch.setattr(compiled_files, "_LONGEST", 260)  # no file can have so long a name
        assert compiled_files.folder_for_this_state() is None
    (tmp_path / "mine").rename(tmp_path / "moved")
    (tmp_path / "mine").touch()
    assert compiled_files.folder_for_this_state() is None


FOLDER = """
import sys
from sim.compiled_files import FOLDER
print(FOLDER.parent, "numba" in sys.modules)
"""


def test_the_folder_that_numba_is_told_to_use_is_known_without_numba(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    """But for a file of settings in the working folder, which Numba itself reads; the environment wins."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    mine, other = tmp_path / "mine", tmp_path / "other"
    assert result_of(FOLDER, NUMBA_CACHE_DIR=str(mine)) == f"{mine} False\n"
    Path(".numba_config.yaml").write_text(f"cache_dir: '{other}'", encoding="utf-8")
    assert result_of(FOLDER) == f"{other} True\n"
    assert result_of(FOLDER, NUMBA_CACHE_DIR=str(mine)) == f"{mine} True\n"


LOOP = """
from sim.compiled import compiled

@compiled
def halves(x):
    return 1 / (x - x) if x > 5 else x / 2
"""


def loop_in(folder: Path | None, source: Path, monkeypatch: Patch) -> Any:
    """A compiled function of a new file, kept in that folder; the list of loops is as before afterwards."""
    monkeypatch.setattr(compiled, "LOOPS", [])
    monkeypatch.setattr(compiled_files, "FOLDER", folder)
    source.write_text(LOOP, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("halves", source)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert [module.halves] == compiled.LOOPS
    return module.halves


def test_a_loop_is_kept_and_numbas_own_setting_is_left_alone(tmp_path: Path, monkeypatch: Patch) -> None:
    kept, source, before = tmp_path / "kept", tmp_path / "halves.py", numba.config.CACHE_DIR
    kept.mkdir()
    halves = loop_in(kept, source, monkeypatch)
    assert [halves(3.0), halves(7.0)] == [1.5, float("inf")]
    assert {path.suffix for path in kept.rglob("*.*")} == {".nbi", ".nbc"}
    again = loop_in(kept, source, monkeypatch)
    again(3.0)
    assert (sum(again.stats.cache_hits.values()), sum(again.stats.cache_misses.values())) == (1, 0)
    assert before == numba.config.CACHE_DIR


def test_without_a_place_to_keep_it_a_loop_is_compiled_all_the_same(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    loop = loop_in(None, tmp_path / "halves.py", monkeypatch)
    assert (loop(3.0), list(tmp_path.rglob("*.nb*"))) == (1.5, [])
