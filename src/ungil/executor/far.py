"""The far end: what runs inside a worker interpreter or worker process."""

from __future__ import annotations

import io
import os
import pickle
import runpy
import sys
import types
from collections.abc import Callable
from typing import Any

from ungil.executor.sending import ModuleRefusedError, SendError, pack_exception, pack_result, parts, rebuild

notes: list[object] = []
"""What an interpreter has to tell the program besides results: goes back with the next reply."""

_main: tuple[str, str] | None = None
_main_loaded = False
_loading_main = False


def enter(data: bytes) -> bytes:
    """Make a new interpreter ready: where ``__main__`` comes from, then ``setup``, then the initializer."""
    global _main
    _main, setup, initializer = pickle.loads(data)  # from the interpreter that started us
    _line_buffer()
    if setup is not None:
        function, args = setup
        function(*args)
    return run(initializer) if initializer is not None else _reply(True, pickle.dumps(None))


def run(data: bytes) -> bytes:
    """Carry out a packed task in this interpreter; the reply holds its outcome and our notes."""
    fn: Any = None
    try:
        fn, args, kwargs = _load(data)
        return _reply(True, pack_result(fn(*args, **kwargs), fn))
    except BaseException as error:  # SystemExit and KeyboardInterrupt of a task are its outcome as well
        return _reply(False, pack_exception(_explained(error)))


def take_in(data: bytes) -> bytes:
    """Unpack a task, with all the imports that takes, and leave it at that."""
    try:
        _load(data)
    except BaseException as error:
        return _reply(False, pack_exception(_explained(error)))
    return _reply(True, pickle.dumps(None))


def run_in_process(data: bytes) -> Any:
    """Carry out a packed task in this process, whose pool pickles what we return or raise."""
    fn, args, kwargs = pickle.loads(data)  # from the process that started us
    try:
        result = fn(*args, **kwargs)
    except BaseException as error:
        survivor = _survivor(error)
        if survivor is error:
            raise
        raise survivor from None
    return _Packed(pack_result(result, fn))


def refuse_while_loading() -> None:
    """To be called where a pool is made.

    Raises:
        RuntimeError: the program's main module, run anew by a worker interpreter for the names it defines, makes a
            pool again.
    """
    if _loading_main:
        assert _main is not None
        raise RuntimeError(
            f"{_main[1]} makes a pool when it is imported, as each worker interpreter does: "
            "put that part under `if __name__ == '__main__':`"
        )


def main_module() -> tuple[str, str] | None:
    """Where the program's ``__main__`` comes from, as multiprocessing.spawn.get_preparation_data finds it."""
    if _main is not None:  # a pool inside a worker interpreter
        return _main
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name:
        return "name", spec.name
    path = getattr(main, "__file__", None)
    return None if path is None else ("path", os.path.abspath(path))


class _Packed:
    """A result pickled already: its pickle is that of the result itself."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[bytes]]:
        return pickle.loads, (self._data,)


class _Unpickler(pickle.Unpickler):
    """Runs the program's main module anew when, and only when, a task names something of it."""

    def find_class(self, module: str, name: str, /) -> Any:
        if module in ("__main__", "__mp_main__"):
            _load_main()
            try:
                return super().find_class(module, name)
            except AttributeError as error:
                where = "the program's main module" if _main is None else _main[1]
                what = f"{name} of {where} is not there in a worker: define it in a module that can be imported"
                raise SendError(what) from error
        return super().find_class(module, name)


def _load(data: bytes) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    task: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]] = _Unpickler(io.BytesIO(data)).load()
    return task


def _load_main() -> None:
    """As multiprocessing.spawn does it: under the name ``__mp_main__``, so that its guarded part does not run."""
    global _main_loaded, _loading_main
    if _main_loaded or _main is None:
        return
    kind, name = _main
    if kind == "name" and (name == "__main__" or name.endswith(".__main__")):
        return
    _loading_main = True
    try:
        module = types.ModuleType("__mp_main__")
        if kind == "name":
            content = runpy.run_module(name, run_name="__mp_main__", alter_sys=True)
        else:
            content = runpy.run_path(name, run_name="__mp_main__")
    finally:
        _loading_main = False
    module.__dict__.update(content)
    sys.modules["__main__"] = sys.modules["__mp_main__"] = module
    _main_loaded = True


def _reply(fine: bool, data: bytes) -> bytes:
    told, notes[:] = list(notes), []
    return pickle.dumps((fine, data, told))


def _explained(error: BaseException) -> BaseException:
    """Where an extension module refuses to be loaded by a second interpreter, an error that says so first."""
    refusal: BaseException | None = error
    while refusal is not None:
        text = str(refusal)
        if isinstance(refusal, ImportError) and "does not support loading in subinterpreters" in text:
            name = text.partition("module ")[2].partition(" ")[0]
            refused = ModuleRefusedError(
                f"the extension module {name} cannot be loaded by a worker interpreter: use threads or processes"
            )
            refused.__cause__ = error
            return refused
        refusal = refusal.__cause__ or refusal.__context__
    return error


def _survivor(error: BaseException) -> BaseException:
    """The exception, or one of its class that can be unpickled: one that cannot breaks the standard library's pool."""
    try:
        pickle.loads(pickle.dumps(error))  # our own bytes
    except Exception:
        return _CarriedError(error).with_traceback(error.__traceback__)
    return error


class _CarriedError(Exception):
    """Unpickles as the exception it was made of."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"{type(error).__name__}: {error}")
        self._parts = parts(error)

    def __reduce__(self) -> Any:
        return rebuild, self._parts


def _line_buffer() -> None:
    # An interpreter's streams are its own; lines of several must not be torn, nor lost when it is closed.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(line_buffering=True)
