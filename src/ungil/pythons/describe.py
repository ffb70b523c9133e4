"""What an executable is: asked once, then remembered for as long as the file stays as it is."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from ungil.pythons import folders
from ungil.pythons.build import Build

OLDEST = (3, 10)
"""The oldest series ungil runs programs on."""

TIMEOUT_S = 10.0
_MARK = "ungil-probe:"


class BrokenError(Exception):
    """Why an executable can't be used, in one line."""


def describe(executables: Iterable[tuple[str, str]]) -> list[tuple[Build, dict[str, Any]]]:
    """The build behind each (executable, found_by), in that order, with its raw facts (none where broken)."""
    # A handful at a time: each is a process start, and a hanging one must not keep the others waiting.
    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(lambda one: describe_one(*one), executables))


def describe_one(executable: str, found_by: str | None = None) -> tuple[Build, dict[str, Any]]:
    """The build behind one executable, with the raw facts."""
    try:
        facts = _facts(executable)
    except BrokenError as error:
        return Build(_guessed_spec(executable), None, executable, found_by=found_by, error=str(error)), {}
    return _build(executable, facts, found_by), facts


def _build(executable: str, facts: dict[str, Any], found_by: str | None) -> Build:
    series = "{}.{}".format(*facts["release"])
    if facts["implementation"] != "cpython":
        return Build(
            f"{facts['implementation']}{series}",
            facts["version"],
            executable,
            found_by=found_by,
            error=f"{facts['implementation']} is not CPython, whose interpreter builds ungil compares",
        )
    if tuple(facts["release"]) < OLDEST:
        oldest = "{}.{}".format(*OLDEST)
        return Build(
            series,
            facts["version"],
            executable,
            found_by=found_by,
            error=f"older than {oldest}, the oldest ungil runs on",
        )
    variables = facts["variables"]
    free_threaded, debug = bool(variables["Py_GIL_DISABLED"]), bool(variables["Py_DEBUG"])
    flags = _flags(variables)
    return Build(
        spec=series + "t" * free_threaded + "d" * debug,
        version=facts["version"],
        executable=executable,
        free_threaded=free_threaded,
        gil_enabled=facts["gil_enabled"],
        jit=_jit(facts),
        tail_call=_tail_call(facts),
        debug=debug,
        pgo=_optimised(variables, ("-fprofile-use", "-fprofile-instr-use"), "--enable-optimizations"),
        lto=_optimised(variables, ("-flto",), "--with-lto"),
        interpreters=facts["interpreters"],
        remote_debugging=facts["remote_debugging"],
        compiler=facts["compiler"] or None,
        flags=flags,
        found_by=found_by,
    )


def _jit(facts: dict[str, Any]) -> Literal["unavailable", "available", "enabled"]:
    if facts["jit"] is not None:
        available, enabled = facts["jit"]
        return "enabled" if enabled else "available" if available else "unavailable"
    # 3.13 has a JIT but no sys._jit: what configure was told is all there is to go by.
    told = re.search(r"--enable-experimental-jit(?:=([\w-]+))?", facts["variables"]["CONFIG_ARGS"] or "")
    if told is None or told[1] in ("no", "interpreter"):
        return "unavailable"
    return "available" if told[1] == "yes-off" else "enabled"


def _tail_call(facts: dict[str, Any]) -> bool | None:
    if tuple(facts["release"]) < (3, 14):
        return False
    if facts["tail_call_macro"] is not None:
        return bool(facts["tail_call_macro"])
    if facts["variables"]["Py_TAIL_CALL_INTERP"] is not None:
        return bool(facts["variables"]["Py_TAIL_CALL_INTERP"])
    # No header (a distribution's package without its -dev part): asked for is had, else nobody can tell.
    return True if "--with-tail-call-interp" in (facts["variables"]["CONFIG_ARGS"] or "") else None


