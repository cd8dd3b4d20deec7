"""The process in which students' code runs: limits on memory and files, no network, no secrets around it.

`python -m sim.classroom.sandbox MODULE ARGUMENTS` sets the limits and becomes the module. What the platform
cannot limit stays unlimited: Windows has no such limits, macOS none on memory, and only Linux cuts the
network, where it allows that. None of this holds back code that was written to break out.
"""

import contextlib
import os
import runpy
import shutil
import signal
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

MEMORY_LIMIT = 4 * 2**30
"""Bytes of address space; numpy and arrow reserve far more of it than they use."""
FILE_LIMIT = 256 * 2**20
"""Bytes a file may grow to."""

_KEPT = ("PATH", "PYTHONPATH", "SYSTEMROOT", "WINDIR", "COMSPEC", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
"""What of the environment programs need to start; tokens and passwords stay outside."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_NUM_THREADS")


def command(module: str, *arguments: str) -> list[str]:
    """The command line that runs a module in the sandbox."""
    return [*network_cutter(), sys.executable, "-m", "sim.classroom.sandbox", module, *arguments]


def environment(home: Path) -> dict[str, str]:
    """The environment of such a process: `home` is its home and its folder for temporary files."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    own = {name: str(home) for name in ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "IPYTHONDIR")}
    shared = {"MPLCONFIGDIR": str(home.parent / "matplotlib"), "MPLBACKEND": "agg"}
    return kept | own | shared | dict.fromkeys(_ONE_THREAD, "1") | {"PYTHONDONTWRITEBYTECODE": "1"}


@cache
def network_cutter() -> tuple[str, ...]:
    """What to put before a command to run it without network; nothing where that is not allowed."""
    if not sys.platform.startswith("linux") or shutil.which("unshare") is None:
        return ()
    cutter = ("unshare", "--map-root-user", "--net")
    tried = subprocess.run([*cutter, "true"], capture_output=True, check=False)
    return cutter if tried.returncode == 0 else ()


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process that was started as a session of its own, and what it started, where that can be done."""
    killpg = getattr(os, "killpg", None)
    if killpg is None:
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            killpg(process.pid, signal.SIGKILL)
    process.wait()


def main() -> None:
    """Limit this process, then be the module named first."""
    _limit()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _limit() -> None:
    try:
        resource = import_module("resource")
    except ImportError:  # Windows
        return
    limits = {"RLIMIT_AS": MEMORY_LIMIT, "RLIMIT_FSIZE": FILE_LIMIT, "RLIMIT_CORE": 0}
    for name, most in limits.items():
        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main()
