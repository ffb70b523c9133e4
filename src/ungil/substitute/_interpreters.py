"""The substitution inside a worker interpreter, and the way back for what it has to say."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, cast

from ungil.executor import far
from ungil.executor.interpreters import Setup
from ungil.substitute import _notice

if TYPE_CHECKING:
    from ungil.substitute.settings import Settings


def setup(settings: Settings) -> Setup:
    """What a worker interpreter does before the program's own code (see ``executor.interpreters``)."""
    return enter, (settings.model, settings.workers, settings.initializer)


def enter(model: str, workers: int | None, initializer: str) -> None:
    """Bind the pools that tasks make; what there is to say goes back with each task's result."""
    from ungil import substitute

    if _notice.is_configured():  # whatever starts programs may have let us into each of their interpreters
        _notice.configure(model, far.notes.append)
        return
    # Not the class itself: it would bring `dataclasses` into each interpreter.
    settings = types.SimpleNamespace(model=model, workers=workers, initializer=initializer)
    substitute.install(cast("Settings", settings), far.notes.append)


def forward(note: Any) -> None:
    """Say here, once, what a worker interpreter said there."""
    _notice.say_again(note)
