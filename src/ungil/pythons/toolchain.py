"""Can this machine build CPython, and with which of its choices? Found out before anything is fetched."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ungil.errors import UngilError
from ungil.pythons.build import Build

Variant = Literal["free-threaded", "tail-call", "jit", "optimised"]
VARIANTS: tuple[Variant, ...] = ("free-threaded", "tail-call", "jit", "optimised")

_REQUIRED = {"stdlib.h": "libc6-dev", "zlib.h": "zlib1g-dev"}
_OPTIONAL = {
    "openssl/ssl.h": ("ssl", "libssl-dev"),
    "ffi.h": ("ctypes", "libffi-dev"),
    "sqlite3.h": ("sqlite3", "libsqlite3-dev"),
    "bzlib.h": ("bz2", "libbz2-dev"),
    "lzma.h": ("lzma", "liblzma-dev"),
    "readline/readline.h": ("readline", "libreadline-dev"),
    "ncurses.h": ("curses", "libncurses-dev"),
    "uuid/uuid.h": ("uuid", "uuid-dev"),
}
"""Header, the module that is left out without it, Debian's package of it."""

_JIT_LLVM: dict[tuple[int, ...], str] = {(3, 13): "18", (3, 14): "19", (3, 15): "21"}
"""The LLVM that Tools/jit/_llvm.py of a series asks for; the source itself is asked once it is there."""

_TAIL_CALL_PROGRAM = """\
__attribute__((preserve_none)) int callee(int);
__attribute__((preserve_none)) int caller(int value) { __attribute__((musttail)) return callee(value); }
"""


@dataclass(frozen=True)
class Toolchain:
    """What builds CPython here."""

    compiler: tuple[str, ...]
    without: tuple[tuple[str, str], ...]
    """Modules that will be missing, each with the Debian package whose header it lacks."""


def toolchain(variants: Sequence[Variant]) -> Toolchain:
    """The compiler for these choices.

    Raises:
        UngilError: a needed package is missing, or no compiler here can do what was asked for.
    """
    named = shlex.split(os.environ.get("CC", ""))
    compiler = tuple(named) or tuple(name for name in ("gcc", "cc", "clang") if shutil.which(name))[:1]
    missing = [] if compiler and shutil.which(compiler[0]) else ["gcc"]
    if not shutil.which("make"):
        missing.append("make")
    if missing:
        # Without a compiler there is no telling which headers it would find.
        raise _missing([*missing, *_REQUIRED.values()])
    missing = [package for header, package in _REQUIRED.items() if not _has_header(compiler, header)]
    if missing:
        raise _missing(missing)
    if "tail-call" in variants:
        compiler = _tail_calling(compiler, chosen=bool(named))
    without = tuple(lost for header, lost in _OPTIONAL.items() if not _has_header(compiler, header))
    return Toolchain(compiler, without)


def refuse_series(series: tuple[int, ...], variants: Sequence[Variant]) -> None:
    """Raises UngilError where a series has no such choice, whoever builds it."""
    name = ".".join(map(str, series))
    if "free-threaded" in variants and series < (3, 13):
        raise UngilError(f"Python {name} has no free-threaded build: the first is 3.13")
    if "tail-call" in variants and series < (3, 14):
        raise UngilError(f"Python {name} has no tail-call interpreter: the first is 3.14")
    if "jit" in variants and series < (3, 13):
        raise UngilError(f"Python {name} has no JIT: the first is 3.13")
    if "jit" in variants and "free-threaded" in variants and series < (3, 15):
        raise UngilError(f"the JIT of Python {name} does not work in a free-threaded build: choose one of the two")


def refuse(series: tuple[int, ...], variants: Sequence[Variant], source: Path | None = None) -> None:
    """Raises UngilError where a series, or its source once that is there, can't be built this way on this machine."""
    refuse_series(series, variants)
    if "jit" not in variants:
        return
    name = ".".join(map(str, series))
    llvm = _JIT_LLVM.get(series[:2])
    if source is not None:
        found = re.search(r'_LLVM_VERSION = "?(\d+)', _text(source / "Tools" / "jit" / "_llvm.py"))
        llvm = found[1] if found else None
    if llvm is not None and not (_llvm_tool("clang", llvm) and _llvm_tool("llvm-readobj", llvm)):
        raise UngilError(
            f"the JIT of Python {name} needs LLVM {llvm} to be built: apt install clang-{llvm} llvm-{llvm}"
        )


def arguments(variants: Sequence[Variant], *, debug: bool) -> list[str]:
    """configure's arguments for these choices."""
    chosen = {
        "free-threaded": ["--disable-gil"],
        "tail-call": ["--with-tail-call-interp"],
        "jit": ["--enable-experimental-jit"],
        "optimised": ["--enable-optimizations", "--with-lto"],
    }
    # Environments are uv's work, which needs no pip; nobody runs CPython's own tests with this build.
    found = ["--without-ensurepip", "--disable-test-modules", *(["--with-pydebug"] if debug else [])]
    return found + [argument for variant in VARIANTS if variant in variants for argument in chosen[variant]]


def twin(variants: Sequence[Variant]) -> tuple[Variant, ...]:
    """The same choices with the GIL where it was without, and the other way round."""
    return tuple(name for name in VARIANTS if (name in variants) != (name == "free-threaded"))


def has(build: Build, variants: Sequence[Variant]) -> bool:
    """Whether a build is all of these variants."""
    answers = {
        "free-threaded": build.free_threaded,
        "tail-call": build.tail_call,
        "jit": build.jit in ("available", "enabled"),
        "optimised": build.pgo and build.lto,
    }
    return all(answers[name] for name in variants)


def _missing(packages: Sequence[str]) -> UngilError:
    return UngilError(f"building Python needs packages that are missing: apt install {' '.join(packages)}")


def _has_header(compiler: Sequence[str], header: str) -> bool:
    return _compiles(compiler, f"#include <stdio.h>\n#include <{header}>\n", "-E")


def _tail_calling(compiler: tuple[str, ...], *, chosen: bool) -> tuple[str, ...]:
    others = [] if chosen else [("clang",), *((f"clang-{version}",) for version in range(30, 18, -1))]
    for candidate in [compiler, *others]:
        if shutil.which(candidate[0]) and _compiles(candidate, _TAIL_CALL_PROGRAM, "-c", "-O2", "-Werror"):
            return candidate
    raise UngilError(
        f"{shlex.join(compiler)} can't build a tail-call interpreter (it lacks musttail or preserve_none): "
        "apt install clang-19 or newer"
    )


def _compiles(compiler: Sequence[str], program: str, *options: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [*compiler, *options, "-x", "c", "-", "-o", os.path.join(folder, "out")],
                input=program,
                check=False,
                capture_output=True,
                text=True,
                timeout=60,
            )
        except (OSError, subprocess.SubprocessError):
            return False
    return done.returncode == 0


def _llvm_tool(tool: str, version: str) -> bool:
    """As Tools/jit/_llvm.py looks for it: by its plain name or with the version behind it."""
    for name in (f"{tool}-{version}", tool):
        if path := shutil.which(name):
            said = subprocess.run([path, "--version"], check=False, capture_output=True, text=True, timeout=60).stdout
            if re.search(rf"(LLVM|clang) version\s+{version}\.", said):
                return True
    return False


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
