"""The model ``interpreters``: worker threads, each with an interpreter of its own (Python 3.14 or newer).

Not on top of ``InterpreterPoolExecutor``, which sends a function of ``__main__`` without the globals that only a nested
generator expression uses (NameError), and gives a new interpreter neither the script's folder nor its functions.
"""

from __future__ import annotations

import functools
import importlib
import os
import pickle
import sys
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ungil.executor import far
from ungil.executor.sending import SendError, pack, unpack_exception
from ungil.executor.threads import ThreadPool

AVAILABLE = sys.version_info >= (3, 14)

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Run in a new interpreter before anything of ours can be imported there.
_BOOT = """
import sys
sys.path[:] = path
sys.argv[:] = argv
if "ungil" not in sys.modules:
    from importlib.util import module_from_spec, spec_from_file_location
    spec = spec_from_file_location("ungil", package + "/__init__.py", submodule_search_locations=[package])
    sys.modules["ungil"] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules["ungil"])
    del module_from_spec, spec_from_file_location, spec
del path, argv, package
"""

Setup = tuple[Callable[..., None], tuple[Any, ...]]


class InterpreterPool(ThreadPool):
    """Sends each task by pickle to a worker's interpreter; functions go by name."""

    def __init__(
        self,
        max_workers: int,
        thread_name_prefix: str,
        initializer: Callable[..., object] | None,
        initargs: tuple[Any, ...],
        *,
        setup: Setup | None = None,
        on_note: Callable[[Any], None] | None = None,
        on_error: Callable[[BaseException], None] | None = None,
    ) -> None:
        """``setup`` is a function (sent by name) and its arguments, run in each interpreter before the program's
        own code; ``on_note`` gets what it put into ``far.notes``, ``on_error`` what tasks raise there.

        Raises:
            SendError: the initializer or one of its arguments cannot be sent.
            RuntimeError: made while a worker interpreter runs the main module for its names; Python before 3.14.
        """
        if not AVAILABLE:
            raise RuntimeError("interpreters need Python 3.14 or newer: use model='processes'")
        far.refuse_while_loading()
        # As multiprocessing does: a class made there says it is of __mp_main__, and is __main__'s here.
        sys.modules.setdefault("__mp_main__", sys.modules["__main__"])
        packed = None if initializer is None else pack(initializer, initargs, {})
        data = pickle.dumps((far.main_module(), setup, packed))
        super().__init__(max_workers, thread_name_prefix)
        # What the library's InterpreterPoolExecutor gets from `prepare_context`, which is not told of `setup`.
        self._create_worker_context = functools.partial(_Context, data, on_note, on_error)
        self._resolve_work_item_task = _packed

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        try:
            task = pack(fn, args, kwargs)
        except SendError as error:
            if self._shutdown or self._broken:
                return super().submit(fn)  # which raises what it has to
            future: Future[Any] = Future()
            future.set_exception(error)
            return future
        return super().submit(_packed, task)


def _packed(fn: Any, args: tuple[bytes], kwargs: Any) -> bytes:
    return args[0]


class _Context:
    """A worker thread's interpreter, made, used and closed in that thread (see concurrent.futures.thread)."""

    def __init__(
        self,
        data: bytes,
        on_note: Callable[[Any], None] | None = None,
        on_error: Callable[[BaseException], None] | None = None,
    ) -> None:
        self._data = data
        self._on_note = on_note
        self._on_error = on_error
        self._interpreter: Any = None

    def initialize(self) -> None:
        # By name: the type checker reads this as Python 3.10 code.
        self._interpreter = importlib.import_module("concurrent.interpreters").create()
        try:
            self._interpreter.prepare_main(path=tuple(sys.path), argv=tuple(sys.argv), package=_PACKAGE)
            self._interpreter.exec(_BOOT)
            self._call(far.enter, self._data)
        except BaseException:
            self.finalize()
            raise

    def run(self, task: bytes) -> Any:
        return self._call(far.run, task)

    def finalize(self) -> None:
        interpreter, self._interpreter = self._interpreter, None
        if interpreter is not None:
            interpreter.close()

    def _call(self, function: Callable[[bytes], bytes], data: bytes) -> Any:
        assert self._interpreter is not None
        fine, outcome, notes = pickle.loads(self._interpreter.call(function, data))  # of our own making
        if self._on_note is not None:
            for note in notes:
                self._on_note(note)
        if fine:
            return pickle.loads(outcome)  # a result of the program's own function
        error = unpack_exception(outcome)
        if self._on_error is not None:
            self._on_error(error)
        raise error


def refusal(tasks: list[bytes]) -> str | None:
    """Why a worker interpreter cannot take packed tasks in (its imports fail, say); None where it can."""
    context = _Context(pickle.dumps((far.main_module(), None, None)))
    try:
        context.initialize()
        for task in tasks:
            context._call(far.take_in, task)
    except Exception as error:  # whatever the program's own modules raise when imported anew
        return f"{type(error).__name__}: {error}"
    finally:
        context.finalize()
    return None
