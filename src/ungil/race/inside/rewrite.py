"""A module's code, rewritten so that each of its accesses is heard of.

``obj.name`` becomes ``hook(obj).name``: the interpreter itself still does the access, with all its rules, and the hook
is a constant of the code.
"""

from __future__ import annotations

import ast
import sys
from types import CodeType

from ungil.race.inside import windows
from ungil.race.inside.accesses import Accesses
from ungil.race.inside.edits import placeholder
from ungil.race.inside.names import Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from ungil.race.inside.sites import Hook, MakeHook, Site, Sites

    T = TypeVar("T")

_DEEP = 20_000
"""The recursion limit for trees that nest too deep for the usual one."""


class Module:
    """A module, instrumented."""

    __slots__ = ("calls", "code", "pairs", "sites")

    def __init__(
        self, code: CodeType, sites: list[Site], pairs: list[windows.Pair], calls: list[windows.CallPair]
    ) -> None:
        self.code = code
        self.sites = sites
        """In the order of their indices, which follow on one another."""
        self.pairs = pairs
        self.calls = calls


def instrument(
    source: str | bytes | ast.Module,
    path: str,
    sites: Sites,
    make_hook: MakeHook,
    *,
    module_name: str = "__main__",
    optimize: int = -1,
) -> Module:
    """Compile a module so that its accesses call hooks.

    Args:
        source: A tree is used up.
        path: What ``co_filename`` is to be.
        sites: Takes the sites of the module.
        make_hook: Called with a site and a role.
        module_name: What filters of warnings see (from Python 3.15 on).
        optimize: As for ``compile``.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as ``compile``.
    """
    more: dict[str, Any] = {"module": module_name} if sys.version_info >= (3, 15) else {}
    if isinstance(source, ast.Module):
        tree, lines = source, _lines_of_file(path)
        _unshare(tree)
    else:
        parsed: Any = compile(source, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True, **more)
        tree = parsed
        lines = _lines(source)
    edits = _however_deep(lambda: Accesses(tree, Names(tree), path, lines).edits)
    sites.add(edits.sites)
    pairs, calls = _however_deep(lambda: windows.find_pairs(tree, edits.sites_of, path))
    edits.apply()
    code = compile(tree, path, "exec", 0, dont_inherit=True, optimize=optimize, **more)
    hooks = {placeholder(number): make_hook(site, role) for number, (site, role) in enumerate(edits.hooks)}
    return Module(_with_hooks(code, hooks), edits.sites, pairs, calls)


def _with_hooks(code: CodeType, hooks: dict[str, Hook]) -> CodeType:
    changed = False
    constants: list[Any] = []
    for each in code.co_consts:
        found: Any = each
        if type(each) is str:
            found = hooks.get(each, each)
        elif type(each) is tuple and len(each) == 1 and type(each[0]) is str and each[0] in hooks:
            found = (hooks[each[0]],)  # a subscript that was not folded: not seen so far
        elif type(each) is CodeType:
            found = _with_hooks(each, hooks)
        changed |= found is not each
        constants.append(found)
    return code.replace(co_consts=tuple(constants)) if changed else code


def _however_deep(function: Callable[[], T]) -> T:
    try:
        return function()
    except RecursionError:
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, _DEEP))
        try:
            return function()
        finally:
            sys.setrecursionlimit(limit)


def _lines(source: str | bytes) -> list[str]:
    """The lines, as the positions of nodes count them."""
    if isinstance(source, str):
        text = source
    elif b"coding" in b"".join(source.split(b"\n", 2)[:2]):
        text = sys.modules["_frozen_importlib_external"].decode_source(source)  # imports tokenize
    else:
        text = source.removeprefix(b"\xef\xbb\xbf").decode(errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _lines_of_file(path: str) -> list[str]:
    try:
        with open(path, "rb") as file:
            return _lines(file.read())
    except (OSError, ValueError, SyntaxError):
        return []  # columns then count bytes


def _unshare(tree: ast.Module) -> None:
    """Give each place of a tree that a program made a node of its own."""
    seen: set[ast.AST] = set()
    todo: list[ast.AST] = [tree]

    def own(node: ast.AST) -> ast.AST:
        if node in seen:
            node = _copy(node)
        if node._fields:
            seen.add(node)
            todo.append(node)
        return node

    while todo:
        node = todo.pop()
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, ast.AST):
                setattr(node, field, own(value))
            elif isinstance(value, list):
                value[:] = [own(each) if isinstance(each, ast.AST) else each for each in value]


def _copy(node: ast.AST) -> ast.AST:
    from copy import deepcopy  # hardly ever needed

    return deepcopy(node)
