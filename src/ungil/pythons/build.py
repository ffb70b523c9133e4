"""One interpreter build and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Build:
    """One Python executable. Every fact is None where the executable could not be asked (see ``error``)."""

    spec: str
    """As uv names it: ``3.14``, ``3.14t``, ``3.14d`` (debug), ``3.14td``."""
    version: str | None
    """Full version: ``3.14.7``, ``3.15.0rc1``."""
    executable: str
    """The file itself, links followed; as it was given where a virtual environment was asked for by path."""
    free_threaded: bool | None = None
    """Built with ``--disable-gil`` (PEP 703); says nothing of the GIL at run time."""
    gil_enabled: bool | None = None
    """At start-up, with nothing imported and no ``PYTHON_GIL`` set."""
    jit: Literal["unavailable", "available", "enabled"] | None = None
    tail_call: bool | None = None
    """The tail-call interpreter (``--with-tail-call-interp``); None also where the build does not tell."""
    debug: bool | None = None
    pgo: bool | None = None
    """Profile-guided optimisation; None also where the build does not tell (Debian's own packages)."""
    lto: bool | None = None
    """Link-time optimisation; None as for ``pgo``."""
    interpreters: bool | None = None
    """Has ``concurrent.interpreters`` (PEP 734)."""
    remote_debugging: bool | None = None
    """Allows ``sys.remote_exec`` (PEP 768)."""
    compiler: str | None = None
    """``GCC 12.2.0``."""
    flags: str | None = None
    """Compiler flags of the build and configure's arguments, without what names the build's own folder and
    without ``--disable-gil``: builds with equal flags and compiler differ only in what other fields say."""
    found_by: str | None = None
    """``uv``, ``PATH``, ``pyenv``, ``UNGIL_PYTHONS``, ``ungil`` (by itself), ``path`` (asked for by path)."""
    error: str | None = None
    """Why the executable is no use, in one line."""
