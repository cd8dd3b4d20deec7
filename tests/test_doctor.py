"""The doctor: a healthy computer is found so, and each trouble is named with what to do about it."""

import errno
import sys
import tempfile
import webbrowser
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import jupyter_client.manager
import jupyter_core.paths
import psutil
import pytest

from sim import compiled_files
from sim.classroom import doctor
from sim.classroom.doctor import EXAMINATIONS, GIGABYTE, Finding
from sim.world import warm_up
from terminal import type_in

FINE = {what: (lambda what=what: Finding(what, "ok", "fine"), "") for what in EXAMINATIONS}
Patch = pytest.MonkeyPatch


def test_this_computer_can_compute_and_its_notebooks_can_too() -> None:
    """With a real kernel; memory, disk and browser differ from computer to computer."""
    looks = (doctor.python, doctor.packages, doctor.compiled_loops, doctor.simulation)
    for look in (*looks, doctor.kernel, doctor.widgets):
        assert look().state in ("ok", "warn"), str(look())
    assert doctor.simulation().said.startswith("976 purchases for 20,773.71 as expected")


def as_usual(requirements: list[str], monkeypatch: Patch) -> Finding:
    monkeypatch.setattr(metadata, "requires", lambda name: requirements)
    return doctor.packages()


def test_packages_for_other_systems_and_extras_are_not_asked_for(monkeypatch: Patch) -> None:
    elsewhere = 'nosuchthing>=1; platform_system == "Elsewhere"'
    found = as_usual(["numpy>=1", "nosuchthing>=1; extra == 'test'", elsewhere], monkeypatch)
    assert (found.state, found.said) == ("ok", "all 1 in versions that fit")


@pytest.mark.parametrize(
    ("requirement", "said"),
    [
        ("nosuchthing>=2", "nosuchthing is missing (needed: >=2)"),
        ("nosuchthing", "nosuchthing is missing (needed: any)"),
        ("numpy<1", f"numpy {metadata.version('numpy')} (needed: <1)"),
        ("numpy>=99", f"numpy {metadata.version('numpy')} (needed: >=99)"),
    ],
)
def test_a_package_that_is_missing_or_of_a_wrong_version_is_named(
    requirement: str, said: str, monkeypatch: Patch
) -> None:
    found = as_usual(["pandas", requirement], monkeypatch)
    assert (found.state, found.said) == ("problem", said)
    assert "README" in found.advice


def test_an_old_python_is_named(monkeypatch: Patch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18, "final", 0))
    found = doctor.python()
    assert found.state == "problem"
    assert found.said.startswith("3.9.18, needed is >=3.1")


@pytest.mark.parametrize(("free", "state"), [(0.4, "problem"), (1.5, "warn"), (8.0, "ok")])
def test_little_memory_is_a_warning_and_none_a_problem(free: float, state: str, monkeypatch: Patch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=free * GIGABYTE))
    assert doctor.memory().state == state
    assert doctor.memory().said.startswith(f"{free} GB free")


@pytest.mark.parametrize(("free", "state"), [(0.1, "problem"), (0.5, "warn"), (8.0, "ok")])
def test_a_full_disk_is_named(free: float, state: str, monkeypatch: Patch) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: SimpleNamespace(free=free * GIGABYTE))
    assert doctor.disk().state == state


