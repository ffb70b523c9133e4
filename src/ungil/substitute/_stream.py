"""``sys.stdout`` and ``sys.stderr`` of a worker's own, as each worker process has them.

``print`` writes text and newline apart, so two threads printing to one stream tear each other's lines; and a worker
that captures what it prints by assigning ``sys.stdout`` would capture what all others print.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any, cast

NAMES = ("stdout", "stderr")

_main: dict[str, Any] = {}
_streams_of: Callable[[], dict[str, Any] | None] = lambda: None  # noqa: E731  # replaced by `install`
_installing = threading.Lock()


def install(streams_of: Callable[[], dict[str, Any] | None]) -> None:
    """Give every worker streams of its own from now on.

    ``streams_of()`` is where the running thread's worker keeps them, None outside workers. What the interpreter's
    own C code (``print``) finds is a switch; what the program reads from and assigns to ``sys`` is the stream itself.
    """
    global _streams_of
    with _installing:
        if isinstance(sys, _Sys):
            return
        _streams_of = streams_of
        for name in NAMES:
            _main[name] = getattr(sys, name)
        # In this order: an assignment by another thread in between goes to `_main`, and is not lost.
        sys.__class__ = _Sys
        for name in NAMES:
            sys.__dict__[name] = _Switch(name)


def target(name: str) -> Any:
    """The stream that the running thread knows by this name."""
    streams = _streams_of()
    return _main[name] if streams is None else streams[name]


def own() -> dict[str, Any]:
    """New streams for a worker started by the running thread; they go where that thread's go."""
    return {name: _copy(target(name)) for name in NAMES}


def flush(streams: dict[str, Any]) -> None:
    """Write what a worker has printed; a stream it closed or broke is its own affair."""
    for stream in list(streams.values()):
        with contextlib.suppress(AttributeError, ValueError, OSError):
            stream.flush()


def cut(streams: dict[str, Any]) -> None:
    """Drop what a worker has printed and not flushed, and all it is going to print."""
    for stream in list(streams.values()):
        sink = stream.descriptor if isinstance(stream, _Own) else stream
        if isinstance(sink, (Lines, _Descriptor)):
            sink.is_cut = True


def _copy(base: Any) -> Any:
    """What a forked process has in place of ``base``: the same file with an empty buffer of its own."""
    if base is None:
        return None
    try:
        descriptor = base.fileno()
        plain = type(base) in (io.TextIOWrapper, _Own)
    except (AttributeError, OSError, ValueError):
        plain = False
    if not plain:
        return Lines(base)
    raw = _Descriptor(descriptor, getattr(base, "name", "<stdout>"))
    size = max(os.fstat(descriptor).st_blksize, io.DEFAULT_BUFFER_SIZE)
    unbuffered = base.write_through and not isinstance(base.buffer, io.BufferedWriter)  # python -u
    return _Own(
        cast("Any", raw) if unbuffered else io.BufferedWriter(raw, size),
        encoding=base.encoding,
        errors=base.errors,
        newline="\n",
        line_buffering=base.line_buffering,
        write_through=base.write_through,
    )


class _Own(io.TextIOWrapper):
    """A worker's stream on a file that others write to as well."""

    def flush(self) -> None:
        super().flush()
        self.descriptor.write_rest()

    @property
    def descriptor(self) -> _Descriptor:
        return cast("_Descriptor", getattr(self.buffer, "raw", self.buffer))


class _Descriptor(io.RawIOBase):
    """A file descriptor that is somebody else's to close.

    A full buffer is written up to its last whole line: two workers' buffers do not end in the middle of each other's.
    """

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor = descriptor
        self._rest = b""
        self.name = name
        self.is_cut = False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: Any) -> int:
        whole, newline, rest = bytes(data).rpartition(b"\n")
        if newline:
            self._write(self._rest + whole + newline)
            self._rest = rest
        else:
            self._rest += rest
        return len(data)

    def write_rest(self) -> None:
        """Write what is no whole line, yet."""
        rest, self._rest = self._rest, b""
        self._write(rest)

    def _write(self, data: bytes) -> None:
        while data and not self.is_cut:
            data = data[os.write(self._descriptor, data) :]


class Lines:
    """Hands on whole lines only, to a stream that threads share."""

    def __init__(self, base: Any) -> None:
        self._base = base
        self._pending: list[str] = []
        self._lock = threading.RLock()
        self.is_cut = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._base, name)

    def write(self, text: str) -> int:
        with self._lock:
            self._pending.append(text)
            if "\n" in text:
                *whole, rest = "".join(self._pending).rpartition("\n")
                self._pending = [rest] if rest else []
                self._hand_on("".join(whole))
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        with self._lock:
            text, self._pending = "".join(self._pending), []
            self._hand_on(text)
        if hasattr(self._base, "flush"):
            self._base.flush()

    def _hand_on(self, text: str) -> None:
        if text and not self.is_cut:
            self._base.write(text)


class _Switch:
    """Stands in ``sys.__dict__``: each thread's ``print`` goes to that thread's stream."""

    def __init__(self, name: str) -> None:
        self.__dict__["_name"] = name

    def __getattr__(self, name: str) -> Any:
        return getattr(target(self._name), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(target(self._name), name, value)

    def write(self, text: str) -> Any:
        return target(self._name).write(text)

    def flush(self) -> Any:
        return target(self._name).flush()


class _Sys(ModuleType):
    """The class of the module ``sys`` while workers run: a program that assigns ``sys.stdout`` changes its own.

    Not properties: an instruction that reads an attribute of a module is specialised, and does not see them.
    """

    def __getattribute__(self, name: str) -> Any:
        return target(name) if name in NAMES else super().__getattribute__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in NAMES:
            streams = _streams_of()
            (_main if streams is None else streams)[name] = value
        else:
            super().__setattr__(name, value)

    def __reduce__(self) -> Any:
        return __import__, ("sys",)