def _optimised(variables: dict[str, Any], compiler_flags: tuple[str, ...], configure_option: str) -> bool | None:
    arguments = variables["CONFIG_ARGS"] or ""
    names = ("PY_CFLAGS", "PY_CFLAGS_NODIST", "PY_LDFLAGS_NODIST", "PY_CORE_LDFLAGS")
    used = " ".join(variables[name] or "" for name in names).split()
    if any(flag.startswith(compiler_flags) for flag in used) or f"'{configure_option}" in arguments:
        return True
    # Debian's rules optimise in steps of their own and then clean the recorded flags: silence tells nothing.
    return None if "'--prefix=/usr'" in arguments else False


def _flags(variables: dict[str, Any]) -> str:
    prefix = variables["prefix"] or ""
    compiler = (variables["PY_CFLAGS"] or "").split()
    own = (variables["PY_CFLAGS_NODIST"] or "").split() + (variables["PY_LDFLAGS_NODIST"] or "").split()
    compiler += [
        flag for flag in own if flag.startswith(("-O", "-fprofile", "-flto", "-march", "-mtune", "-fno-semantic"))
    ]
    configure = [
        argument
        for argument in shlex.split(variables["CONFIG_ARGS"] or "")
        if argument != "--disable-gil" and not (prefix and prefix in argument) and not argument.startswith("--prefix=")
    ]
    return " ".join(dict.fromkeys(" ".join(part.split()) for part in [*compiler, *configure]))


def _guessed_spec(executable: str) -> str:
    for text in (os.path.basename(executable), executable):
        match = re.search(r"3\.\d+(?:\.\d+)?t?d?(?![\w])", text)
        if match:
            return re.sub(r"(3\.\d+)\.\d+", r"\1", match[0])
    return os.path.basename(executable)


def _facts(executable: str) -> dict[str, Any]:
    remembered = _remembered(executable)
    if remembered is not None:
        with contextlib.suppress(OSError, ValueError):
            facts: dict[str, Any] = json.loads(remembered.read_text())
            return facts
    facts = _ask(executable)
    if remembered is not None:
        with contextlib.suppress(OSError):  # no place to remember it: asked again next time
            write_atomically(remembered, json.dumps(facts))
    return facts


def _remembered(executable: str) -> Path | None:
    """Where the facts of this very file would be kept; None where the file can't be looked at."""
    try:
        found = os.stat(executable)
    except OSError:
        return None
    key = [executable, os.path.realpath(executable), found.st_ino, found.st_size, found.st_mtime_ns, _probe()]
    return folders.cache() / "builds" / (hashlib.sha256(repr(key).encode()).hexdigest()[:32] + ".json")


@cache
def _probe() -> str:
    return resources.files("ungil.pythons").joinpath("probe.py").read_text()


def _ask(executable: str) -> dict[str, Any]:
    if os.path.islink(executable) and not os.path.exists(executable):
        raise BrokenError(f"a link to {os.readlink(executable)}, which is not there")
    if not os.path.isfile(executable):
        raise BrokenError("no such file")
    if not os.access(executable, os.X_OK):
        raise BrokenError("not executable: it lacks the permission to be run")
    # -E -s -S rather than -I, which 2.7 does not know. From /, so that no file of the user's is imported.
    command = [executable, "-E", "-s", "-S", "-c", _probe()]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise BrokenError(f"can't be started: {error.strerror}") from error
    with process:
        try:
            output, complaint = process.communicate(timeout=TIMEOUT_S)
        except BaseException as reason:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(reason, subprocess.TimeoutExpired):
                raise BrokenError(f"gave no answer within {TIMEOUT_S:.0f} s") from None
            raise
    return _answer(output, complaint, process.returncode)


def _answer(output: str, complaint: str, status: int) -> dict[str, Any]:
    for line in output.splitlines():
        if line.startswith(_MARK):
            with contextlib.suppress(ValueError):
                facts: dict[str, Any] = json.loads(line[len(_MARK) :])
                return facts
    said = [line.strip() for line in (complaint or output).splitlines() if line.strip()]
    last = f": {said[-1][:200]}" if said else ""
    if status < 0:
        raise BrokenError(f"crashed with {signal.Signals(-status).name}{last}")
    if status:
        raise BrokenError(f"ended with exit status {status}{last}")
    raise BrokenError(f"did not answer as a Python does{last}")


def write_atomically(path: Path, text: str) -> None:
    """Write a file that others may read at any moment: they see the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