def refuse(*_: object, **__: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize("look", [doctor.working_folder, doctor.temporary_folder])
def test_a_folder_one_may_not_write_in_is_named(look: Callable[[], Finding], monkeypatch: Patch) -> None:
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    assert look().state == "problem"
    assert "cannot write in " in look().said
    assert look().said.endswith(": Permission denied")


def test_the_working_folder_is_left_as_it_was(tmp_path: Path, monkeypatch: Patch) -> None:
    folder = tmp_path / "my lessons é"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert str(doctor.working_folder()) == f"ok       working folder: can write in {folder}"
    assert list(folder.iterdir()) == []


def test_a_computer_that_computes_something_else_is_a_problem(monkeypatch: Patch) -> None:
    monkeypatch.setattr(doctor, "PURCHASES", 1)
    found = doctor.simulation()
    assert found.state == "problem"
    assert "976 purchases for 20,773.71, expected 1 for" in found.said


def test_a_slow_computer_is_a_warning(monkeypatch: Patch) -> None:
    ticks = iter([0.0, 7.5])
    monkeypatch.setattr(doctor.time, "perf_counter", lambda: next(ticks))
    found = doctor.simulation()
    assert (found.state, found.said[-20:]) == ("warn", "as expected, in 7.50 s"[-20:])


def loops(monkeypatch: Patch, kept: bool, misses: int) -> None:
    stats = SimpleNamespace(cache_misses={"kind": misses})
    monkeypatch.setattr(doctor, "LOOPS", [SimpleNamespace(stats=stats)])
    monkeypatch.setattr(compiled_files, "can_keep", lambda: kept)
    monkeypatch.setattr(warm_up, "prepare", lambda: None)
    monkeypatch.setattr(warm_up, "warm_up", lambda: None)


@pytest.mark.parametrize(("misses", "said"), [(0, "compiled before"), (1, "compiled now, in 0 s")])
def test_loops_that_were_compiled_before_or_are_now_are_fine(
    misses: int, said: str, monkeypatch: Patch
) -> None:
    loops(monkeypatch, kept=True, misses=misses)
    assert str(doctor.compiled_loops()) == f"ok       compiled loops: {said}, kept for all sessions"


def test_loops_that_cannot_be_kept_are_a_warning(monkeypatch: Patch) -> None:
    loops(monkeypatch, kept=False, misses=1)
    found = doctor.compiled_loops()
    assert (found.state, found.advice) == ("warn", "set NUMBA_CACHE_DIR to a folder of yours")
    assert found.said == "compiled in 0 s, and again in every session: they cannot be kept"


def test_loops_that_are_not_compiled_at_all_are_a_warning(monkeypatch: Patch) -> None:
    monkeypatch.setattr(doctor, "LOOPS", [])
    found = doctor.compiled_loops()
    assert (found.state, found.advice) == ("warn", "unset NUMBA_DISABLE_JIT")


def test_widgets_that_jupyterlab_lacks_are_named(tmp_path: Path, monkeypatch: Patch) -> None:
    (tmp_path / "anywidget").mkdir()
    (tmp_path / "anywidget" / "package.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(jupyter_core.paths, "jupyter_path", lambda *_: [str(tmp_path)])
    assert doctor.widgets().state == "problem"
    assert doctor.widgets().said == "JupyterLab lacks the part of ipywidgets"


def test_no_browser_is_only_a_warning(monkeypatch: Patch) -> None:
    def none() -> None:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", none)
    assert doctor.browser().state == "warn"


class Deaf:
    """A kernel that starts, and answers `said` or, without it, never."""

    def __init__(self, said: str | None) -> None:
        self.said, self.ended = said, []

    def execute_interactive(
        self, code: str, *, output_hook: Callable[[dict[str, object]], None], **_: object
    ):
        if self.said is None:
            raise TimeoutError("Timeout waiting for output")
        output_hook({"msg_type": "stream", "content": {"text": self.said + "\n"}})

    def stop_channels(self) -> None:
        self.ended.append("channels")

    def shutdown_kernel(self, now: bool) -> None:
        self.ended.append("kernel")


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (None, "could not be examined, TimeoutError: Timeout waiting for output"),
        ("No module named 'sim'", "notebooks find another simulator or none: No module named 'sim'"),
        (str(Path("old", "sim", "__init__.py")), "notebooks find another simulator or none: "),
    ],
)
def test_a_kernel_that_is_silent_or_elsewhere_is_a_problem_and_is_ended(
    said: str | None, complaint: str, monkeypatch: Patch
) -> None:
    kernel = Deaf(said)
    monkeypatch.setattr(jupyter_client.manager, "start_new_kernel", lambda **_: (kernel, kernel))
    monkeypatch.setattr(doctor, "EXAMINATIONS", {"kernel": EXAMINATIONS["kernel"]})
    (found,) = doctor.examine()
    assert (found.what, found.state) == ("kernel", "problem")
    assert complaint in found.said
    assert found.advice
    assert kernel.ended == ["channels", "kernel"]


@pytest.mark.parametrize("what", EXAMINATIONS)
def test_an_examination_that_breaks_is_a_finding_and_the_others_go_on(what: str, monkeypatch: Patch) -> None:
    def breaks() -> Finding:
        raise ImportError("DLL load failed\nwhile importing it")

    monkeypatch.setattr(doctor, "EXAMINATIONS", FINE | {what: (breaks, EXAMINATIONS[what][1])})
    reply = type_in("doctor")
    assert (reply.code, reply.err) == (1, "")
    said = f"problem  {what}: could not be examined, ImportError: DLL load failed while importing it"
    assert said in reply.out.splitlines()
    assert reply.out.count("\nok ") + reply.out.startswith("ok ") == len(EXAMINATIONS) - 1
    assert "         -> " in reply.out
    assert "Traceback" not in reply.out


@pytest.mark.parametrize(
    ("state", "code", "last"),
    [
        ("ok", 0, "Ready for class."),
        ("warn", 0, "Ready for class; warnings: 1."),
        ("problem", 1, f"Not ready for class: 1 of {len(EXAMINATIONS)} examinations found a problem."),
    ],
)
def test_the_last_line_and_the_exit_code_say_whether_it_is_ready(
    state: doctor.State, code: int, last: str, monkeypatch: Patch
) -> None:
    memory = Finding("memory", state, "0.1 GB free", "close other programs")
    monkeypatch.setattr(doctor, "EXAMINATIONS", FINE | {"memory": (lambda: memory, "")})
    reply = type_in("doctor")
    assert (reply.code, reply.out.splitlines()[-1]) == (code, last)
    assert ("-> close other programs" in reply.out) == (state != "ok")


def test_an_interrupt_stops_the_doctor(monkeypatch: Patch) -> None:
    def interrupted() -> Finding:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "EXAMINATIONS", {"kernel": (interrupted, "")})
    with pytest.raises(KeyboardInterrupt):
        list(doctor.examine())


def test_every_line_fits_a_terminal_and_is_plain_text() -> None:
    findings = [str(Finding(what, "problem", "x", advice)) for what, (_, advice) in EXAMINATIONS.items()]
    assert all(len(line) <= 110 and line.isascii() for one in findings for line in one.splitlines())


def test_a_folder_that_is_gone_is_found_out(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(Path, "cwd", lambda: tmp_path / "gone")
    assert doctor.working_folder().state == "problem"
