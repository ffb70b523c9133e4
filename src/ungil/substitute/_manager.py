"""``multiprocessing.Manager`` without its process: server and proxies are the library's own, the wire between is not.

A call through a proxy runs the method in the thread that calls, on the server's object, with copies of arguments and
results as the wire makes them: ``proxy["key"].append(1)`` is lost as ever.
"""

from __future__ import annotations

import errno
import itertools
import os
import pickle
import threading
from multiprocessing import managers as _multiprocessing_managers
from multiprocessing import util
from multiprocessing.reduction import ForkingPickler
from typing import Any

from ungil.substitute import _baton, _process, _worker

_managers: Any = _multiprocessing_managers

WIRE = "ungil"
"""Its name among the library's serializers."""

_ATOMS = (type(None), bool, int, float, complex, str, bytes)

_NEVER_WAIT = ("dict", "list", "set", "Namespace", "Value", "Array", "Lock", "RLock")

_WAITING = ("queue", "_queue", "threading", "_thread")
"""Modules whose objects one part of a program waits at for another."""

_servers: dict[str, Any] = {}
_addresses = itertools.count(1)
_real_start = _managers.BaseManager.start


def bind() -> None:
    """Have managers that need no network started without a process."""
    _managers.listener_client[WIRE] = (_Listener, _Client)
    _managers.BaseManager.start = start


def start(self: Any, initializer: Any = None, initargs: tuple[Any, ...] = ()) -> None:
    """Instead of ``BaseManager.start``: spawn a server process for this manager object."""
    if self._address is not None or self._serializer != "pickle" or self._state.value != _managers.State.INITIAL:
        _real_start(self, initializer, initargs)
        return
    if initializer is not None and not callable(initializer):
        raise TypeError("initializer must be a callable")
    process = self._process = self._ctx.Process()
    process.name = type(self).__name__ + "-" + ":".join(str(i) for i in process._identity)
    worker = _worker.Worker(process, inline=True)
    process._popen = _process.Inside()
    if initializer is not None:
        _worker.inline(worker, initializer, *initargs)
    self._serializer = WIRE
    self._Listener, self._Client = _Listener, _Client
    server = self._Server(self._registry, None, self._authkey, WIRE)
    server.stop_event = threading.Event()  # set by its shutdown()
    self._address = server.address
    _servers[server.address] = server
    self._state.value = _managers.State.STARTED
    _process._module._children.add(process)  # type: ignore[attr-defined]  # what active_children() tells
    self.shutdown = util.Finalize(self, _shut_down, args=(process, server, self._state), exitpriority=0)


def _shut_down(process: Any, server: Any, state: Any) -> None:
    process._popen.returncode = 0
    _process._module._children.discard(process)  # type: ignore[attr-defined]  # private
    server.shutdown(_Nobody())
    state.value = _managers.State.SHUTDOWN
    _servers.pop(server.address, None)
    _managers.BaseProxy._address_to_local.pop(server.address, None)


class _Listener:
    """The server's end of the wire."""

    def __init__(self, address: Any = None, backlog: int = 1) -> None:
        self.address = f"\0in-process-{next(_addresses)}"

    def close(self) -> None:
        pass


class _Nobody:
    """Whom a server that shuts down says so."""

    def send(self, message: Any) -> None:
        pass


class _Client:
    """A caller's end of the wire; one for each thread that calls, so nothing here is shared."""

    def __init__(self, address: str, authkey: bytes | None = None) -> None:
        if address not in _servers:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        self._server = _servers[address]
        self._answer: Any = None

    def send(self, request: tuple[Any, str, Any, Any]) -> None:
        if self._server.address not in _servers:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        ident, method, args, kwargs = request
        args, kwargs = _copy(args), _copy(kwargs)
        if ident is None:
            self._answer = self._ask_server(method, args, kwargs)
        else:
            self._answer = self._call(ident, method, args, kwargs)

    def recv(self) -> Any:
        answer, self._answer = self._answer, None
        return answer

    def close(self) -> None:
        pass

    def __enter__(self) -> _Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _ask_server(self, method: str, args: Any, kwargs: Any) -> tuple[str, Any]:
        if method == "accept_connection":
            return "#RETURN", None
        if method == "create" and args[0] not in _NEVER_WAIT:
            _baton.need()
        try:
            return "#RETURN", getattr(self._server, method)(self, *args, **kwargs)
        except Exception as error:
            return "#ERROR", error

    def _call(self, ident: str, method: str, args: Any, kwargs: Any) -> tuple[str, Any]:
        """As ``Server.serve_client`` does."""
        server = self._server
        try:
            try:
                obj, exposed, typeids = server.id_to_obj[ident]
            except KeyError:
                obj, exposed, typeids = server.id_to_local_proxy_obj[ident]
            if method not in exposed:
                raise AttributeError(f"method {method!r} of {type(obj)!r} object is not in exposed={exposed!r}")
            function = getattr(obj, method)
        except AttributeError:
            try:
                return "#RETURN", _copy(server.fallback_mapping[method](server, self, ident, obj, *args, **kwargs))
            except Exception:
                return "#TRACEBACK", _managers.format_exc()
        except Exception:
            return "#TRACEBACK", _managers.format_exc()
        try:
            if type(obj).__module__ in _WAITING:
                result = _baton.without(function, *args, **kwargs)
            else:
                result = function(*args, **kwargs)
        except Exception as error:
            return "#ERROR", error
        typeid = typeids and typeids.get(method, None)
        if typeid:
            new_ident, new_exposed = server.create(self, typeid, result)
            return "#PROXY", (new_exposed, _managers.Token(typeid, server.address, new_ident))
        try:
            return "#RETURN", _copy(result)
        except Exception:
            return "#UNSERIALIZABLE", _managers.format_exc()


def _copy(value: Any) -> Any:
    """What arrives at the other end of a pipe."""
    if type(value) in _ATOMS or (type(value) in (tuple, dict) and not value):
        return value
    if type(value) is tuple and all(type(item) in _ATOMS for item in value):
        return value
    return pickle.loads(ForkingPickler.dumps(value))
