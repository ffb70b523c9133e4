"""What the user runs, found and looked at before it is started."""

from __future__ import annotations

import ast
import os
import stat
import subprocess
import warnings
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from ungil.errors import UngilError

_MAINS = ("__main__.py", "__main__.pyc")
_ANSWER_S = 60.0
"""How long an interpreter may take to answer a question; then the program is run as it is."""

_FIND_MODULE = """
import importlib.util, sys
name = sys.argv[1]
try:
    spec = importlib.util.find_spec(name)
except ModuleNotFoundError as error:
    spec = None
    if not error.name or not (name + ".").startswith(error.name + "."):
        raise
if spec is None:
    sys.exit(3)
if spec.submodule_search_locations is not None and importlib.util.find_spec(name + ".__main__") is None:
    sys.exit(4)
"""
_NO_MODULE, _NO_MAIN_MODULE = 3, 4
_COMPILE = "import ast, sys; ast.parse(open(sys.argv[1], 'rb').read())"


@dataclass(frozen=True)
class Program:
    """A script or module and its arguments."""

    argv: tuple[str, ...]
    """The script's path, or the module's name, and the arguments."""
    module: bool = False
    """Run as ``python -m``."""


def check_file(program: Program) -> None:
    """Refuse what can only be meant as a file and is none, before an environment is made for it.

    Raises:
        UngilError: there is no such file.
    """
    name = program.argv[0]
    if not program.module and (os.sep in name or name.endswith(".py")) and not os.path.lexists(name):
        raise UngilError(f"no such file: {name}")


def find_script(program: Program, python: str) -> Program:
    """``program`` as the interpreter ``python`` is to be given it, after a look at it that runs none of its code.

    A name that is no file is that of a console script of the interpreter's environment. (To find a module inside a
    package, Python itself runs the package's ``__init__``.)

    Raises:
        UngilError: there is no such file, script or module, or it is not a program in Python.
    """
    if program.module:
        _check_module(program.argv[0], python)
        return program
    path = _find(program.argv[0], python)
    _check(path, python)
    return replace(program, argv=(path, *program.argv[1:]))


def _find(name: str, python: str) -> str:
    path = Path(name)
    if path.is_dir() and not any((path / main).is_file() for main in _MAINS):
        script = _console_script(name, python)
        if script is None:
            raise UngilError(f"{name} is a directory without a __main__.py: give a file in it, or -m and a package")
        return script
    if os.path.lexists(path) and not path.exists():
        raise UngilError(f"{name} is a broken link")
    if path.exists():
        return name
    script = _console_script(name, python)
    if script is None:
        where = "" if os.sep in name else f", and no script of that name beside {python}"
        raise UngilError(f"no such file: {name}{where}")
    return script


def _console_script(name: str, python: str) -> str | None:
    """The script in the interpreter's own folder, which for an environment is where its packages' scripts are."""
    script = Path(python).parent / name
    return str(script) if os.sep not in name and script.is_file() else None


def _check(name: str, python: str) -> None:
    path = Path(name)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode) or not stat.S_ISREG(mode) or path.suffix == ".pyc":
            return  # a pipe can be read only once
        if zipfile.is_zipfile(path):
            _check_archive(path)
            return
        source = path.read_bytes()
    except OSError as error:
        raise UngilError(f"cannot read {name}: {error.strerror}") from error
    reason = _not_python(source)
    # A program may be written for a newer Python than ours.
    if reason is not None and _ask(python, _COMPILE, name) != 0:
        raise UngilError(f"{name} is not Python: {reason}")


def _check_archive(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if not set(_MAINS) & set(archive.namelist()):
            raise UngilError(f"{path} is an archive without a __main__.py, which Python cannot run")


def _not_python(source: bytes) -> str | None:
    """Why it does not compile; None: it does. Bytes: the encoding is then found as the interpreter finds it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}" if error.lineno else str(error.msg)
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error)
    return None


def _check_module(name: str, python: str) -> None:
    answer = _ask(python, _FIND_MODULE, name)
    if answer == _NO_MODULE:
        raise UngilError(f"no module named {name} for {python}")
    if answer == _NO_MAIN_MODULE:
        raise UngilError(f"{name} is a package without a __main__ module: it cannot be run with -m")


def _ask(python: str, code: str, argument: str) -> int | None:
    """Exit status of a few lines on the interpreter; None where it does not answer."""
    try:
        return subprocess.run(
            [python, "-W", "ignore", "-c", code, argument],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWER_S,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return None
    except OSError as error:
        raise UngilError(f"cannot start {python}: {error.strerror}") from error
