"""Peers side by side: the same base model in this engine, in other libraries, and in plain loops.

Every contestant records each purchase with its customer, time and amount, unless the table says otherwise,
and says how it does its work at the top of its module in `benchmarks/peers`. What comes out is held to the
closed forms of the model; the run fails if one contestant's |z| reaches 4.
"""

import importlib
import importlib.util
import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.base_model import MONTHS, BaseModel, Log, Totals
from benchmarks.measure import Cost, Verdict, in_fresh_process, median

FARTHEST_Z = 4.0


@dataclass(frozen=True)
class Peer:
    """A contestant of the base model: a function of a module in `benchmarks/peers`.

    `packages` are what has to be installed; `most_customers` is what it can be measured with in a minute.
    """

    title: str
    module: str
    packages: tuple[str, ...] = ()
    function: str = "run"
    most_customers: int = 10**9

    def prepare(self, customers: int) -> BaseModel:
        """The model."""
        return BaseModel.of(customers)

    def run(self, model: BaseModel) -> Log | Totals:
        """Let the contestant live it."""
        module = importlib.import_module(f"benchmarks.peers.{self.module}")
        result: Log | Totals = getattr(module, self.function)(model)
        return result

    def judge(self, model: BaseModel, result: Log | Totals) -> Verdict:
        """Purchases, revenue and active customers against their closed forms."""
        return Verdict(result.count(), result.scores(model), result.has_log)

    def missing(self) -> list[str]:
        """Packages that are not installed."""
        return [one for one in self.packages if importlib.util.find_spec(one) is None]


SIMPY = Peer("SimPy, a process per customer", "simpy_processes", ("simpy",))
PEERS = (
    Peer("NumPy, weekly loop, totals only", "numpy_weeks", ("numpy",), "run_totals"),
    Peer("Numba, weekly loop, compiled", "numba_weeks", ("numba",)),
    Peer("NumPy, weekly loop", "numpy_weeks", ("numpy",)),
    Peer("This engine", "engine"),
    Peer("AgentPy, an agent per customer, weekly steps", "agentpy_steps", ("agentpy",)),
    SIMPY,
    Peer("Mesa, an agent per customer, events", "mesa_events", ("mesa",)),
    Peer("salabim, a component per customer", "salabim_components", ("salabim",)),
    Peer("Ciw, a node with infinitely many servers", "ciw_network", ("ciw",), most_customers=1_000),
)


@dataclass(frozen=True)
class Result:
    """A peer, how many customers it had, and what they cost."""

    peer: Peer
    customers: int
    cost: Cost

    @property
    def title(self) -> str:
        """The peer's, and the number of customers where it could not take them all."""
        is_limited = self.customers == self.peer.most_customers
        return self.peer.title + (f"; {self.customers:,} customers" if is_limited else "")


def machine() -> str:
    """Python, processor, cores and the versions of the peers."""
    packages = sorted({package for peer in PEERS for package in peer.packages if not peer.missing()})
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    return (
        f"Python {platform.python_version()}, {_processor()}, {os.cpu_count()} cores, "
        f"{platform.system()}; {versions}"
    )


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def contest(customers: int, repetitions: int) -> tuple[list[Result], list[str]]:
    """Results, quickest first, and a sentence for each peer that could not be measured.

    They take turns: where a computer is slower in one minute than in another, that hits all alike.
    """
    absent = [
        f"{peer.title}: not measured, {', '.join(peer.missing())} is not installed."
        for peer in PEERS
        if peer.missing()
    ]
    runs: dict[Peer, list[Cost]] = {peer: [] for peer in PEERS if not peer.missing()}
    for peer in [*runs] * repetitions:
        if peer not in runs:
            continue
        try:
            runs[peer].append(in_fresh_process(peer, min(customers, peer.most_customers)))
        except Exception as error:  # another project's release may break with any
            del runs[peer]
            absent.append(f"{peer.title}: not measured, {type(error).__name__}: {error}.")
    results = [Result(peer, min(customers, peer.most_customers), median(all_)) for peer, all_ in runs.items()]
    return sorted(results, key=lambda one: -one.cost.rate), absent


def table(results: list[Result]) -> str:
    """The results as Markdown; ratios to plain SimPy."""
    head = ["base model", "log", "purchases", "seconds", "M purchases/s", "ratio", "MiB", "largest z"]
    simpy = next(one.cost.rate for one in results if one.peer == SIMPY)
    rows = [head, ["---", "---", *["---:"] * 6], *(_row(one, simpy) for one in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: list[str], widths: list[int]) -> str:
    words, numbers = slice(0, 2), slice(2, None)
    cells = [cell.ljust(width) for cell, width in zip(row[words], widths[words], strict=True)]
    cells += [cell.rjust(width) for cell, width in zip(row[numbers], widths[numbers], strict=True)]
    return f"| {' | '.join(cells)} |"


def _row(result: Result, simpy: float) -> list[str]:
    made = result.cost
    return [
        result.title,
        "yes" if made.verdict.has_log else "no",
        f"{made.verdict.purchases:,}",
        f"{made.seconds:.2f}",
        f"{made.rate / 1e6:.3f}",
        f"{made.rate / simpy:.2f}",
        f"{made.peak_mib:,.0f}",
        f"{made.verdict.worst[1]:+.1f}",
    ]


def strays(results: list[Result]) -> list[str]:
    """A sentence for each contestant whose purchases are not those of the model."""
    return [
        f"{one.peer.title} is not the base model: z = {score:+.1f} for {name}, allowed: {FARTHEST_Z:g}"
        for one in results
        for name, score in one.cost.verdict.scores.items()
        if not abs(score) < FARTHEST_Z
    ]


def headline(customers: int, repetitions: int) -> str:
    """What the table shows."""
    return (
        f"Base model, {customers:,} customers, {MONTHS} months: median of {repetitions} fresh processes; "
        "ratio to plain SimPy. A run of the same size goes before; reading the scenario is not timed."
    )
