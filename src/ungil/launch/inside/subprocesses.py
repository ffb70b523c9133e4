"""Python processes that the program starts by hand: they are left alone, and named."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from types import ModuleType


def name() -> None:
    """Name each place where ``subprocess`` starts this same interpreter."""
    from ungil.substitute._hooks import when_imported

    when_imported("subprocess", _wrap)


def _wrap(subprocess: ModuleType) -> None:
    # What Popen() calls first of all. A wrapper around Popen itself would stand in tracebacks, and break subclasses.
    clean_up = subprocess._cleanup

    def _cleanup() -> None:
        try:  # noqa: SIM105  # contextlib is a module the program may never import
            _look(sys._getframe(1).f_locals)
        except Exception:
            pass  # the program's own call is not to fail with us
        clean_up()

    subprocess._cleanup = _cleanup  # type: ignore[attr-defined]  # typeshed does not know its private names


def _look(call: dict[str, object]) -> None:
    from ungil.substitute import _notice

    args, program = call.get("args"), call.get("executable")
    if program is None and not call.get("shell"):
        program = args[0] if isinstance(args, (list, tuple)) else args
    if isinstance(program, (str, bytes, os.PathLike)) and _is_this_python(os.fsdecode(program)):
        _notice.named("subprocess", "a Python process that the program starts itself is left as it is")


def _is_this_python(program: str) -> bool:
    return program == sys.executable or (
        os.sep in program and os.path.realpath(program) == os.path.realpath(sys.executable)
    )
