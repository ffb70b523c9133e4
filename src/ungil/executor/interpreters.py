"""The model ``interpreters``: each worker thread has an interpreter of its own (Python 3.14 or newer).

Not on top of ``InterpreterPoolExecutor``, which sends a function of ``__main__`` without the globals that only a nested
generator expression uses (NameError), and gives a new interpreter neither the script's folder nor its functions. It
enters the interpreter anew for each task, and each time a thread state is made and thrown away; without the GIL that
abandons four heaps, and the next one searches all memory that was ever abandoned (``mi_segment_check_free``): 850 µs a
task. Here a thread enters once, stays, and is talked to over a socket.
"""

from __future__ import annotations

import importlib
import os
import pickle
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from concurrent.futures.thread import BrokenThreadPool
from typing import Any

from ungil.executor import far, native
from ungil.executor.near import FarPool, FarWorker
from ungil.executor.sending import Task, pack_task, unpack_exception

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


def _broken_class() -> type[BrokenExecutor]:
    if not AVAILABLE:
        return BrokenThreadPool
    broken: type[BrokenExecutor] = importlib.import_module("concurrent.futures.interpreter").BrokenInterpreterPool
    return broken


class InterpreterPool(FarPool):
    """Interpreters of this process, which share nothing but it."""

    broken_class: type[BrokenExecutor] = _broken_class()
    broken_message = "A thread initializer failed, the thread pool is not usable anymore"

    def __init__(
        self,
        max_workers: int,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        *,
        native_threads: int | None = None,
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
        packed = None if initializer is None else pack_task((initializer, initargs, {}), in_band=True).whole()
        self.start_data = pickle.dumps((far.main_module(), setup, packed))
        self.on_note, self.on_error = on_note, on_error
        self.native_threads = native_threads
        super().__init__(max_workers, thread_name_prefix)

    def make_worker(self) -> InterpreterWorker:
        return InterpreterWorker(self)


class InterpreterWorker(FarWorker):
    """A thread, and another one that stays in an interpreter."""

    pool: InterpreterPool

    def __init__(self, pool: InterpreterPool) -> None:
        super().__init__(pool)
        self._interpreter: Any = None
        self._inhabitant: threading.Thread | None = None
        self._error: BaseException | None = None

    def open(self) -> None:
        if self.pool.native_threads is not None:
            native.hold(self.pool.native_threads)
        try:
            # By name: the type checker reads this as Python 3.10 code.
            self._interpreter = importlib.import_module("concurrent.interpreters").create()
            self._interpreter.prepare_main(path=tuple(sys.path), argv=tuple(sys.argv), package=_PACKAGE)
        except Exception as error:
            raise self.pool.broken_class(f"an interpreter could not be started: {error!r}") from error
        there = self.connect()
        self.pool.ends.add(there)
        name = f"{threading.current_thread().name}-interpreter"
        self._inhabitant = threading.Thread(target=self._inhabit, args=(there,), name=name)
        try:
            self._inhabitant.start()
        except BaseException:
            there.close()
            raise
        self.wait_until_ready()

    def _inhabit(self, there: socket.socket) -> None:
        with there:
            try:
                self._interpreter.exec(_BOOT)
                self._interpreter.call(far.serve_interpreter, there.fileno(), self.pool.start_data)
            except BaseException as error:  # that it is gone is all that its worker needs to know
                self._error = error
        self.pool.ends.discard(there)

    def close(self) -> None:
        self.hang_up()
        if self._inhabitant is not None and self._inhabitant.ident is not None:
            self._inhabitant.join()
        interpreter, self._interpreter = self._interpreter, None
        if interpreter is not None:
            interpreter.close()
        if self.pool.native_threads is not None:
            native.release()

    def how_it_died(self) -> str:
        return f"A worker's interpreter has ended: {self._error}"

    def told(self, note: object) -> None:
        if self.pool.on_note is not None:
            self.pool.on_note(note)

    def raised(self, packed: bytes) -> BaseException:
        error = unpack_exception(packed)
        if self.pool.on_error is not None:
            self.pool.on_error(error)
        return error


def refusal(tasks: list[Task]) -> str | None:
    """Why a worker interpreter cannot take tasks in (its imports fail, say); None where it can."""
    pool = InterpreterPool(1)
    worker = pool.make_worker()
    try:
        worker.open()
        for task in tasks:
            worker.take_in(pack_task(task))
    except Exception as error:  # whatever the program's own modules raise when imported anew
        return f"{type(error).__name__}: {error}"
    finally:
        worker.close()
    return None
