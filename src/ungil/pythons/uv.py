"""uv, run for us: which one, in which environment, and what its complaints come down to."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache

from uv import find_uv_bin

from ungil.errors import UngilError

_WITHOUT = frozenset(
    [
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
        "UV_PYTHON",
        "UV_PROJECT",
        "UV_PROJECT_ENVIRONMENT",
        "UV_WORKING_DIR",
        "UV_SYSTEM_PYTHON",
        "UV_BREAK_SYSTEM_PACKAGES",
        "PYTHONHOME",
        "PYTHONPATH",
        "__PYVENV_LAUNCHER__",
    ]
)
"""These override which interpreter, environment or project is meant."""


@cache
def executable() -> str:
    """The uv of our own environment, else the one on PATH.

    Raises:
        UngilError: there is none.
    """
    try:
        return os.fspath(find_uv_bin())
    except FileNotFoundError:
        found = shutil.which("uv")
    if found is None:
        raise UngilError("uv is missing: install it with `pip install uv`")
    return found


def environment() -> dict[str, str]:
    """The user's environment, without what would point uv at an environment or project of ours or theirs."""
    # Indexes, mirrors, proxies and caches stay. uv breaks its complaints into lines of so many columns, else.
    return {**{name: value for name, value in os.environ.items() if name not in _WITHOUT}, "COLUMNS": "100000"}


def managed() -> list[str]:
    """The executables of the builds uv installed; empty where uv can't tell."""
    command = [
        "python",
        "list",
        "--managed-python",
        "--only-installed",
        "--all-versions",
        "--output-format",
        "json",
    ]
    try:
        # Without PATH: we look there ourselves, and uv would start every shim on it.
        listed = subprocess.run(
            [executable(), *command, "--no-config", "--offline", "--quiet"],
            env={**environment(), "PATH": ""},
            cwd="/",
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
            text=True,
            timeout=20,
        )
        return [row["path"] for row in json.loads(listed.stdout) if row.get("path")]
    except (UngilError, OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return []


def reason(lines: Iterable[str]) -> str:
    """What uv's complaint comes down to, in one line that names the package where there is one."""
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in lines]
    errors = [line.removeprefix("error: ") for line in plain if line.startswith("error: ")]
    causes = [line.removeprefix("cause: ") for line in plain if line.startswith("cause: ")]
    if errors and errors[0].startswith("No solution found") and causes:
        conclusion = ", we can conclude that your requirements are unsatisfiable."
        return causes[0].removeprefix("Because ").removesuffix(conclusion)[:_LONGEST]
    said = [*errors[:1], *(_of_build(plain) or causes[-1:])] or [line for line in plain if line][-1:]
    return ": ".join(dict.fromkeys(said or ["it gave no reason"]))[:_LONGEST]


def _of_build(lines: list[str]) -> list[str]:
    """The line in which the build of a package says what failed: the compiler's first error, else an exception."""
    if "[stderr]" not in lines:
        return []
    said = lines[lines.index("[stderr]") + 1 :]
    compiler = [line.partition("error: ")[2] for line in said if re.search(r"\S: (fatal )?error: ", line)]
    exceptions = [line for line in said if re.match(r"(\w+\.)*\w*(Error|Exception|Exit)\b: |error: ", line)]
    return compiler[:1] or exceptions[-1:]


_LONGEST = 300
"""Characters of a reason: a resolver's can be pages."""
