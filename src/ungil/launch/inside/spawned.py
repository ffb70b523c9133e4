"""The inside in processes that multiprocessing starts anew (spawn, and the fork server, whose children inherit it)."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from ungil.launch.inside.events import Request

_DOOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "site", "sitecustomize.py")


def follow(request: Request) -> None:
    """Have every process that multiprocessing spawns enter by the same door as this one."""
    from ungil.substitute._hooks import when_imported

    prefix = (
        f"exec(compile(open({_DOOR!r}, encoding='utf-8').read(), {_DOOR!r}, 'exec'), "
        f"{{'__name__': 'sitecustomize', '__file__': {_DOOR!r}, 'REQUEST': {ascii({**request, 'main': False})!r}}}); "
    )

    def wrap(util: ModuleType) -> None:
        spawn = util.spawnv_passfds

        def spawnv_passfds(path: bytes | str, args: Sequence[bytes | str], passfds: Sequence[int]) -> int:
            result: int = spawn(path, _with_prefix(list(args), prefix), passfds)
            return result

        util.spawnv_passfds = spawnv_passfds  # type: ignore[attr-defined]  # typeshed's ModuleType has no such name

    when_imported("multiprocessing.util", wrap)


def _with_prefix(args: list[bytes | str], prefix: str) -> list[bytes | str]:
    """The command line ``python … -c CODE …`` with ``prefix`` before its code; the resource tracker's is left alone.

    That one runs no code of the user's, and outlives the program.
    """
    flag: bytes | str
    for flag in ("-c", b"-c"):
        if flag in args[:-1]:
            at = args.index(flag) + 1
            code = args[at]
            text = os.fsdecode(code)
            if "multiprocessing" in text and "resource_tracker" not in text:
                args[at] = prefix + text
            break
    return args
