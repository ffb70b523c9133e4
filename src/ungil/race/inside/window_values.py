"""What ``windows`` knows while it goes through a function: values, accesses, conditions; and how places are written."""

from __future__ import annotations

import ast
import re

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from ungil.race.inside.sites import Site

_MOST_READINGS = 40
"""How many readings one value carries: the latest."""

NAMES = re.compile(r"(?<![\w.])[^\W\d]\w*")

NONE: frozenset[int] = frozenset()


class Value:
    """What is known of a value: the accesses it came about by, and the place it was read from, as source text."""

    __slots__ = ("readings", "text")

    def __init__(self, readings: frozenset[int] = NONE, text: str | None = None) -> None:
        self.readings = readings
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and self.readings == other.readings and self.text == other.text

    __hash__ = None  # type: ignore[assignment]  # as Python itself says it


NOTHING = Value()


class Access:
    """One access, or one call that may hide some."""

    __slots__ = (
        "holders",
        "key",
        "keys",
        "kind",
        "name",
        "node",
        "number",
        "object",
        "op",
        "order",
        "passing",
        "site",
        "under",
    )

    def __init__(self, kind: str, node: ast.AST, op: str, object: str | None, name: str | None) -> None:
        self.kind = kind
        """``attribute``, ``name``, ``content`` (items, length, truth, ... of an object), ``call`` or ``function``."""
        self.node = node
        self.op = op
        self.object = object
        """The source of the receiver, aliases resolved; None: not to be compared."""
        self.holders = holders_of(object)
        self.name = name
        """Of the attribute, name, method or function."""
        self.key: str | None = None
        """Of an item, the source of its key."""
        self.site: Site | None = None
        self.passing = False
        """Read only to get at something of it."""
        self.number = 0
        self.order = 0
        self.keys: tuple[str, ...] = ()
        """What it is found by; ``under``: by calls on an object that it may be a part of."""
        self.under: tuple[str, ...] = ()

    @property
    def line(self) -> int:
        return int(getattr(self.node, "lineno", 0) or getattr(getattr(self.node, "iter", None), "lineno", 0))

    @property
    def place(self) -> str | None:
        """The source of what is read or written, without its key."""
        if self.kind == "attribute":
            return None if self.object is None else f"{self.object}.{self.name}"
        return self.name if self.kind == "name" else self.object

    @property
    def called(self) -> bool:
        return self.kind in ("call", "function")


if TYPE_CHECKING:
    Held = list[tuple[Access, int]]
    """Conditions, each with the loop (its depth) at whose end it no longer holds; 0: not before the function's end."""
    Outcome = tuple[str | None, dict[str, Value], Held]
    """How a branch was left, the local variables, and the conditions that hold after it."""


class Conditions:
    """What the current statement depends on: a stack of readings, found by what they read."""

    def __init__(self) -> None:
        self.stack: Held = []
        self._by: dict[str, list[Access]] = {}
        self._earlier: dict[str, list[Access]] = {}

    def push(self, access: Access, until: int) -> None:
        self.stack.append((access, until))
        for key in access.keys + access.under:
            self._by.setdefault(key, []).append(access)

    def pop_to(self, height: int) -> Held:
        """Take off, and give back, what was pushed since."""
        taken = self.stack[height:]
        del self.stack[height:]
        for access, _ in reversed(taken):
            for key in access.keys + access.under:
                self._by[key].pop()
            for key in access.keys:
                earlier = self._earlier.setdefault(key, [])
                if access not in earlier:
                    earlier.append(access)
                    del earlier[:-4]
        return taken

    def find(self, key: str, most: int) -> list[Access]:
        found = self._by.get(key)
        return found[-most:] if found else []

    def find_earlier(self, key: str) -> list[Access]:
        """Tests that were made before, however they came out."""
        return self._earlier.get(key, [])


class Loop:
    """A loop that the current statement is in."""

    def __init__(self, height: int, first: int) -> None:
        self.height = height
        self.first = first
        """The order of the first access in it."""
        self.assigned: set[str] = set()
        self.broke: list[Access] = []
        """What it depends on whether, and when, it ends before its time."""


def capped(readings: frozenset[int]) -> frozenset[int]:
    return readings if len(readings) <= _MOST_READINGS else frozenset(sorted(readings)[-_MOST_READINGS:])


def root_of(text: str) -> str:
    """The name that the source of a place begins with."""
    found = NAMES.match(text)
    return found.group() if found else text


def holders_of(text: str | None) -> list[str]:
    """The objects that a place is reached through, itself first: ``a.b[c].d``, ``a.b[c]``, ``a.b``, ``a``."""
    if text is None:
        return []
    found = [text]
    depth = 0
    for index in range(len(text) - 1, 0, -1):
        character = text[index]
        if character in ")]":
            depth += 1
        elif character in "([":
            depth -= 1
        if depth == 0 and character in ".[":
            found.append(text[:index])
    return found


def is_constant(key: str) -> bool:
    return key[0] in "'\"" or key[:2] in ("b'", 'b"') or key.lstrip("-").isdigit()


def source_of(node: ast.expr, depth: int = 5) -> str | None:
    """The source of an expression, where it is a simple one."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant):
        return repr(node.value) if type(node.value) is not str or len(node.value) <= 80 else None
    if not depth:
        return None
    parts: list[ast.expr]
    if isinstance(node, ast.Attribute):
        parts, form = [node.value], f"%s.{node.attr}"
    elif isinstance(node, ast.Subscript):
        parts, form = [node.value, node.slice], "%s[%s]"
    elif isinstance(node, ast.BinOp):
        parts, form = [node.left, node.right], f"%s {_OPERATORS.get(type(node.op), '?')} %s"
    elif isinstance(node, ast.UnaryOp):
        parts, form = [node.operand], _OPERATORS.get(type(node.op), "?") + "%s"
    elif isinstance(node, ast.Tuple):
        parts, form = node.elts, "(" + ", ".join(["%s"] * len(node.elts)) + ")"
    elif isinstance(node, ast.Call) and not node.keywords:
        parts, form = [node.func, *node.args], "%s(" + ", ".join(["%s"] * len(node.args)) + ")"
    else:
        return None
    found = []
    for part in parts:
        source = source_of(part, depth - 1)
        if source is None:
            return None
        found.append(source)
    return form % tuple(found)


_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%%",
    ast.USub: "-",
}
