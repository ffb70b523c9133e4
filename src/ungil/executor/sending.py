"""Work and results on their way to another interpreter or process, and back.

Everything goes by pickle, so functions by name; what that cannot send goes by cloudpickle, where the program's own
environment has it.
"""

from __future__ import annotations

import functools
import importlib
import pickle
import traceback
from collections.abc import Callable, Mapping
from typing import Any

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


def pack(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bytes:
    """The task, ready to be sent.

    Raises:
        SendError: names the function or the argument that cannot be sent.
    """
    try:
        return _dumps((fn, args, kwargs))
    except Exception as error:  # reducers are anybody's code and raise anything
        raise SendError(_culprit(fn, args, kwargs, error)) from error


def pack_result(result: Any, fn: Callable[..., Any]) -> bytes:
    """What ``fn`` returned, ready to be sent back.

    Raises:
        SendError: it cannot be; names it and the function.
    """
    try:
        return _dumps(result)
    except Exception as error:
        what = f"the result of {describe(fn)}, {_a(result)}, cannot be sent back: {_reason(error)}"
        raise SendError(what) from error


def pack_exception(error: BaseException) -> bytes:
    """An exception and its traceback's text, so that :func:`unpack_exception` gives its own class again."""
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


class Failure:
    """An exception among results: arrives as the exception, of its own class and with its traceback's text."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __reduce__(self) -> Any:
        return unpack_exception, (pack_exception(self.error),)


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


def _dumps(value: Any) -> bytes:
    try:
        return pickle.dumps(value)
    except Exception:
        cloudpickle = _cloudpickle()
        if cloudpickle is None:
            raise
        data: bytes = cloudpickle.dumps(value)
        return data


def _cloudpickle() -> Any:
    try:
        return importlib.import_module("cloudpickle")
    except ImportError:
        return None


def _culprit(fn: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], error: Exception) -> str:
    named_args = [*((f"argument {n}", value) for n, value in enumerate(args, 1))]
    named_args += [(f"argument {name!r}", value) for name, value in kwargs.items()]
    if (reason := _refusal(fn)) is not None:
        hint = "" if _cloudpickle() else "; define it at the top of a module, or install cloudpickle beside the program"
        return f"the function {describe(fn)} cannot be sent to a worker: {reason}{hint}"
    for name, value in named_args:
        if (reason := _refusal(value)) is not None:
            return f"{name} of {describe(fn)}, {_a(value)}, cannot be sent to a worker: {reason}"
    return f"a task of {describe(fn)} cannot be sent to a worker: {_reason(error)}"


def _refusal(value: Any) -> str | None:
    try:
        _dumps(value)
    except Exception as error:
        return _reason(error)
    return None


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _a(value: Any) -> str:
    cls = type(value)
    return f"a {cls.__qualname__}" if cls.__module__ == "builtins" else f"a {cls.__module__}.{cls.__qualname__}"
