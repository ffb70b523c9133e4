"""The end of a run, after everything of the program's."""

from __future__ import annotations

import atexit
import gc
import os
import sys

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ungil.race.inside.loader import Loader

# Bound now: programs (and their tests) replace these.
_getpid, _exit = os.getpid, os._exit


class Ending:
    """Ends the session of a run, and the process at once where nobody can see the difference.

    A context manager too, around the program itself: it sees with which exit status the program ends.
    """

    def __init__(self) -> None:
        self._pid = 0
        """Of the run's main process; 0 in the server and in children of the program's."""
        self._status: int | None = None
        """None: only the interpreter knows."""

    def register(self, session: Any, loader: Loader) -> None:
        """Called in the server, before there is anything else that could be registered: so it is called last."""
        from ungil.race.inside import finalisation

        self._session, self._loader, self._finalisation = session, loader, finalisation
        self._is_last = atexit._ncallbacks() == 0
        atexit.register(self._at_exit)
        os.register_at_fork(after_in_child=self._forked)

    def begin(self, plan: dict[str, Any], notify: Callable[[dict[str, object]], None]) -> None:
        """In the process of a run."""
        self._pid, self._notify = os.getpid(), notify
        try:
            self._session.begin(plan, notify)
        except Exception as error:
            # Whatever is wrong with us, the program has to run.
            self._fail(error)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _traceback: object) -> None:
        if sys.flags.inspect or "PYTHONINSPECT" in os.environ:
            return
        if error is None:
            self._status = 0
        elif kind is SystemExit:
            code = error.code  # type: ignore[attr-defined]  # mypy does not follow `kind`
            if code is None:
                self._status = 0
            elif type(code) is int and 0 <= code < 256:
                self._status = code
        elif isinstance(error, Exception) and sys.excepthook is sys.__excepthook__:
            self._status = 1

    def _forked(self) -> None:
        if self._pid:
            self._pid = 0
            abandon = getattr(self._session, "abandon", None)
            if abandon is not None:
                abandon()

    def _at_exit(self) -> None:
        if _getpid() != self._pid:
            return
        try:
            self._session.end()
        except Exception as error:
            self._fail(error)
        modules = self._loader.imported()
        self._loader.tell_imports(modules)
        if self._status is not None and self._is_last and _flushed() and not self._finalisation.is_needed(modules):
            _exit(self._status)
        gc.unfreeze()  # it would not collect the namespace of ``__main__``

    def _fail(self, error: Exception) -> None:
        self._notify({"event": "inside-failed", "what": f"{type(error).__name__}: {error}"})


def _flushed() -> bool:
    """Write what the standard streams hold; False where the interpreter will have something to say about that."""
    try:
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            if stream is not None and not stream.closed:
                stream.flush()
    except Exception:
        return False
    return True


ending = Ending()
