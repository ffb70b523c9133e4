"""One interpreter build and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Build:
    """One Python executable. Every fact is None where the executable could not be asked (see ``error``)."""

    spec: str
    """As uv names it: ``3.14``, ``3.14t``."""
    version: str | None
    """Full version: ``3.14.7``, ``3.15.0rc1``."""
    executable: str
    free_threaded: bool | None = None
    """Built with ``--disable-gil`` (PEP 703); says nothing of the GIL at run time."""
    gil_enabled: bool | None = None
    """At start-up, with nothing imported."""
    jit: Literal["unavailable", "available", "enabled"] | None = None
    tail_call: bool | None = None
    """The tail-call interpreter (``--with-tail-call-interp``); None also where the build does not tell."""
    debug: bool | None = None
    pgo: bool | None = None
    lto: bool | None = None
    interpreters: bool | None = None
    """Has ``concurrent.interpreters`` (PEP 734)."""
    remote_debugging: bool | None = None
    """Allows ``sys.remote_exec`` (PEP 768)."""
    compiler: str | None = None
    flags: str | None = None
    """Optimisation flags of the build (``OPT``/``CFLAGS``) and configure arguments, as one string."""
    error: str | None = None
    """Why the executable is no use, in one line."""
