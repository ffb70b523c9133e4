"""The server of runs: it holds the program instrumented and ready, and forks itself for each run."""

from __future__ import annotations

import gc
import marshal
import os
import sys
import time

from ungil.launch.inside import boot
from ungil.launch.inside.events import Events
from ungil.race.inside import imports
from ungil.race.inside.ending import ending

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypedDict

    class Request(TypedDict):
        """What the runner asks for, once: a Python literal, in ASCII, in the variable ``UNGIL_RACE``."""

        python: str
        argv: list[str]
        """As the user typed it."""
        module: bool
        include: list[str]
        core: str | None
        """Path of the C core; None: the hooks are the Python ones."""
        folder: str
        """For files of our own, for as long as the runner lives. In it are two named pipes, ``orders`` and ``answers``.
        What goes through them is in ``marshal``'s format 2, its length before it: that costs less than all else."""

    class Order(TypedDict):
        """One run."""

        plan: dict[str, Any]
        stdin: str
        """Path. The others are files in the folder: ``stdout``, ``stderr``, ``events``."""
        timeout_s: float | None

    class Answer(TypedDict):
        """How it went."""

        status: int
        """Exit status, or the negative number of the signal."""
        timed_out: bool
        wall_s: float
        cpu_s: float
        peak_bytes: int


_EVER = float("inf")
_MAX_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_MOST_OUTPUT = 1 << 28
"""Bytes of output after which a run is ended as if its time were up."""


def serve() -> Callable[[], object]:
    """Serve; returns in the process of each run, with what is to be called there: the program."""
    request: Request = eval(os.environ.pop("UNGIL_RACE"))
    _forget_the_door(os.path.join(request["folder"], "door.pyc"))
    boot._make_importable(sys.modules["ungil"])
    return Server(request).serve()


class Server:
    """Holds the program, and runs it as often as it is asked to."""

    def __init__(self, request: Request) -> None:
        self._own = imports.OwnImports()
        folder = request["folder"]
        with self._own:
            from ungil.race.inside import loader, program, remains, session, stacks

            self._remains = remains.Remains()
            self._stacks = stacks.Stacks(os.path.join(folder, "stacks"))
            self._program = program.Program(request["python"], request["argv"], module=request["module"])
            self._loader = loader.Loader(
                session,
                roots=self._program.roots,
                include=request["include"],
                report=os.path.join(folder, "learnt"),
            )
            ending.register(session, self._loader)
            session.prepare(request["core"])
            self._loader.install()
        self._program.set_up()
        self._program.load(self._loader)
        self._own.put_away_shadows()
        self._files = tuple(os.path.join(folder, name) for name in ("stdout", "stderr"))
        self._events_path = os.path.join(folder, "events")
        self._events = events_to(self._events_path)
        self._orders = os.open(os.path.join(folder, "orders"), os.O_RDONLY)
        self._answers = os.open(os.path.join(folder, "answers"), os.O_WRONLY)
        self._watch = remains.Watch(self._orders)

    def serve(self) -> Callable[[], object]:
        """Serve; returns in the process of each run.

        A process pays for each page that it is the first to write to after the fork, this one too: by a microsecond or
        more. To look at an object is to write to it. So little is done here, and as much as can be before the fork.
        """
        self._say({})
        changed = True
        while (order := self._order()) is not None:
            if changed:
                self._loader.settle()
                gc.collect()
                gc.freeze()  # a collection in a run would write to each of these objects
            os.close(os.open(self._events_path, _NEW, 0o600))
            for event in self._loader.take_events():
                self._events.notify(event)
            stdin = os.open(order["stdin"], os.O_RDONLY)
            stdout, stderr = (os.open(path, _NEW, 0o600) for path in self._files)
            began_s = time.monotonic()
            pid = os.fork()
            if pid == 0:
                os.setpgid(0, 0)
                os.dup2(stdin, 0)
                os.dup2(stdout, 1)
                os.dup2(stderr, 2)
                for descriptor in (stdin, stdout, stderr, self._orders, self._answers):
                    os.close(descriptor)
                self._loader.begin(self._events.notify)
                ending.begin(order["plan"], self._events.notify)
                return self._program.start()
            os.close(stdin)
            os.close(stdout)
            os.close(stderr)
            try:
                answer = self._follow(pid, began_s, order["timeout_s"])
            except BaseException:  # Ctrl-C, or the runner has gone
                self._remains.kill(pid)
                os._exit(1)
            self._say(answer)
            changed = self._loader.learn(self._own)
        os._exit(0)

    def _follow(self, pid: int, began_s: float, timeout_s: float | None) -> Answer:
        """The run to its end, and what remains of it. Raises EOFError when the runner has gone."""
        end_s = _EVER if timeout_s is None else began_s + timeout_s
        ended = self._watch.wait(pid, end_s, self._is_output_bounded)
        timed_out = ended is None
        if ended is None:
            self._stacks.ask(pid)
            self._remains.kill(pid)
            ended = os.wait4(pid, 0)
        _, waited, usage = ended
        wall_s = time.monotonic() - began_s
        cpu_s = usage.ru_utime + usage.ru_stime + self._remains.end()
        status = os.waitstatus_to_exitcode(waited)
        stacks = self._stacks.take()
        if stacks and (timed_out or status < 0):
            self._events.notify({"event": "stacks", "signal": None if timed_out else -status, "text": stacks})
        return {
            "status": status,
            "timed_out": timed_out,
            "wall_s": wall_s,
            "cpu_s": cpu_s,
            "peak_bytes": usage.ru_maxrss * _MAX_RSS_UNIT,
        }

    def _is_output_bounded(self) -> bool:
        return sum(map(os.path.getsize, self._files)) <= _MOST_OUTPUT

    def _order(self) -> Order | None:
        """The next one; None when the runner has gone."""
        data = os.read(self._orders, 1 << 16)
        while data and len(data) < 4 + int.from_bytes(data[:4], "big"):
            part = os.read(self._orders, 1 << 16)
            if not part:
                return None
            data += part
        return marshal.loads(data[4:]) if data else None

    def _say(self, message: Any) -> None:
        data = marshal.dumps(message, 2)
        os.write(self._answers, len(data).to_bytes(4, "big") + data)


def events_to(path: str) -> Events:
    return Events(
        {
            "pythonpath": None,
            "events": path,
            "quiet": True,
            "main": True,
            "model": "as-is",
            "workers": None,
            "initializer": "",
        }
    )


def _forget_the_door(door: str) -> None:
    """Leave ``sys.path`` as Python makes it before it looks at what it is to run."""
    if not getattr(sys.flags, "safe_path", False):
        del sys.path[0]
    for entry in (door, os.path.dirname(door), os.path.realpath(os.path.dirname(door))):
        sys.path_importer_cache.pop(entry, None)
