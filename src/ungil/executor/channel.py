"""Messages between the two ends of a worker that is not here: objects over a socket, large ones without a copy.

A message is one pickle (protocol 5). Buffers that objects hand over out of band (PEP 574: NumPy arrays, Arrow tables)
go from where they are, and so do large ``bytes``; the far end reads each straight into the memory it is to have.
"""

from __future__ import annotations

import io
import os
import pickle
import select
import struct
from collections.abc import Callable
from functools import partial
from typing import Any

_HEAD = struct.Struct("<BIQ")
_SIZE = struct.Struct("<Q")
_AT_ONCE = 1 << 20
"""A pickle up to that size is read as a whole before it is loaded."""
_WORTH_IT = 1 << 13
"""A smaller buffer costs less to copy than to send by itself."""
_MOST_PARTS = 512
"""Of one write (POSIX guarantees 16, Linux takes 1024)."""

Load = Callable[[Any, Any], Any]
"""Unpickles from ``bytes`` or from a file, with the out-of-band buffers."""


class Message:
    """A pickled object on its way."""

    __slots__ = ("_in_band", "buffers", "is_plain", "parts")

    def __init__(self, *, in_band: bool = False) -> None:
        """``in_band``: all in one pickle, large buffers too."""
        self._in_band = in_band
        self.parts: list[Any] = []
        self.buffers: list[memoryview] = []
        self.is_plain = False
        """Whether it is known to be made of numbers, strings and their containers only: what is loaded without fail."""

    def write(self, data: Any) -> None:
        """What the pickler calls: with frames it has made, and with large bytes as they are."""
        self.parts.append(data if type(data) is bytes else bytes(data))

    def add_buffer(self, buffer: pickle.PickleBuffer) -> bool:
        """What the pickler calls with a buffer; whether it is to be kept in the pickle."""
        if self._in_band:
            return True
        try:
            raw = buffer.raw()
        except BufferError:  # not contiguous
            return True
        if raw.nbytes < _WORTH_IT:
            return True
        self.buffers.append(raw)
        return False

    def whole(self) -> bytes:
        """The pickle, if it is in band."""
        return b"".join(self.parts)


class Closed(Exception):  # noqa: N818  # not an error: how a conversation ends
    """The other end has closed, or died."""


class Channel:
    """One end. Not for two threads at a time."""

    def __init__(self, fd: int) -> None:
        """``fd`` is a socket, which stays its owner's to close."""
        self._fd = fd
        self._file: io.BufferedReader[Any] = io.BufferedReader(io.FileIO(fd, closefd=False), 1 << 16)
        self._poll: select.poll | None = None

    def watch(self, fd: int) -> None:
        """``fd`` becomes readable when the other end has died, whoever else holds its socket."""
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)
        self._poll.register(fd, select.POLLIN)

    def send(self, kind: int, message: Message) -> None:
        """
        Raises:
            Closed: nobody is there to take it.
        """
        sizes = [buffer.nbytes for buffer in message.buffers]
        head = _HEAD.pack(kind, len(sizes), sum(map(len, message.parts))) + b"".join(map(_SIZE.pack, sizes))
        try:
            self._write([head, *message.buffers, *message.parts])
        except OSError as error:
            raise Closed from error

    def receive(self, load: Load, later: int | None = None) -> tuple[int, Any]:
        """The kind of the next message, and its object; if it is of the kind ``later`` and not large, what loads it.

        Raises:
            Closed: there is none to come.
            Exception: what loading the object raised; the next message can be received all the same.
        """
        try:
            self._wait()
            kind, count, size = _HEAD.unpack(self._read(_HEAD.size))
            sizes = [_SIZE.unpack(self._read(_SIZE.size))[0] for _ in range(count)]
            buffers = [self._fill(bytearray(each)) for each in sizes]
            body: Any = _Body(self._file, size) if size > _AT_ONCE else self._read(size)
        except OSError as error:
            raise Closed from error
        if kind == later and size <= _AT_ONCE:
            return kind, partial(load, body, buffers)
        try:
            return kind, load(body, buffers)
        finally:
            if size > _AT_ONCE:
                body.skip()

    def _wait(self) -> None:
        if self._poll is not None:
            ready = dict(self._poll.poll())
            if self._fd not in ready:  # dead, and nothing left to be read
                raise Closed

    def _read(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise Closed
        return data

    def _fill(self, buffer: bytearray) -> bytearray:
        view = memoryview(buffer)
        while view:
            count = self._file.readinto(view)
            if not count:
                raise Closed
            view = view[count:]
        return buffer

    def _write(self, parts: list[Any]) -> None:
        while parts:
            written = os.writev(self._fd, parts[:_MOST_PARTS])
            done = 0
            while done < len(parts) and written >= len(parts[done]):
                written -= len(parts[done])
                done += 1
            del parts[:done]
            if written:
                parts[0] = memoryview(parts[0])[written:]


class _Body:
    """The pickle of one message, read as it is loaded."""

    def __init__(self, file: io.BufferedReader[Any], size: int) -> None:
        self._file = file
        self._left = size

    def read(self, size: int) -> bytes:
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)[: self._left]
        count = self._file.readinto(view)
        self._left -= count
        return count

    def readline(self) -> bytes:
        data = self._file.readline(self._left)
        self._left -= len(data)
        return data

    def skip(self) -> None:
        """Read what loading left, as it failed."""
        while self._left and self.read(1 << 16):
            pass
