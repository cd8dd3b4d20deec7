"""Where compiled loops are kept, and whether all of them are: known without Numba, which is slow to import.

What is kept belongs to one state of all files with compiled functions, of Python and of Numba; any change
begins anew in another folder. A note in it says that nothing is left to compile.
"""

import hashlib
import os
import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryFile

from platformdirs import user_cache_path

_PACKAGE = Path(__file__).parent
_MARK = b"from sim.compiled import"
_NAME = f"compiled-{sys.implementation.cache_tag}-"
_LONGEST = 140  # letters that Numba adds to the path of the folder; Windows may allow 260 in all
_SETTINGS_OF_NUMBA = Path(".numba_config.yaml")  # in the working folder, where Numba looks for it


def sources() -> list[Path]:
    """The files with compiled functions, and the one that says how they are compiled."""
    places = [_PACKAGE / "luck.py", *sorted((_PACKAGE / "world").rglob("*.py"))]
    return [_PACKAGE / "compiled.py", *(path for path in places if _MARK in path.read_bytes())]


def folder_for_this_state() -> Path | None:
    """Where all that is compiled of the present sources is kept; None if nothing can be.

    In the folder NUMBA_CACHE_DIR if that is set, else beside the sources, or in the user's cache.
    """
    state = hashlib.sha256(f"{sys.version} {version('numba')}".encode())
    for path in sources():
        state.update(path.read_bytes())
    given = _given()
    cache = user_cache_path("crm-flight-simulator", appauthor=False)
    places = [Path(given)] if given else [_PACKAGE / "__pycache__", cache]
    folders = (place / (_NAME + state.hexdigest()[:12]) for place in places)
    return next(filter(_can_write, folders), None)


def earlier_states(folder: Path) -> list[Path]:
    """The folders of other states beside that one, by the same version of Python."""
    return [path for path in folder.parent.glob(_NAME + "*") if path != folder]


def can_keep() -> bool:
    """Whether there is a folder for what is compiled."""
    return FOLDER is not None


def are_complete() -> bool:
    """Whether the present loops have been compiled and kept on this computer."""
    return FOLDER is not None and note(FOLDER).is_file()


def note(folder: Path) -> Path:
    """Stands there once all loops are kept."""
    return folder / "all.txt"


def _given() -> str:
    """The folder that Numba is told to use; "" for none.

    Numba itself is asked where more than the environment can have told it: a program or a file of settings.
    """
    if "numba" in sys.modules or _SETTINGS_OF_NUMBA.is_file():
        from numba.core import config  # here, as whoever only looks whether all is kept needs no Numba

        return str(config.CACHE_DIR)  # type: ignore[attr-defined]
    return os.environ.get("NUMBA_CACHE_DIR", "")


def _can_write(folder: Path) -> bool:
    """Whether files can be made there, with names as long as Numba's."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder, prefix=_LONGEST * "_").close()
    except OSError:
        return False
    return True


FOLDER = folder_for_this_state()
