"""A machine of one's own: no interpreter, no cache, and fake pythons that answer what a test has them answer."""

from __future__ import annotations

import json
import os
import select
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ungil import pythons

FakePython = Callable[..., Path]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, with a PATH of the few tools that shell scripts need and no interpreter of uv or pyenv."""
    home = tmp_path / "machine"
    (home / "bin").mkdir(parents=True)
    for tool in ("sh", "cat", "env", "mkdir", "cp", "touch", "sleep", "chmod", "dirname"):
        place = next(path for folder in ("/usr/bin", "/bin") if (path := Path(folder, tool)).exists())
        (home / "bin" / tool).symlink_to(place)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", str(home / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(home / "uv"))
    for name in ("PYENV_ROOT", "UNGIL_PYTHONS", "CC", "UV_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def fake_python(machine: Path) -> FakePython:
    """``fake_python(path, version, free_threaded=…, …)``: an executable that answers as such a Python; each start adds
    a line to ``<path>.started``."""

    def fake(path: Path, version: str = "3.14.0", **others: Any) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"#!/bin/sh\necho started >> {path}.started\n{{ echo; echo 'ungil-probe:{answer(version, **others)}'; }}\n"
        )
        path.chmod(0o755)
        return path

    return fake


def answer(
    version: str,
    *,
    free_threaded: bool = False,
    debug: bool = False,
    pgo: bool = False,
    tail_call: bool = False,
    jit: bool = False,
    implementation: str = "cpython",
) -> str:
    """What the probe prints on such a build."""
    release = [int(part) for part in version.split(".")[:2]]
    variables = {
        "CONFIG_ARGS": "'--prefix=/p'",
        "PY_CFLAGS": "-O3",
        "PY_CFLAGS_NODIST": "-fprofile-use -flto" if pgo else "",
        "PY_LDFLAGS_NODIST": "",
        "PY_CORE_LDFLAGS": "",
        "Py_DEBUG": int(debug),
        "Py_GIL_DISABLED": int(free_threaded),
        "Py_TAIL_CALL_INTERP": None,
        "prefix": "/p",
    }
    return json.dumps(
        {
            "version": version,
            "release": release,
            "implementation": implementation,
            "executable": None,
            "variables": variables,
            "compiler": "GCC 12.2.0",
            "gil_enabled": not free_threaded,
            "jit": [jit, False],
            "remote_debugging": True,
            "interpreters": True,
            "tail_call_macro": tail_call,
        }
    )


@pytest.fixture
def this_build() -> pythons.Build:
    """The build behind the Python that runs the tests."""
    return pythons.resolve(os.path.realpath(sys.executable))


@pytest.fixture
def ended() -> Callable[[int], bool]:
    """``ended(pid)``: whether that process is gone, or goes within five seconds."""

    def gone(pid: int) -> bool:
        try:
            process = os.pidfd_open(pid)
        except ProcessLookupError:
            return True
        try:
            return bool(select.select([process], [], [], 5)[0])
        finally:
            os.close(process)

    return gone
