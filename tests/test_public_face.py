"""What `import sim` promises: these names, each explained, and no more weight than needed."""

import ast
import importlib
import inspect
import pickle
import re
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

import sim
from sim.experiments import workers
from sim.experiments.summary import as_kpis

PROMISED = {
    "ExperimentError",
    "ExperimentInterrupted",
    "Lever",
    "LogError",
    "Run",
    "RunError",
    "Scenario",
    "ScenarioError",
    "add_program",
    "best",
    "calibrate",
    "classroom",
    "compare",
    "export",
    "lab",
    "levers",
    "load",
    "load_run",
    "optimise",
    "program_effect",
    "program_effect_by_buyer",
    "program_effect_by_month",
    "replicate",
    "save",
    "scenarios",
    "sensitivity",
    "simulate",
    "sweep",
    "twins",
}
CLASSES = [sim.Run, sim.Scenario, sim.Lever]


def test_sim_exports_what_it_promises_and_nothing_else() -> None:
    assert set(sim.__all__) == PROMISED
    assert sim.__all__ == sorted(sim.__all__)
    for name in PROMISED:
        assert getattr(sim, name) is not None


def test_every_public_name_in_sim_is_exported_or_a_module() -> None:
    public = {name for name in vars(sim) if not name.startswith("_")}
    modules = {name for name in public if inspect.ismodule(getattr(sim, name))}
    helpers = {"import_module", "TYPE_CHECKING", "Any"}
    assert public - modules - helpers <= PROMISED


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_every_exported_name_is_explained(name: str) -> None:
    documentation = inspect.getdoc(getattr(sim, name))
    assert documentation is not None
    first = documentation.partition("\n\n")[0]
    assert len(first) > 20


@pytest.mark.parametrize("owner", CLASSES)
def test_every_public_member_is_explained(owner: type) -> None:
    kinds = FunctionType, property, cached_property, classmethod
    own = [
        name for name, value in vars(owner).items() if not name.startswith("_") and isinstance(value, kinds)
    ]
    assert own
    assert [name for name in own if not inspect.getdoc(getattr(owner, name))] == []


def test_importing_and_simulating_needs_no_widgets_prints_nothing_and_warns_of_nothing() -> None:
    heavy = "ipywidgets", "matplotlib", "seaborn", "IPython", "jupyterlab"
    program = f"""
import sys, sim
sim.simulate(sim.load("coffee").change({{"clock.months": 2}}), seed=7).kpis()
sys.exit([name for name in {heavy!r} if name in sys.modules] or 0)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


WORKER = """
import pickle, sys
live, arguments, _ = pickle.load(sys.stdin.buffer)
outcome = live(*arguments)
assert outcome.error is None, outcome
sys.exit([name for name in sys.argv[1:] if name in sys.modules] or 0)
"""


def test_a_worker_imports_the_simulator_and_nothing_that_only_its_caller_needs() -> None:
    """A task is all that a worker is sent; whatever it imports delays the first run of each worker."""
    heavy = "matplotlib", "seaborn", "IPython", "ipywidgets", "tqdm", "pyarrow.parquet", "typer", "dask"
    callers = [f"sim.{room}" for room in ("analytics", "records", "lab", "classroom", "cli")]
    callers += [f"sim.experiments.{name}" for name in ("replicate", "store", "compare", "sweep", "optimise")]
    tiny = sim.load("coffee").change({"acquisition.opening_customers": 20, "clock.months": 2})
    (task,) = workers._tasks([(0, workers.Job(tiny, 1, as_kpis))], {})
    command = [sys.executable, "-W", "error", "-c", WORKER, "scipy.stats", *heavy, *callers]
    done = subprocess.run(command, input=pickle.dumps(task), capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


CALLER = """
import sys
import joblib, sim
tiny = sim.load("coffee").change({"acquisition.opening_customers": 20, "clock.months": 2})
with joblib.parallel_config(n_jobs=2):
    sim.compare(tiny, tiny.change({"loyalty.points_per_unit": 2.0}), replications=2)
    sim.sweep(tiny, {"loyalty.points_per_unit": [1.0, 2.0]}, replications=1)
    sim.replicate(tiny, 2)
