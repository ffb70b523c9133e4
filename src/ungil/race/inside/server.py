"""The server of runs: it holds the program instrumented and ready, and forks itself for each run."""

from __future__ import annotations

import gc
import os
import sys
import time

from ungil.launch.inside import boot
from ungil.launch.inside.events import Events, to_json
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
        """For files of our own, for as long as the runner lives. In it are two named pipes, ``orders`` and
        ``answers``."""

    class Order(TypedDict):
        """One run: a line, a Python literal in ASCII."""

        plan: dict[str, Any]
        stdin: str
        stdout: str
        stderr: str
        events: str
        """Paths."""
        timeout_s: float | None

    class Answer(TypedDict):
        """How it went: a line of JSON."""

        status: int
        """Exit status, or the negative number of the signal."""
        timed_out: bool
        wall_s: float
        cpu_s: float
        peak_bytes: int


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_LOOK_S = 1.0
"""How often the output of a long run is looked at."""
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
        self._orders = os.open(os.path.join(folder, "orders"), os.O_RDONLY)
        self._answers = os.open(os.path.join(folder, "answers"), os.O_WRONLY)

    def serve(self) -> Callable[[], object]:
        self._say({"ready": True})
        changed = True
        for line in self._lines():
            order: Order = eval(line)
            if changed:
                self._loader.settle()
                gc.collect()
                gc.freeze()  # a collection in a run would write to each of these objects, and so copy its page
            os.close(os.open(order["events"], _NEW, 0o600))
            events = events_to(order["events"])
            for event in self._loader.take_events():
                events.notify(event)
            streams = (
                os.open(order["stdin"], os.O_RDONLY),
                os.open(order["stdout"], _NEW, 0o600),
                os.open(order["stderr"], _NEW, 0o600),
            )
            began_s = time.monotonic()
            pid = os.fork()
            if pid == 0:
                # Each page that is touched here costs its copy: all that can be done before the fork is.
                os.setpgid(0, 0)
                for number, stream in enumerate(streams):
                    os.dup2(stream, number)
                for descriptor in (*streams, self._orders, self._answers):
                    os.close(descriptor)
                self._loader.begin(events.notify)
                ending.begin(order["plan"], events.notify)
                return self._program.start()
            for stream in streams:
                os.close(stream)
            try:
                answer = self._follow(pid, began_s, order, events)
            except BaseException:  # Ctrl-C, or the runner has gone
                self._remains.kill(pid)
                os._exit(1)
            self._say(answer)
            changed = self._loader.learn(self._own)
        os._exit(0)

    def _follow(self, pid: int, began_s: float, order: Order, events: Events) -> Answer:
        """The run to its end, and what remains of it."""
        timed_out = not self._wait(pid, began_s, order)
        if timed_out:
            self._stacks.ask(pid)
            self._remains.kill(pid)
        _, waited, usage = os.wait4(pid, 0)
        wall_s = time.monotonic() - began_s
        cpu_s = usage.ru_utime + usage.ru_stime + self._remains.end(pid)
        status = os.waitstatus_to_exitcode(waited)
        stacks = self._stacks.take()
        if stacks and (timed_out or status < 0):
            events.notify({"event": "stacks", "signal": None if timed_out else -status, "text": stacks})
        return {
            "status": status,
            "timed_out": timed_out,
            "wall_s": wall_s,
            "cpu_s": cpu_s,
            "peak_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        }

    def _wait(self, pid: int, began_s: float, order: Order) -> bool:
        """Until the process has ended; False: not in time, or there is too much output.

        Raises EOFError when the runner has gone.
        """
        end_s = None if order["timeout_s"] is None else began_s + order["timeout_s"]
        with self._remains.watching(pid, self._orders) as watch:
            while True:
                left_s = _LOOK_S if end_s is None else min(end_s - time.monotonic(), _LOOK_S)
                if left_s <= 0:
                    return False
                if watch.ended_within(left_s):
                    return True
                if sum(map(os.path.getsize, (order["stdout"], order["stderr"]))) > _MOST_OUTPUT:
                    return False

    def _lines(self) -> Any:
        rest = b""
        while part := os.read(self._orders, 1 << 16):
            *lines, rest = (rest + part).split(b"\n")
            yield from lines

    def _say(self, message: Any) -> None:
        os.write(self._answers, (to_json(message) + "\n").encode())


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
