"""Event loops, while they wait for input: a time in which others may go on."""

from __future__ import annotations

from ungil.race.inside.typeslots import replace

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from typing import Any

    from ungil.race.inside.sync import Watcher

_KINDS = ("SelectSelector", "PollSelector", "EpollSelector", "DevpollSelector", "KqueueSelector")


def patch(watcher: Watcher, module: Any) -> None:
    """The selectors of the module ``selectors``, which ``asyncio`` and ``socketserver`` wait with."""
    for name in _KINDS:
        if hasattr(module, name):
            _patch(watcher, getattr(module, name))


def _patch(watcher: Watcher, kind: Any) -> None:
    plain = kind.select

    def select(self: Any, timeout: float | None = None) -> Any:
        if timeout is not None and timeout <= 0:
            return plain(self, timeout)
        watcher.waits("select", self, timeout)
        try:
            return plain(self, timeout)
        finally:
            watcher.woke("select", self)

    replace(kind, "select", select)
