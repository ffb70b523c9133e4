"""Whose code is running: the program's or a worker's; asked without loading what makes workers."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # type checkers know the name; `typing` itself is not imported before the program does
if TYPE_CHECKING:
    from ungil.substitute._worker import Worker


def current() -> Worker | None:
    """The worker that the running thread belongs to; None where that is the program itself."""
    worker = sys.modules.get("ungil.substitute._worker")
    # Where nobody has loaded it (or is still doing so) there is no worker yet.
    ask = getattr(worker, "current", None)
    return None if ask is None else ask()


def in_interpreter() -> bool:
    """Whether this is a worker's interpreter, not the program's."""
    try:
        import _interpreters  # type: ignore[import-not-found]  # Python 3.13 and newer
    except ImportError:
        return False
    return bool(_interpreters.get_current()[0] != _interpreters.get_main()[0])
