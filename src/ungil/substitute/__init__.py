"""Other people's pools bound to a model: nothing is changed before the program imports it."""

from __future__ import annotations

from ungil.substitute import _notice

TYPE_CHECKING = False  # type checkers know the name; `typing` itself is not imported before the program does
if TYPE_CHECKING:
    from collections.abc import Callable

    from ungil.substitute.settings import Settings


def install(settings: Settings, notify: Callable[[dict[str, object]], None]) -> None:
    """Bind the pools of every library named here to ``settings.model``, as soon as the program imports it.

    Called before the program's first import. ``notify`` gets one event (a dictionary that JSON can hold) for
    each pool replaced and each thing that could not be carried over.
    """
    from ungil.substitute import futures, joblib, multiprocessing

    _notice.configure(settings.model, notify)
    for library in (futures, multiprocessing, joblib):
        library.install(settings)
