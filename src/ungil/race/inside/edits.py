"""Changes of a module's tree: expressions are given to hooks. They are noted first, and made all at once."""

from __future__ import annotations

import ast
import sys

from ungil.race.inside.sites import Site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypeAlias

    Holder: TypeAlias = Any
    """A node, whose ``key`` is the name of a field, or a list of nodes, whose ``key`` is an index."""
    Key: TypeAlias = str | int

_LOAD = ast.Load()


class Edits:
    """The sites of a module, and the changes that let them be heard of."""

    def __init__(self, path: str, lines: Sequence[str]) -> None:
        self.sites: list[Site] = []
        self.sites_of: dict[ast.AST, list[Site]] = {}
        self.hooks: list[tuple[Site, str]] = []
        """Of each placeholder, by its number, the site and role."""
        self._path = path
        self._lines = lines
        self._wraps: list[tuple[Holder, Key, ast.Call, int]] = []
        """What stands there becomes an argument of the call, which takes its place."""
        self._conditions: list[tuple[list[ast.expr], ast.expr]] = []
        self._bodies: list[tuple[list[ast.stmt], list[ast.stmt]]] = []

    def apply(self) -> None:
        """Change the tree. Inner expressions were found first, so an outer call takes up the inner one."""
        for holder, key, call, index in self._wraps:
            call.args[index] = _get(holder, key)
            if isinstance(key, str):
                setattr(holder, key, call)
            else:
                holder[key] = call
        for conditions, condition in self._conditions:
            conditions.insert(0, condition)
        for body, changed in self._bodies:
            body[:] = changed

    def site(self, node: ast.AST, function: str, op: str, name: str | None, at: Any = None) -> Site | None:
        """A site of ``node``, at the place of ``at``; None where a program made the node, and gave it no place."""
        at = node if at is None else at
        line, end_line = getattr(at, "lineno", None), getattr(at, "end_lineno", None)
        if line is None:
            return None
        column = self._column(line, at.col_offset)
        if isinstance(at, (ast.stmt, ast.ExceptHandler)) or end_line is None:
            end_line, end_column = line, max(column + 1, len(self._line(line)))
        else:
            end_column = self._column(end_line, at.end_col_offset)
        site = Site(-1, self._path, line, column, end_line, end_column, function, op, name)
        self.sites.append(site)
        self.sites_of.setdefault(node, []).append(site)
        return site

    def text(self, node: Any, longest: int) -> str | None:
        """The source of an expression; None where it is long."""
        line = getattr(node, "lineno", None)
        if line is None or line != node.end_lineno or node.end_col_offset - node.col_offset > longest:
            return None
        text = self._line(line)
        if not text.isascii():
            return text.encode()[node.col_offset : node.end_col_offset].decode(errors="replace")
        return text[node.col_offset : node.end_col_offset] or None

    def _line(self, number: int) -> str:
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def _column(self, line: int, offset: int) -> int:
        text = self._line(line)
        return offset if text.isascii() else len(text.encode()[:offset].decode(errors="replace"))

    def call(self, site: Site, role: str, at: Any, *arguments: Any) -> ast.Call:
        """The call of a hook, at the place of ``at``.

        A placeholder stands for the hook. Were it called as it is, the compiler would warn that a string is not
        callable: so it is the result of an expression that the compiler then finds to be constant. From Python 3.14 on
        that is done late enough for a subscript; a condition is known earlier, but keeps local variables from being
        borrowed there.
        """
        place = _place(at)
        text = ast.Constant(placeholder(len(self.hooks)), **place)
        self.hooks.append((site, role))
        hook: ast.expr
        if sys.version_info >= (3, 14):
            hook = ast.Subscript(ast.Tuple([text], _LOAD, **place), ast.Constant(0, **place), _LOAD, **place)
        else:
            hook = ast.IfExp(ast.Constant(True, **place), text, text, **place)
        last = at.func if type(at) is ast.Call else at
        if type(last) is ast.Attribute and last.end_lineno != at.lineno:
            # Its last instruction counts for the line of the name: for who traces, there is no further line.
            assert last.end_lineno is not None and last.end_col_offset is not None
            place["lineno"], place["col_offset"] = last.end_lineno, max(0, last.end_col_offset - len(last.attr))
        return ast.Call(hook, list(arguments), [], **place)

    def wrap(self, holder: Holder, key: Key, site: Site, role: str, *more: Any) -> None:
        """Give the expression there to a hook."""
        self._wraps.append((holder, key, self.call(site, role, _get(holder, key), None, *more), 0))

    def wrap_second(self, holder: Holder, key: Key, site: Site, role: str, first: ast.expr) -> None:
        """The same, as the second argument."""
        self._wraps.append((holder, key, self.call(site, role, _get(holder, key), first, None), 1))

    def cell(self, name: str, at: Any) -> ast.Lambda:
        """A function that has the cell of a variable in its closure."""
        place = _place(at)
        nothing = ast.arguments([], [], None, [], [], None, [])
        return ast.Lambda(nothing, ast.Name(name, _LOAD, **place), **place)

    def condition(self, comprehension: ast.comprehension, condition: ast.expr) -> None:
        """Let a comprehension ask this first, of each item."""
        self._conditions.append((comprehension.ifs, condition))

    def block(self, body: list[ast.stmt], changed: list[ast.stmt]) -> None:
        """Let a block consist of these statements."""
        self._bodies.append((body, changed))


def placeholder(number: int) -> str:
    """The constant that stands for a hook until the module is compiled."""
    return f"\0ungil hook {number}"


def statement(call: ast.Call) -> ast.stmt:
    return ast.copy_location(ast.Expr(call), call)


def nothing_at(node: Any) -> ast.Constant:
    return ast.Constant(None, **_place(node))


def _place(node: Any) -> dict[str, Any]:
    """Where the instructions of a node stand; of a statement, its beginning."""
    line, column = node.lineno, node.col_offset
    if node.end_lineno is None or isinstance(node, (ast.stmt, ast.ExceptHandler)):
        return {"lineno": line, "col_offset": column, "end_lineno": line, "end_col_offset": column + 1}
    return {
        "lineno": line,
        "col_offset": column,
        "end_lineno": node.end_lineno,
        "end_col_offset": node.end_col_offset,
    }


def _get(holder: Holder, key: Key) -> Any:
    return getattr(holder, key) if isinstance(key, str) else holder[key]
