"""Processes that stay processes: that the program makes them by hand is said once."""

from __future__ import annotations

import functools
import sys
from typing import Any

from ungil.substitute import _notice


def tell(process: Any, model: str) -> None:
    """Have ``Process.start`` say so, where it is the program that calls it."""
    base = process.BaseProcess
    real = base.start
    if hasattr(real, "_ungil_real"):
        return
    said: list[bool] = []

    @functools.wraps(real)
    def start(self: Any) -> None:
        if not said and not _notice.in_library(sys._getframe(1).f_code.co_filename):
            said.append(True)
            if model == "as-is":
                _notice.made("multiprocessing.Process", 1, None, False)
            elif model in ("interpreters", "auto"):
                what = "multiprocessing.Process by hand stays a process: an interpreter cannot stand for one"
                _notice.named("left-as-processes", what)
        real(self)

    start._ungil_real = real  # type: ignore[attr-defined]  # marks it as ours
    base.start = start
