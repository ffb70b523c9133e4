"""What was replaced, and what could not be: said once each, with the program's own file and line."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # type checkers know the name; `typing` itself is not imported before the program does
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from types import CodeType, FrameType

    Event = dict[str, object]
    Place = tuple[str | None, int | None]

_LIBRARY = tuple({os.path.dirname(path) + os.sep for path in (os.__file__, os.path.realpath(os.__file__))})
_INSIDE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

_notify: Callable[[Event], None] | None = None
_model = "as-is"
_pool_libraries: tuple[str, ...] = ()
_said: dict[Hashable, object] = {}


def configure(model: str, notify: Callable[[Event], None] | None) -> None:
    """Whom to tell. ``model`` is what the pools are bound to; None for ``notify`` keeps quiet."""
    global _model, _notify
    _model, _notify = model, notify
    _said.clear()


def model() -> str:
    """What the pools are bound to."""
    return _model


def is_configured() -> bool:
    """Whether there is somebody to tell."""
    return _notify is not None


def substituted(
    pool: str,
    workers: int,
    asked: int | None,
    initializer: bool,
    *,
    model: str = "",
    place_of: Place | None = None,
) -> None:
    """Say that a pool is carried out by ``model`` (default: the asked one).

    It is made where the program stands now, unless ``place_of`` says where. What a pool library makes for itself
    (see ``add_library``) is not told, as the library's own pool is.
    """
    told: Event = {"event": "substituted", "model": model or _model}
    _say_of_pool(told, pool, workers, asked, initializer, place_of)


def made(pool: str, workers: int, asked: int | None, initializer: bool, *, place_of: Place | None = None) -> None:
    """Say that the program makes a pool of its own, which stays as it is."""
    _say_of_pool({"event": "pool"}, pool, workers, asked, initializer, place_of)


def _say_of_pool(
    told: Event, pool: str, workers: int, asked: int | None, initializer: bool, place_of: Place | None
) -> None:
    if place_of is None and made_by_pool_library():
        return
    path, line = place_of or place()
    _say(
        (told["event"], pool, path, line, workers, asked, initializer),
        {
            **told,
            "pool": pool,
            "path": path,
            "line": line,
            "workers": workers,
            "asked": asked,
            "initializer": initializer,
        },
    )


def named(code: str, what: str, key: Hashable = None, place_of: Place | CodeType | None = None) -> None:
    """Say what cannot be carried over to the model, or may behave differently under it.

    ``code`` is its kind in kebab-case; ``what`` one sentence without a full stop. It is said once for each
    ``key`` (default: sentence and place). The place is where the program stands now, else ``place_of``: a
    place, or the code object of a function.
    """
    if place_of is not None and not isinstance(place_of, tuple):
        place_of = (place_of.co_filename, place_of.co_firstlineno)
    path, line = place_of or place()
    event: Event = {"event": "named", "code": code, "what": what, "path": path, "line": line}
    _say((code, what, path, line) if key is None else (code, key), event)


def say_again(event: Event) -> None:
    """Say what was said in a worker interpreter, unless another one said the same."""
    _say(tuple(event.items()), event)


def place() -> Place:
    """File and line of the innermost frame that is the program's own (or of a package it uses)."""
    frame = _own_frame(sys._getframe(1))
    return (frame.f_code.co_filename, frame.f_lineno) if frame else (None, None)


def made_by_library() -> bool:
    """Whether the standard library itself, not the program, makes the call we are in."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_INSIDE):
        frame = frame.f_back
    return frame is not None and not _is_own(frame)


def made_by_pool_library() -> bool:
    """Whether a pool library that is bound by itself (see ``add_library``) makes the call we are in."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (
        frame.f_code.co_filename.startswith((_INSIDE, "<frozen "))
        or (in_library(frame.f_code.co_filename) and not frame.f_code.co_filename.startswith(_pool_libraries))
    ):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(_pool_libraries)


def called_by_us() -> bool:
    """Whether the function that asks was called by Ungil's own code."""
    return sys._getframe(2).f_code.co_filename.startswith(_INSIDE)


def add_library(folder: str) -> None:
    """Count the package in ``folder`` as means to run work, like the standard library, not as the program's code.

    Its pools are told by whoever binds them; the pools it is made of itself are not.
    """
    global _pool_libraries
    _pool_libraries = (*_pool_libraries, folder + os.sep)


def in_library(filename: str) -> bool:
    """Whether a file belongs to the standard library or to Ungil's inside."""
    if filename.startswith((_INSIDE, "<frozen ")):
        return True
    if filename.startswith(_LIBRARY) and not ("site-packages" in filename or "dist-packages" in filename):
        return True
    return filename.startswith(_pool_libraries)


def _is_own(frame: FrameType) -> bool:
    # A module of the standard library that is run by -m (compileall) is the program.
    return not in_library(frame.f_code.co_filename) or (
        frame.f_globals.get("__name__") == "__main__" and not frame.f_code.co_filename.startswith(("<", _INSIDE))
    )


def _own_frame(frame: FrameType | None) -> FrameType | None:
    while frame is not None and not _is_own(frame):
        frame = frame.f_back
    return frame


def _say(key: Hashable, event: Event) -> None:
    token = object()
    # setdefault is one step, with the GIL or without: two threads do not both say it.
    if _notify is not None and _said.setdefault(key, token) is token:
        _notify(event)
