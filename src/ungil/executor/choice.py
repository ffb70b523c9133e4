"""Which model ``auto`` takes, and why."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # substitution asks here before the program's first import, `typing` included
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Literal

    Model = Literal["auto", "serial", "threads", "interpreters", "processes"]

MODELS: tuple[Model, ...] = ("auto", "serial", "threads", "interpreters", "processes")


def at_once() -> tuple[Model, str] | None:
    """The model for any work on this build; None where it depends on the work."""
    if not gil_enabled():
        return "threads", "the GIL is off"
    if sys.hexversion < 0x030E0000:  # not version_info: the type checker reads this as Python 3.10 code
        return "processes", "the GIL is on, and interpreters need Python 3.14 or newer"
    return None


def for_task(
    initializer: Callable[..., Any] | None,
    initargs: tuple[Any, ...],
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> tuple[Model, str]:
    """The model for the work of which this is the first task: tries whether an interpreter can take it in."""
    from ungil.executor import interpreters
    from ungil.executor.sending import SendError, Task, pack_task

    tasks: list[Task] = [(fn, args, kwargs)]
    if initializer is not None:
        tasks.append((initializer, initargs, {}))
    try:
        for task in tasks:
            pack_task(task)
    except SendError as error:
        return "processes", f"the GIL is on, and the work cannot be sent to an interpreter: {error}"
    reason = interpreters.refusal(tasks)
    if reason is not None:
        return "processes", f"the GIL is on, and an interpreter cannot take the work in: {reason}"
    return "interpreters", "the GIL is on, and the work can be sent to interpreters"


def refuse_while_loading() -> None:
    """To be called where a pool is made: raises as ``far.refuse_while_loading``, in a worker interpreter."""
    far = sys.modules.get("ungil.executor.far")  # which it has
    if far is not None:
        far.refuse_while_loading()


def gil_enabled() -> bool:
    """Whether the GIL is on in this process, now."""
    is_enabled: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)
    return is_enabled()
