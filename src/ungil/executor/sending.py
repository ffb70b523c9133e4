"""Work and results on their way to another interpreter or process, and back.

Everything goes by pickle, so functions by name; what that cannot send goes by cloudpickle, where the program's own
environment has it.
"""

from __future__ import annotations

import functools
import importlib
import os
import pickle
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ungil.executor.channel import Message

Task = tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]


class SendError(pickle.PicklingError):
    """A function, an argument or a result cannot be sent between workers; the message says which and why."""


class ModuleRefusedError(ImportError):
    """An extension module that a task needs does not allow itself to be loaded by a second interpreter."""


class RemoteTraceback(Exception):  # noqa: N818  # named as the library names its own
    """The cause of an exception that came back from a worker: its traceback there, as text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f'\n"""\n{self.text}"""'


class RemoteError(Exception):
    """Stands for an exception whose own class cannot be sent."""


Reducers = Mapping[Any, Any]
"""What ``pickle.Pickler.dispatch_table`` is."""


class _WatchingPickler(pickle.Pickler):
    """Knows whether what it pickles is plain (see ``Message``), at no cost where it is."""

    def __init__(self, message: Message) -> None:
        super().__init__(message, 5, buffer_callback=message.add_buffer)
        self._message = message
        message.is_plain = True

    def reducer_override(self, _: Any, /) -> Any:
        self._message.is_plain = False
        return NotImplemented


def pack(value: Any, reducers: Reducers | None = None, *, in_band: bool = False, watching: bool = False) -> Message:
    """An object ready to be sent; ``watching`` whether it is plain.

    Raises:
        Exception: whatever pickling it raises.
    """
    message = Message(in_band=in_band)
    try:
        pickler: pickle.Pickler
        if watching:
            pickler = _WatchingPickler(message)
        else:
            pickler = pickle.Pickler(message, 5, buffer_callback=message.add_buffer)
        if reducers is not None:
            pickler.dispatch_table = reducers
        pickler.dump(value)
        # What was typed in, or given with -c, cannot be found by its name elsewhere.
        if main_module() is not None or not any(b"__main__" in part for part in message.parts):
            return message
        cloudpickle = _cloudpickle()
        if cloudpickle is None:
            return message
    except Exception:
        cloudpickle = _cloudpickle()
        if cloudpickle is None:
            raise
    message = Message(in_band=in_band)
    cloudpickle.dump(value, message, protocol=5, buffer_callback=message.add_buffer)
    return message


def pack_task(task: Task, reducers: Reducers | None = None, *, in_band: bool = False) -> Message:
    """A task ready to be sent.

    Raises:
        SendError: names the function or the argument that cannot be sent.
    """
    try:
        return pack(task, reducers, in_band=in_band)
    except Exception as error:  # reducers are anybody's code and raise anything
        raise SendError(_culprit(*task, error, reducers)) from error


def pack_function(fn: Callable[..., Any], reducers: Reducers | None = None) -> bytes:
    """The function of a ``map``, ready to be sent.

    Raises:
        SendError: it cannot be.
    """
    try:
        return pack(fn, reducers, in_band=True).whole()
    except Exception as error:
        raise SendError(_culprit(fn, (), {}, error, reducers)) from error


def pack_result(result: Any, fn: Callable[..., Any]) -> bytes:
    """What ``fn`` returned, ready to be sent back.

    Raises:
        SendError: it cannot be; names it and the function.
    """
    try:
        return pack(result, in_band=True).whole()
    except Exception as error:
        raise refused_result(result, fn, error) from error


def refused_result(result: Any, fn: Callable[..., Any], error: Exception) -> SendError:
    """The error that says that a result cannot be sent back, and why."""
    return SendError(f"the result of {describe(fn)}, {_a(result)}, cannot be sent back: {_reason(error)}")


def main_module() -> tuple[str, str] | None:
    """Where the program's ``__main__`` comes from, as multiprocessing.spawn.get_preparation_data finds it: a name or
    a path. None where it cannot be had again: it is typed in, or given with -c.
    """
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name:
        return "name", spec.name
    path = getattr(main, "__file__", None)
    return None if path is None else ("path", os.path.abspath(path))


def pack_exception(error: BaseException) -> bytes:
    """An exception, its notes and its traceback's text, so that :func:`unpack_exception` gives its own class again."""
    import traceback  # when there is one

    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    try:
        whole = pickle.dumps(error)
        pickle.loads(whole)  # our own bytes; a class with several required arguments fails only here
        return pickle.dumps((whole, None, text))
    except Exception:  # as above
        return pickle.dumps((None, parts(error), text))


