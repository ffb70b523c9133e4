"""The far end: what runs inside a worker interpreter or worker process."""

from __future__ import annotations

import contextlib
import io
import pickle
import sys
from collections.abc import Callable
from itertools import islice
from typing import Any

from ungil.executor import sending
from ungil.executor.channel import Channel, Closed, Load
from ungil.executor.sending import ModuleRefusedError, Reducers, SendError, pack, pack_exception, refused_result

# What is asked: a task (its function and arguments), several calls of one function, the results of these once more and
# each by itself, or to load a task with all the imports that takes and leave it at that.
CALL, CALLS, AGAIN, TAKE_IN = range(4)
# What is answered: a result, several, several that are loaded without fail, several and the failures among them,
# several each by itself, what was raised, or why nothing was run.
RESULT, RESULTS, PLAIN, MIXED, SEPARATE, RAISED, REFUSED = range(7)

notes: list[object] = []
"""What a worker has to tell the program besides results: goes back with the next answer."""

_main: tuple[str, str] | None = None
_main_loaded = False
_loading_main = False


class Server:
    """Does what is asked over a channel, until that is closed."""

    def __init__(self, channel: Channel, load: Load, reducers: Reducers | None = None) -> None:
        self._channel = channel
        self._load = load
        self._reducers = reducers
        self._functions: dict[int, Callable[..., Any]] = {}
        """The function of the last ``map``, by its number."""
        self._last: tuple[Callable[..., Any], list[Any]] | None = None
        self.is_running = False
        """Whether a task is: else Ctrl-C is none of this worker's business."""
        self.tasks = 0
        """How many requests there have been."""

    def serve(self) -> None:
        """Answer until there is nobody to answer."""
        try:
            while self._answer():
                pass
        except Closed:
            pass

    def say(self, error: BaseException | None) -> None:
        """Tell the other end whether this one is ready, if it is there any more."""
        with contextlib.suppress(Closed):
            self._send(RESULT, None) if error is None else self._send(RAISED, pack_exception(explained(error)))

    def _answer(self) -> bool:
        try:
            kind, request = self._channel.receive(self._load)
            if kind == CALLS and request[1] is not None:
                self._functions = {request[0]: self._load(request[1], ())}
        except Closed:
            return False
        except BaseException as error:
            self._send(REFUSED, pack_exception(explained(error)))
            return True
        self.tasks += 1
        try:
            if kind == CALL:
                self._call(*request)
            elif kind == CALLS:
                self._calls(*request)
            elif kind == AGAIN:
                assert self._last is not None
                self._separate(*self._last)
            else:
                self._send(RESULT, None)
        except Closed:
            return False
        except BaseException as error:  # of a task, or because its result cannot be sent
            self._send(RAISED, pack_exception(explained(error)))
        return True

    def _call(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._last = None
        self.is_running = True
        try:
            result = fn(*args, **kwargs)
        finally:
            self.is_running = False
        del args, kwargs
        try:
            self._send(RESULT, result)
        except Closed:
            raise
        except Exception as error:  # reducers are anybody's code
            raise refused_result(result, fn, error) from error

    def _calls(self, number: int, _: bytes | None, spread: bool, items: Any, count: int) -> None:
        self._last = None
        fn = self._functions[number]
        results: list[Any] = []
        failures: dict[int, bytes] = {}
        self.is_running = True
        try:
            rest = islice(items, count)
            while len(results) < count:
                try:
                    if spread:
                        for args in rest:
                            results.append(fn(*args))
                    else:
                        for item in rest:
                            results.append(fn(item))
                except BaseException as error:  # SystemExit and KeyboardInterrupt are outcomes as well
                    failures[len(results)] = pack_exception(explained(error))
                    results.append(None)
        finally:
            self.is_running = False
        del rest
        items = args = item = None
        try:
            if failures or notes:
                self._last = fn, results
                self._send(MIXED, (results, failures))
                return
            message = pack(results, self._reducers, watching=True)
            if message.is_plain:
                self._channel.send(PLAIN, message)
            else:
                self._last = fn, results
                self._channel.send(RESULTS, message)
        except Closed:
            raise
        except Exception:  # one of them cannot be sent: which?
            self._separate(fn, results, failures)

    def _separate(self, fn: Callable[..., Any], results: list[Any], failures: dict[int, bytes] | None = None) -> None:
        packed: list[tuple[bool, bytes]] = []
        for position, result in enumerate(results):
            if failures and position in failures:
                packed.append((False, failures[position]))
                continue
            try:
                packed.append((True, sending.pack_result(result, fn)))
            except SendError as error:
                packed.append((False, pack_exception(error)))
        self._send(SEPARATE, packed)

    def _send(self, kind: int, value: Any) -> None:
        told, notes[:] = list(notes), []
        self._channel.send(kind, pack((value, told), self._reducers))


def load(data: Any, buffers: Any) -> Any:
    """Unpickle, in a process that has the program's ``__main__``."""
    if type(data) is bytes:
        return pickle.loads(data, buffers=buffers)  # from the program's own process
    return pickle.Unpickler(data, buffers=buffers).load()


def load_in_interpreter(data: Any, buffers: Any) -> Any:
    """Unpickle, in an interpreter that has it run when something of it is named."""
    return _Unpickler(io.BytesIO(data) if type(data) is bytes else data, buffers=buffers).load()


def serve_interpreter(fd: int, start: bytes) -> None:
    """Be a worker of the interpreter at the other end of a socket.

    ``start`` is a pickle of where ``__main__`` comes from, the ``setup`` of the pool, and the packed initializer.
    """
    global _main
    server = Server(Channel(fd), load_in_interpreter)
    try:
        _main, setup, initializer = pickle.loads(start)  # from the interpreter that started us
        _line_buffer()
        if setup is not None:
            function, args = setup
            function(*args)
        if initializer is not None:
            fn, args, kwargs = load_in_interpreter(initializer, ())
            fn(*args, **kwargs)
    except BaseException as error:
        server.say(error)
    else:
        server.say(None)
        server.serve()


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
    """Where the program's ``__main__`` comes from, also for a pool inside a worker interpreter."""
    return _main or sending.main_module()


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


def _load_main() -> None:
    """As multiprocessing.spawn does it: under the name ``__mp_main__``, so that its guarded part does not run."""
    global _main_loaded, _loading_main
    if _main_loaded or _main is None:
        return
    kind, name = _main
    if kind == "name" and (name == "__main__" or name.endswith(".__main__")):
        return
    import runpy  # a worker that is never sent anything of __main__ does without
    import types

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


def explained(error: BaseException) -> BaseException:
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


def _line_buffer() -> None:
    # An interpreter's streams are its own; lines of several must not be torn, nor lost when it is closed.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(line_buffering=True)
