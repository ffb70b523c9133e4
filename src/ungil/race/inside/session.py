"""One run, in the program's process: which mode it is in, and the way to it for hooks and primitives."""

from __future__ import annotations

import contextlib
import os
import sys

from ungil.race.inside import cross, delay, force, hooks, observe, schedule, sync
from ungil.race.inside.mode import Mode
from ungil.race.inside.sites import Sites
from ungil.race.inside.threads import program
from ungil.race.inside.waiting import Waits

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from typing import Any

    from ungil.race.inside.mode import Notify
    from ungil.race.inside.rewrite import Module
    from ungil.race.inside.sites import Site

STUCK = 121
"""Exit status of a run that was ended because its threads wait for ever."""

sites = Sites()
pairs: list[Any] = []
calls: list[Any] = []
make_hook = hooks.make_hook
_mode: Mode | None = None


def prepare(core: str | None = None) -> None:
    """Once, in the server, before any module is instrumented. ``core``: path of the C core."""
    if core is not None:
        hooks.use_core(core)


def add(module: Module) -> None:
    """One more module of the program has been instrumented."""
    program.update(site.path for site in module.sites)
    program.add(module.code.co_filename)
    pairs.extend(module.pairs)
    calls.extend(module.calls)
    if _mode is not None:
        _mode.add(module.pairs, module.calls)


def begin(plan: dict[str, Any], notify: Notify) -> None:
    """The program is about to start, in this process, with one thread."""
    global _mode
    name = plan["mode"]
    if name == "observe":
        _mode = observe.Observe(plan, notify, pairs, calls)
        hooks.arm(None)
    elif name == "force":
        _mode = force.Force(plan, notify, sites)
    elif name == "cross":
        _mode = cross.Cross(plan, notify)
    elif name == "delay":
        _mode = delay.Delay(plan, notify)
    elif name in schedule.POLICIES:
        _mode = schedule.Schedule(plan, notify, sites, pairs)
    else:
        _mode = Mode(plan, notify)
        hooks.arm(set())
    hooks.listen(_touch, filters=name == "observe")
    sync.install(_mode, Waits(_stuck))


def _touch(site: Site, thing: Any, key: Any, phase: str) -> None:
    """A fault of ours is told, and the program goes on."""
    mode = _mode
    assert mode is not None
    try:
        mode.touch(site, thing, key, phase)
    except Exception as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = "" if trace is None else f" ({os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno})"
        mode.notify({"event": "fault", "what": f"{type(error).__name__}: {error}{where}"})


def _stuck(event: dict[str, Any]) -> None:
    """Nobody can go on, and nobody ever will: the run is over."""
    assert _mode is not None
    end()
    _mode.notify(event)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError, RuntimeError):
            stream.flush()
    os._exit(STUCK)


def end() -> None:
    """The program is over."""
    if _mode is not None:
        hooks.arm(set())
        _mode.end()