sys.exit([name for name in sys.argv[1:] if name in sys.modules] or 0)
"""


def test_who_hands_runs_out_to_workers_imports_no_simulator_before_nor_meanwhile() -> None:
    """Workers start when the first run is handed out, and import all of it themselves."""
    heavy = "numba", "scipy", "simpy", "sim.compiled", "sim.luck", "sim.world", "sim.run"
    done = subprocess.run([sys.executable, "-c", CALLER, *heavy], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


FIRST = """
import importlib, sys
for name in sys.argv[1:]:
    for known in [known for known in sys.modules if known.partition(".")[0] == "sim"]:
        del sys.modules[known]
    importlib.import_module(name)
    import sim
    import sim.levers, sim.levers.declare
    assert sim.levers(), name
"""


def test_levers_is_the_function_whatever_was_imported_first() -> None:
    """There is a package sim.levers, too, which Python would put in its place."""
    first = "sim", "sim.levers", "sim.levers.declare", "sim.scenario", "sim.experiments", "sim.run"
    done = subprocess.run([sys.executable, "-c", FIRST, *first], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_star_brings_all_that_is_promised_and_tab_completion_shows_it() -> None:
    names: dict[str, object] = {}
    exec("from sim import *", names)
    assert names.keys() - {"__builtins__"} == PROMISED
    assert PROMISED | {"__version__", "experiments", "kpi"} <= set(dir(sim))
    assert sim.kpi.__name__ == "sim.kpi"


@pytest.mark.parametrize("package", [sim, sim.experiments])
def test_type_checkers_read_the_same_names_as_python(package: ModuleType) -> None:
    """They cannot follow `__getattr__`: what is imported for them is what Python finds."""
    tree = ast.parse(inspect.getsource(package))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    written = {alias.name: node.module for node in imports for alias in node.names if node.module}
    for name in package.__all__:
        home = importlib.import_module(written[name])
        assert getattr(package, name) is getattr(home, name)


def test_the_lab_is_there_when_asked_for() -> None:
    assert sim.lab.__name__ == "sim.lab"
    assert callable(sim.lab.open)


def test_the_classroom_is_there_when_asked_for_and_needs_no_grading_tools() -> None:
    """Students install no nbgrader and no jupytext; only whoever makes exercises does."""
    program = """
import sys
sys.modules["nbgrader"] = sys.modules["jupytext"] = sys.modules["nbformat"] = None
import sim
assert callable(sim.classroom.mine)
assert "sim.lab" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_name_that_does_not_exist_is_refused_as_usual() -> None:
    with pytest.raises(AttributeError, match="module 'sim' has no attribute 'simulat'"):
        sim.simulat  # noqa: B018


def test_sim_knows_its_version() -> None:
    assert sim.__version__.count(".") == 2


def test_the_python_of_the_readme_runs_as_it_stands(tmp_path: Path) -> None:
    """Its blocks one after the other, in a folder that holds the transactions.csv they speak of."""
    root = Path(__file__).parents[1]
    blocks = re.findall(
        r"^```python\n(.*?)^```", (root / "README.md").read_text(encoding="utf-8"), re.M | re.S
    )
    assert len(blocks) > 1
    (tmp_path / "readme.py").write_text("\n".join(blocks), encoding="utf-8")
    log = sim.simulate(sim.load("retail").change({"acquisition.opening_customers": 400}), seed=1).transactions
    log[["customer_id", "time", "amount"]].to_csv(tmp_path / "transactions.csv", index=False)
    command = [sys.executable, "-W", "error", "readme.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "400 customers" in done.stdout