def unpack_exception(data: bytes) -> BaseException:
    """The exception, of its own class, with a :class:`RemoteTraceback` as its cause."""
    whole, parts, text = pickle.loads(data)  # made by a worker of ours
    error = rebuild(*parts) if whole is None else pickle.loads(whole)
    error.__cause__ = RemoteTraceback(text)
    assert isinstance(error, BaseException)
    return error


def parts(error: BaseException) -> tuple[type[BaseException], tuple[Any, ...], dict[str, Any]]:
    """Class, arguments and attributes of an exception; what cannot be sent of them becomes its repr()."""
    cls: type[BaseException] = type(error)
    args = tuple(_sendable(value) for value in error.args)
    try:
        pickle.dumps(cls)
    except Exception:
        return RemoteError, (f"{cls.__module__}.{cls.__qualname__}: {error}",), {}
    return cls, args, {name: _sendable(value) for name, value in vars(error).items()}


def rebuild(cls: type[BaseException], args: tuple[Any, ...], attributes: dict[str, Any]) -> BaseException:
    """An exception without calling its ``__init__``, which may want other arguments than it keeps."""
    error = cls.__new__(cls, *args)
    error.args = args
    vars(error).update(attributes)
    return error


def _sendable(value: Any) -> Any:
    try:
        pickle.loads(pickle.dumps(value))  # our own bytes
    except Exception:
        return repr(value)
    return value


def work_of(fn: Any) -> Any:
    """The program's own function in a task: ``map`` submits a function of the pool's that calls it."""
    while isinstance(fn, functools.partial):
        ours = getattr(fn.func, "__module__", "").startswith(("ungil.", "concurrent.futures"))
        fn = fn.args[0] if ours and fn.args else fn.func
    return fn


def describe(fn: Any) -> str:
    """A function's name with its file and line, for a message."""
    fn = work_of(fn)
    code = getattr(fn, "__code__", None)
    name = getattr(fn, "__qualname__", None) or repr(fn)
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code is not None else name


def _cloudpickle() -> Any:
    try:
        return importlib.import_module("cloudpickle")
    except ImportError:
        return None


def _culprit(
    fn: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], error: Exception, reducers: Reducers | None
) -> str:
    named_args = [*((f"argument {n}", value) for n, value in enumerate(args, 1))]
    named_args += [(f"argument {name!r}", value) for name, value in kwargs.items()]
    if (reason := _refusal(fn, reducers)) is not None:
        hint = "" if _cloudpickle() else "; define it at the top of a module, or install cloudpickle beside the program"
        return f"the function {describe(fn)} cannot be sent to a worker: {reason}{hint}"
    for name, value in named_args:
        if (reason := _refusal(value, reducers)) is not None:
            return f"{name} of {describe(fn)}, {_a(value)}, cannot be sent to a worker: {reason}"
    return f"a task of {describe(fn)} cannot be sent to a worker: {_reason(error)}"


def _refusal(value: Any, reducers: Reducers | None) -> str | None:
    try:
        pack(value, reducers)
    except Exception as error:
        return _reason(error)
    return None


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _a(value: Any) -> str:
    cls = type(value)
    return f"a {cls.__qualname__}" if cls.__module__ == "builtins" else f"a {cls.__module__}.{cls.__qualname__}"
