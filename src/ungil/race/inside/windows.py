"""Windows: which two sites belong together, so that another thread's access in between would do harm.

What is found here are candidates, by reading the source alone: each is tried at run time. So two places that are
perhaps one are taken for one, and no lock is looked for; only the number is held down, far-fetched ones first.
What a reading flows into is followed through local variables, branches, loops and early exits, within one function.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import namedtuple

from ungil.race.inside.sites import METHODS

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from ungil.race.inside.sites import Site

MOST_PAIRS = 400
"""Per function; those of kind ``iterate`` come on top."""
MOST_CALL_PAIRS = 200

_MOST_READINGS = 40
"""How many readings one value carries: the latest."""
_MOST_MATCHES = 12
"""How many earlier readings of one place an access is paired with: the latest."""
_FAR = 30
"""Lines: beyond, what is only loosely related is not paired."""


class Span(namedtuple("Span", ("line", "column", "end_line", "end_column"))):
    """Where a node stands, as ``ast`` and ``co_positions`` count: columns are bytes of UTF-8."""

    __slots__ = ()
    line: int
    column: int
    end_line: int
    end_column: int


class Pair(namedtuple("Pair", ("kind", "first", "act"))):
    """Two sites of one function, by index.

    ``update``: what is written at ``act`` depends on what was read at ``first``. ``check``: whether, or on which item,
    ``act`` is done depends on it. ``together``: both are readings that have to agree. ``iterate``: one site twice.
    """

    __slots__ = ()
    kind: str
    first: int
    act: int


class CallPair(namedtuple("CallPair", ("kind", "first", "act", "path", "first_site", "act_site"))):
    """As ``update`` and ``check`` of ``Pair``, but at least one of the two is within what a call calls.

    Whether both touch the same thing shows at run time.
    """

    __slots__ = ()
    kind: str
    first: Span
    """Of the ``Call``; where this side is no call, of the node that has the site."""
    act: Span
    path: str
    first_site: int | None
    """The site, by index, where this side is no call but an access of the function itself."""
    act_site: int | None


def find_pairs(
    tree: ast.Module, sites_of: Mapping[ast.AST, Sequence[Site]], path: str
) -> tuple[list[Pair], list[CallPair]]:
    """The candidates of a module, in the order of its source.

    Args:
        sites_of: The sites of each node of ``tree``, as ``sites`` lists them; they have their indices already.
        path: Stands in each ``CallPair``.
    """
    module = _Module(tree, sites_of, path)
    module.scan()
    return module.pairs, module.calls


_READS_ALL = ("iterate", "consume")
_ATTRIBUTE_READS, _ATTRIBUTE_WRITES = ("read",), ("write", "delete", "update")
_NAME_READS = ("global-read", "cell-read")
_NAME_WRITES = ("global-write", "global-delete", "global-update", "cell-write", "cell-update")
_ITEM_READS = ("item-read", "slice-read")
_ITEM_WRITES = ("item-write", "item-delete", "item-update", "slice-write", "slice-delete", "slice-update")

_STORING = frozenset(
    {"append", "appendleft", "extend", "extendleft", "insert", "add", "update", "setdefault", "subtract", "send"}
)
"""Methods that put their arguments into the object; those of others say which item is meant."""
_KEYED = frozenset({"get", "pop", "setdefault", "move_to_end", "add", "discard", "remove"})
"""Methods whose first argument is the key, or the element, that they are about."""
_VIEWS = frozenset({"items", "keys", "values", "elements", "copy"})
_WRAPPERS = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "enumerate", "dict"})
_GATHERING = frozenset({"append", "appendleft", "extend", "add", "insert", "update"})
_OF_STRINGS = frozenset(dir(str)) - METHODS | {"count", "index"}

_NAMES = re.compile(r"(?<![\w.])[^\W\d]\w*")

_NONE: frozenset[int] = frozenset()


class _Value:
    """What is known of a value: the accesses it came about by, and the place it was read from, as source text."""

    __slots__ = ("readings", "text")

    def __init__(self, readings: frozenset[int] = _NONE, text: str | None = None) -> None:
        self.readings = readings
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Value) and self.readings == other.readings and self.text == other.text

    __hash__ = None  # type: ignore[assignment]


_NOTHING = _Value()


class _Access:
    """One access, or one call that may hide some."""

    __slots__ = ("key", "keys", "kind", "name", "node", "number", "object", "op", "order", "site", "under")

    def __init__(self, kind: str, node: ast.AST, op: str, object: str | None, name: str | None) -> None:
        self.kind = kind
        """``attribute``, ``name``, ``content`` (items, length, truth, ... of an object), ``call`` or ``function``."""
        self.node = node
        self.op = op
        self.object = object
        """The source of the receiver, aliases resolved; None: not to be compared."""
        self.name = name
        """Of the attribute, name, method or function."""
        self.key: str | None = None
        """Of an item, the source of its key."""
        self.site: Site | None = None
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

    def span(self) -> Span | None:
        node: Any = self.node
        if isinstance(node, (ast.For, ast.comprehension)):
            node = node.iter
        if self.site is not None and self.op == "call":
            node = self.node
        if getattr(node, "end_lineno", None) is None:
            return None
        return Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


class _Module:
    """One pass over a module, function by function."""

    def __init__(self, tree: ast.Module, sites_of: Mapping[ast.AST, Sequence[Site]], path: str) -> None:
        self.tree = tree
        self.sites_of = sites_of
        self.path = path
        self.pairs: list[Pair] = []
        self.calls: list[CallPair] = []
        self.functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
        self.modules: set[str] = set()
        """Names bound to modules: calls on them are no calls on an object."""
        self.waiting: list[tuple[ast.AST, dict[str, _Value]]] = []
        self._touches: dict[str, bool] = {}

    def scan(self) -> None:
        classes: set[ast.AST] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                self.modules.update(each.asname or each.name.partition(".")[0] for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                if node.level == 0 and (node.module or "").partition(".")[0] in sys.stdlib_module_names:
                    self.modules.update(each.asname or each.name for each in node.names)
            elif isinstance(node, ast.ClassDef):
                classes.update(node.body)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node not in classes:
                self.functions.setdefault(node.name, []).append(node)
        for sites in self.sites_of.values():
            self.pairs += [Pair("iterate", site.index, site.index) for site in sites if site.op in _READS_ALL]
        self.waiting.append((self.tree, {}))
        while self.waiting:
            node, names = self.waiting.pop()
            try:
                _Function(self, names).run(node)
            except RecursionError:
                continue  # an expression nested so deep is made by a machine: without the windows of this function
        self.pairs.sort(key=lambda pair: (pair.first, pair.act, pair.kind))
        self.calls.sort(key=lambda pair: (pair.first, pair.act, pair.kind))

    def touches(self, name: str) -> bool:
        """Whether a call of this function may read or write anything shared, as far as can be seen."""
        known = self._touches.get(name)
        if known is None:
            self._touches[name] = False  # while it is looked at: it may call itself
            known = self._touches[name] = any(map(self._touching, self.functions.get(name, ())))
        return known

    def _touching(self, function: ast.AST) -> bool:
        for node in ast.walk(function):
            if node in self.sites_of:
                return True
            if isinstance(node, ast.Call):
                called = node.func
                if isinstance(called, ast.Attribute) and called.attr not in _OF_STRINGS:
                    return True
                if isinstance(called, ast.Name) and called.id in self.functions and self.touches(called.id):
                    return True
        return False


if TYPE_CHECKING:
    Held = list[tuple["_Access", int]]
    """Conditions, each with the loop (its depth) at whose end it no longer holds; 0: not before the function's end."""
    Outcome = tuple[str | None, dict[str, _Value], Held]
    """How a branch was left, the local variables, and the conditions that hold after it."""


class _Conditions:
    """What the current statement depends on: a stack of readings, found by what they read."""

    def __init__(self) -> None:
        self.stack: Held = []
        self._by: dict[str, list[_Access]] = {}
        self._earlier: dict[str, list[_Access]] = {}

    def push(self, access: _Access, until: int) -> None:
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

    def find(self, key: str, most: int = _MOST_MATCHES) -> list[_Access]:
        found = self._by.get(key)
        return found[-most:] if found else []

    def find_earlier(self, key: str) -> list[_Access]:
        """Tests that were made before, however they came out."""
        return self._earlier.get(key, [])


class _Loop:
    """A loop that the current statement is in."""

    def __init__(self, height: int, first: int) -> None:
        self.height = height
        self.first = first
        """The order of the first access in it."""
        self.assigned: set[str] = set()
        self.broke: list[_Access] = []
        """What it depends on whether, and when, it ends before its time."""


class _Function:
    """Forward through one function, or through the body of a module or class."""

    def __init__(self, module: _Module, names: dict[str, _Value]) -> None:
        self.module = module
        self.names = names
        self.local: set[str] = set()
        self.accesses: list[_Access] = []
        self.known: dict[object, _Access] = {}
        self.conditions = _Conditions()
        self.loops: list[_Loop] = []
        self.innermost: frozenset[int] = _NONE
        """What the innermost branch depends on: a constant set there tells of it."""
        self.trace: list[_Access] | None = None
        """The accesses of the ``try`` body at hand."""
        self.order = 0
        self.found: dict[Pair, int] = {}
        self.found_calls: dict[CallPair, int] = {}
        self._names_in: dict[str, frozenset[str]] = {}
        self._alias_names: set[str] = set()

    def run(self, node: ast.AST) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            arguments = node.args
            for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                self._bind(argument.arg, _NOTHING)
            for rest in (arguments.vararg, arguments.kwarg):
                if rest is not None:
                    self._bind(rest.arg, _NOTHING)
        if isinstance(node, ast.Lambda):
            self.value(node.body)
        else:
            self.block(node.body)  # type: ignore[attr-defined]  # a module, class or function
        pairs = sorted(self.found, key=self.found.__getitem__)
        calls = sorted(self.found_calls, key=self.found_calls.__getitem__)
        self.module.pairs += pairs[:MOST_PAIRS]
        self.module.calls += calls[:MOST_CALL_PAIRS]

    # Accesses

    def _access(
        self, kind: str, node: ast.AST, owner: str | None, name: str | None, site: Site | None, key: str | None = None
    ) -> _Access:
        """The access of this site (or the call at this node), the same one each time its loop is gone through."""
        identity: object = (id(node), kind) if site is None else id(site)
        access = self.known.get(identity)
        if access is None:
            access = _Access(kind, node, kind if site is None else site.op, owner, name)
            access.site, access.key = site, key
            access.number = len(self.accesses)
            access.keys, access.under = self._keys(access), self._under(access)
            self.accesses.append(access)
            self.known[identity] = access
        elif access.key != key:
            access.key = None  # another one the second time round
        self.order += 1
        access.order = self.order
        if self.trace is not None:
            self.trace.append(access)
        return access

    def _keys(self, access: _Access) -> tuple[str, ...]:
        if access.kind == "attribute":
            return (f".{access.name}",)
        if access.kind == "name":
            return (f"={access.name}",)
        if access.kind == "function":
            return ("()",)
        if access.object is None:
            return ()
        return (f"({access.object}",) if access.kind == "call" else (f"[{access.object}",)

    def _under(self, access: _Access) -> tuple[str, ...]:
        """By what a call finds it: the objects that it may be a part of."""
        if access.kind == "function" or (access.kind != "call" and access.object is not None and "(" in access.object):
            return ()
        found = [f"<{prefix}" for prefix in _prefixes(access.object)]
        if access.kind != "call" and not self._is_local(access.place):
            found.append("<")  # a plain function may have to do with it
        return tuple(found)

    def _is_local(self, place: str | None) -> bool:
        return place is None or _root(place) in self.local

    def _sites(self, node: ast.AST, ops: Sequence[str]) -> list[Site]:
        sites = self.module.sites_of.get(node)
        return [site for site in sites if site.op in ops] if sites else []

    def _reading(self, accesses: Iterable[_Access]) -> frozenset[int]:
        return frozenset(access.number for access in accesses)

    def _content(self, node: ast.AST, value: _Value, site: Site, key: str | None = None) -> _Access:
        return self._access("content", node, value.text, site.name, site=site, key=key)

    # Relations

    def _same_place(self, first: _Access, act: _Access) -> int | None:
        """How far-fetched it is that both are about the same place; None: they are not."""
        if first.kind != act.kind:
            return None
        if first.kind == "name":
            return 0 if first.name == act.name else None
        if first.kind == "attribute":
            if first.name != act.name:
                return None
            return 0 if first.object is not None and first.object == act.object else 60
        if first.kind != "content" or first.object is None or first.object != act.object:
            return None
        if first.key is None or act.key is None:
            return 3
        if first.key == act.key:
            return 0
        return None if _is_constant(first.key) and _is_constant(act.key) else 10

    def _updated(self, first: _Access, act: _Access) -> int | None:
        if first.called or act.called:
            return self._hidden(first, act)
        if first.kind == "content" and act.kind != "content" and first.object == act.place:
            return 5  # copied, changed, put in its place
        return self._same_place(first, act)

    def _hidden(self, first: _Access, act: _Access) -> int | None:
        """As ``_same_place`` where one of them is a call at least."""
        if first.kind == "function" or act.kind == "function":
            one, other = (first, act) if first.kind == "function" else (act, first)
            if other.kind == "function":
                return 20 if one.name != other.name else None
            if other.kind == "call" or self._is_local(other.place):
                return None
            return 40
        if first.object is None or act.object is None:
            return None
        if first.kind == act.kind == "call":
            if first.name in _OF_STRINGS and act.name in _OF_STRINGS:
                return None
            if first.object == act.object:
                return 0
        one, other = (first, act) if first.kind == "call" else (act, first)
        if one.object in _prefixes(other.object):
            return 10 if one.object == other.object else 30
        if other.kind == "call" and other.object in _prefixes(one.object):
            return 30
        return None

    def _found(self, kind: str, first: _Access, act: _Access, far: int) -> None:
        far += abs(act.line - first.line)
        if first.site is not None and act.site is not None:
            pair = Pair(kind, first.site.index, act.site.index)
            if far < self.found.get(pair, sys.maxsize):
                self.found[pair] = far
        elif kind in ("update", "check") and first is not act:
            one, other = first.span(), act.span()
            if one is not None and other is not None and one != other:
                call_pair = CallPair(
                    kind,
                    one,
                    other,
                    self.module.path,
                    None if first.site is None else first.site.index,
                    None if act.site is None else act.site.index,
                )
                if far < self.found_calls.get(call_pair, sys.maxsize):
                    self.found_calls[call_pair] = far

    def _depends_on(self, act: _Access, kind: str, readings: frozenset[int]) -> None:
        """``act`` writes, or goes by, a value that came about by these readings."""
        for number in readings:
            first = self.accesses[number]
            if first is act:
                continue
            far = self._updated(first, act)
            if far is not None:
                self._found(kind, first, act, far)

    def _guarded(self, act: _Access, *, use: bool = False, far: int = 0) -> None:
        """``act`` is done, or not, by what was found at the conditions it stands under."""
        conditions = self.conditions
        for key in act.keys:
            for first in conditions.find(key):
                if first is not act and (related := self._same_or_hidden(first, act)) is not None:
                    self._found("check", first, act, related + far)
            if use:
                for first in conditions.find_earlier(key):
                    if first is not act and (related := self._same_place(first, act)) is not None:
                        self._found("check", first, act, related + far + 15)
        if not conditions.stack:
            return
        # Calls whose result was tested, and what was tested before a call that may change it.
        keys = [f"({prefix}" for prefix in _prefixes(act.object)]
        if act.kind == "function":
            keys.append("<")
        elif act.kind == "call":
            keys.append(f"<{act.object}")
        elif not self._is_local(act.place):
            keys.append("()")
        for key in keys:
            for first in conditions.find(key, 4):
                if first is act or not (first.called or act.called):
                    continue
                related = self._hidden(first, act)
                if related is not None and (not related or abs(first.line - act.line) <= _FAR):
                    self._found("check", first, act, related + far)

    def _same_or_hidden(self, first: _Access, act: _Access) -> int | None:
        return self._hidden(first, act) if first.called and act.called else self._same_place(first, act)

    def _together(self, values: Sequence[_Value]) -> None:
        """These values meet in one expression."""
        before = values[0].readings
        for value in values[1:]:
            if before and value.readings:
                for first in self._latest(before, 10):
                    for act in self._latest(value.readings, 10):
                        far = self._agreeing(first, act)
                        if far is not None:
                            one, other = (first, act) if first.number < act.number else (act, first)
                            self._found("together", one, other, far)
            before = before | value.readings

    def _latest(self, readings: frozenset[int], most: int) -> list[_Access]:
        return [self.accesses[number] for number in sorted(readings)[-most:]]

    def _agreeing(self, first: _Access, act: _Access) -> int | None:
        """Whether two readings are of the same attribute of two objects, or of two places of one."""
        if first is act or first.kind != act.kind or first.called:
            return None
        if first.kind == "name":
            return None if first.name == act.name else 20
        if first.object is None or act.object is None:
            return None
        if first.kind == "attribute":
            if first.name == act.name:
                return None if first.object == act.object else 5
            return 5 if first.object == act.object else None
        if first.object == act.object:
            return None if first.key is None or act.key is None or first.key == act.key else 10
        one, other = first.object.rpartition("."), act.object.rpartition(".")
        return 15 if first.op == act.op and one[0] == other[0] and one[0] else None

    def _gathered(self, readings: frozenset[int], far: int = 0) -> None:
        """A value of these readings is added to what the loop gathers: each time round it is of another object."""
        for loop in self.loops[-2:]:
            for number in readings:
                access = self.accesses[number]
                if access.order <= loop.first or access.called or access.op in _READS_ALL or access.op == "next":
                    continue
                if access.kind == "name" or access.site is None:
                    continue
                source = access.object or ""
                if access.key is not None:
                    source = f"{source} {access.key}"
                if not loop.assigned.isdisjoint(self._names(source)):
                    self._found("together", access, access, far)

    def _names(self, source: str) -> frozenset[str]:
        names = self._names_in.get(source)
        if names is None:
            names = self._names_in[source] = frozenset(_NAMES.findall(source))
        return names

    # Local variables

    def _bind(self, name: str, value: _Value) -> None:
        self.local.add(name)
        for loop in self.loops:
            loop.assigned.add(name)
        if name in self._alias_names:
            for other, known in self.names.items():
                if known.text is not None and name in self._names(known.text):
                    self.names[other] = _Value(known.readings)
        text = value.text
        if text is not None:
            names = self._names(text)
            if name in names or "(" in text:
                text = None
            else:
                self._alias_names.update(names)
        self.names[name] = _Value(value.readings, text)

    def _forget(self, name: str) -> None:
        self._bind(name, _NOTHING)

    def _join(self, one: dict[str, _Value], other: dict[str, _Value]) -> dict[str, _Value]:
        joined = dict(one)
        for name, value in other.items():
            mine = one.get(name)
            if mine is None:
                joined[name] = value
            elif mine is not value:
                text = mine.text if mine.text == value.text else None
                joined[name] = _Value(_capped(mine.readings | value.readings), text)
        return joined

    # Statements. Each gives back how the block that it ends is left: None where it goes on with the next one.

    def block(self, statements: Sequence[ast.stmt]) -> str | None:
        for statement in statements:
            left = self.statement(statement)
            if left is not None:
                return left
        return None

    def statement(self, node: ast.stmt) -> str | None:
        visit: Callable[[_Function, Any], str | None] | None = _STATEMENTS.get(type(node))
        if visit is None:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.value(child)
            return None
        return visit(self, node)

    def _expression(self, node: ast.Expr) -> str | None:
        self.value(node.value)
        called = node.value.func if isinstance(node.value, ast.Call) else None
        if called is None:
            return None
        return "return" if _source(called) in ("sys.exit", "os._exit", "exit", "quit") else None

    def _assign(self, node: ast.Assign) -> None:
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
            targets, values = node.targets[0].elts, node.value.elts
            if len(targets) == len(values) and not any(isinstance(each, ast.Starred) for each in (*targets, *values)):
                found = [self.value(each) for each in values]
                if len(found) > 1:
                    self._together(found)
                for target, each in zip(targets, found):  # noqa: B905  # of one length
                    self.store(target, each)
                return
        value = self._told(node.value, self.value(node.value))
        for target in node.targets:
            self.store(target, value)
        if self.loops and isinstance(node.targets[0], ast.Name) and isinstance(node.value, (ast.BinOp, ast.Call)):
            name = node.targets[0].id
            if any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node.value)):
                self._gathered(value.readings)
        elif self.loops and isinstance(node.targets[0], ast.Subscript):
            self._gathered(value.readings, 20)

    def _told(self, node: ast.expr, value: _Value) -> _Value:
        """A constant that is set in a branch tells what the branch was taken for."""
        return _Value(self.innermost, value.text) if isinstance(node, ast.Constant) and self.innermost else value

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.store(node.target, self._told(node.value, self.value(node.value)))

    def _augmented(self, node: ast.AugAssign) -> None:
        target = node.target
        accesses: list[_Access] = []
        old = _NONE
        if isinstance(target, ast.Attribute):
            receiver = self.value(target.value)
            for site in self._sites(target, _ATTRIBUTE_WRITES):
                accesses.append(self._access("attribute", target, receiver.text, target.attr, site=site))
        elif isinstance(target, ast.Subscript):
            receiver = self.value(target.value)
            key, key_readings = self._key(target.slice)
            for site in self._sites(target, _ITEM_WRITES):
                accesses.append(self._content(target, receiver, site, key))
                self._depends_on(accesses[-1], "check", key_readings)
        else:
            for site in self._sites(target, _NAME_WRITES):
                accesses.append(self._access("name", target, None, target.id, site=site))
            old = self.names.get(target.id, _NOTHING).readings
        value = self.value(node.value)
        for access in accesses:
            self._found("update", access, access, 0)
            self._depends_on(access, "update", value.readings)
            self._guarded(access)
        if self.loops:
            self._gathered(value.readings)
        if old and value.readings:
            self._together([_Value(old), value])
        if isinstance(target, ast.Name):
            self._bind(target.id, _Value(_capped(old | value.readings | self._reading(accesses))))

    def store(self, target: ast.expr, value: _Value) -> None:
        if isinstance(target, ast.Name):
            sites = self._sites(target, _NAME_WRITES)
            for site in sites:
                access = self._access("name", target, None, target.id, site=site)
                self._depends_on(access, "update", value.readings)
                self._guarded(access)
            if not sites:
                self._bind(target.id, value)
        elif isinstance(target, ast.Attribute):
            receiver = self.value(target.value)
            for site in self._sites(target, _ATTRIBUTE_WRITES):
                access = self._access("attribute", target, receiver.text, target.attr, site=site)
                self._depends_on(access, "update", value.readings)
                self._guarded(access)
        elif isinstance(target, ast.Subscript):
            receiver = self.value(target.value)
            key, key_readings = self._key(target.slice)
            for site in self._sites(target, _ITEM_WRITES):
                access = self._content(target, receiver, site, key)
                self._depends_on(access, "check", key_readings - value.readings)
                self._depends_on(access, "update", value.readings)
                self._guarded(access)
        elif isinstance(target, ast.Starred):
            self.store(target.value, _Value(value.readings))
        elif isinstance(target, (ast.Tuple, ast.List)):
            for each in target.elts:
                self.store(each, _Value(value.readings))

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self.store(target, _NOTHING)

    def _return(self, node: ast.Return | ast.Raise) -> str:
        for child in ast.iter_child_nodes(node):
            self.value(child)  # type: ignore[arg-type]  # expressions all
        self._breaks_off()
        return "return"

    def _break(self, node: ast.Break) -> str:
        self._breaks_off()
        if self.loops:
            loop = self.loops[-1]
            loop.broke += [access for access, _ in self.conditions.stack[loop.height :]]
        return "break"

    def _continue(self, node: ast.Continue) -> str:
        return "continue"

    def _breaks_off(self) -> None:
        """A loop ends by what was found in it: what each time round found has to hold together."""
        if self.loops:
            self._gathered(self._reading(access for access, _ in self.conditions.stack[self.loops[-1].height :]), 30)

    def _assert(self, node: ast.Assert) -> None:
        test = self.test(node.test)
        if node.msg is not None:
            self.value(node.msg)
        self._under_condition(test.readings, 0)

    def _under_condition(self, readings: frozenset[int], until: int) -> None:
        for number in sorted(readings):
            self.conditions.push(self.accesses[number], until)

    def _branch(self, readings: frozenset[int], statements: Sequence[ast.stmt]) -> tuple[str | None, Held]:
        """Go through a block that depends on these readings.

        Returns:
            How it is left, and the conditions that hold after it.
        """
        height, outer = len(self.conditions.stack), self.innermost
        self._under_condition(readings, -1)
        self.innermost = readings
        left = self.block(statements)
        self.innermost = outer
        return left, [entry for entry in self.conditions.pop_to(height) if entry[1] >= 0]

    def _guard(self, readings: frozenset[int], left: str) -> None:
        """What follows is only done because a block was not entered that is left in this way."""
        self._under_condition(readings, 0 if left == "return" else len(self.loops))

    def _again(self, entries: Iterable[tuple[_Access, int]]) -> None:
        for access, until in entries:
            self.conditions.push(access, until)

    def _if(self, node: ast.If) -> str | None:
        readings = self.test(node.test).readings
        before = dict(self.names)
        left, kept = self._branch(readings, node.body)
        after = self.names
        self.names = before
        other_left, other_kept = self._branch(readings, node.orelse)
        return self._meet(readings, (left, after, kept), (other_left, self.names, other_kept))

    def _meet(
        self,
        readings: frozenset[int],
        one: Outcome,
        other: Outcome,
    ) -> str | None:
        """Go on after two branches."""
        if one[0] is None and other[0] is None:
            self.names = self._join(one[1], other[1])
        else:
            self.names = one[1] if one[0] is None else other[1]
        self._again(one[2])
        self._again(other[2])
        if one[0] is None and other[0] is None:
            return None
        if one[0] is None or other[0] is None:
            self._guard(readings, one[0] or other[0] or "")
            return None
        return one[0] if one[0] == other[0] else "return" if "return" in (one[0], other[0]) else "break"

    def _rounds(self, go_round: Callable[[_Loop], None]) -> _Loop:
        """Go through a loop's body: twice where what the first round leaves in the variables may matter."""
        loop = _Loop(len(self.conditions.stack), self.order)
        kept: Held = []
        for again in (False, True):
            before = dict(self.names)
            self.loops.append(loop)
            loop.height = len(self.conditions.stack)
            go_round(loop)
            self.loops.pop()
            kept = [entry for entry in self.conditions.pop_to(loop.height) if 0 <= entry[1] <= len(self.loops)]
            self.names = self._join(before, self.names)
            if again or len(self.loops) > 1 or self.names == before:
                break
        self._again(kept)
        return loop

    def _while(self, node: ast.While) -> str | None:
        tested = _NONE

        def go_round(loop: _Loop) -> None:
            nonlocal tested
            tested = self.test(node.test).readings
            outer, self.innermost = self.innermost, tested
            self._under_condition(tested, -1)
            self.block(node.body)
            self.innermost = outer

        loop = self._rounds(go_round)
        self._under_condition(tested, len(self.loops))
        return self._after_loop(node, loop, isinstance(node.test, ast.Constant) and bool(node.test.value))

    def _for(self, node: ast.For | ast.AsyncFor) -> str | None:
        value = self._iterated(node, node.iter)

        def go_round(loop: _Loop) -> None:
            self.store(node.target, value)
            self.block(node.body)

        return self._after_loop(node, self._rounds(go_round), False)

    def _after_loop(self, node: ast.For | ast.AsyncFor | ast.While, loop: _Loop, endless: bool) -> str | None:
        if node.orelse:
            self.block(node.orelse)
        for access in dict.fromkeys(loop.broke):
            self.conditions.push(access, len(self.loops))
        return "return" if endless and not _breaks(node.body) else None

    def _iterated(self, node: ast.For | ast.AsyncFor | ast.comprehension, iterable: ast.expr) -> _Value:
        """What the items of a loop are known by."""
        value = self.value(iterable)
        accesses = [
            self._content(node, _Value(text=self._container(iterable, value)), site)
            for site in self._sites(node, ("iterate",))
        ]
        for access in accesses:
            self._guarded(access, far=20)
        return _Value(_capped(value.readings | self._reading(accesses)))

    def _container(self, node: ast.expr, value: _Value) -> str | None:
        """The source of the object that is gone through in the end."""
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in _VIEWS and not node.args:
                return self._text(node.func.value)
            if isinstance(node.func, ast.Name) and node.func.id in _WRAPPERS and node.args:
                return self._container(node.args[0], _Value(text=self._text(node.args[0])))
        return value.text

    def _try(self, node: ast.Try) -> str | None:
        trace, left, after = self._attempt(node.body)
        readings = self._reading(trace[-24:])
        before = dict(self.names)
        outcomes: list[Outcome] = []
        for handler in node.handlers:
            self.names = dict(before)
            if handler.type is not None:
                self.value(handler.type)
            if handler.name is not None:
                self._forget(handler.name)
            way, kept = self._branch(readings, handler.body)
            outcomes.append((way, self.names, kept))
        if left is None and node.orelse:
            self.names = after
            left, kept = self._branch(readings, node.orelse)
            outcomes.append((left, self.names, kept))
        else:
            outcomes.append((left, after, []))
        joined = outcomes[0]
        for each in outcomes[1:]:
            joined = (self._meet(readings, joined, each), self.names, [])
        self.names = joined[1]
        self._again(joined[2])
        return self.block(node.finalbody) or joined[0]

    def _attempt(self, statements: Sequence[ast.stmt]) -> tuple[list[_Access], str | None, dict[str, _Value]]:
        """Go through a block that may be left at any point."""
        before, outer = dict(self.names), self.trace
        trace: list[_Access] = []
        self.trace = trace
        left = self.block(statements)
        self.trace = outer
        if outer is not None:
            outer += trace
        after = self.names
        self.names = self._join(before, after)
        return trace, left, after

    def _with(self, node: ast.With | ast.AsyncWith) -> str | None:
        suppresses = False
        for item in node.items:
            context = item.context_expr
            value = self.value(context)
            if item.optional_vars is not None:
                self.store(item.optional_vars, _Value(value.readings))
            if isinstance(context, ast.Call):
                called = context.func
                name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", None)
                suppresses = suppresses or name == "suppress"
        if not suppresses:
            return self.block(node.body)
        trace, left, _ = self._attempt(node.body)
        if left is not None:
            self._guard(self._reading(trace[-24:]), left)
        return None

    def _match(self, node: ast.Match) -> str | None:
        readings = self.value(node.subject).readings
        before = self.names
        joined: Outcome | None = None
        for case in node.cases:
            self.names = dict(before)
            for pattern in ast.walk(case.pattern):
                if isinstance(pattern, (ast.MatchAs, ast.MatchStar)) and pattern.name is not None:
                    self._bind(pattern.name, _Value(readings))
                elif isinstance(pattern, ast.MatchMapping) and pattern.rest is not None:
                    self._bind(pattern.rest, _Value(readings))
            height = len(self.conditions.stack)
            tested = readings
            self._under_condition(readings, -1)
            if case.guard is not None:
                tested = readings | self.test(case.guard).readings
            self.conditions.pop_to(height)
            left, kept = self._branch(tested, case.body)
            outcome = (left, self.names, kept)
            joined = outcome if joined is None else (self._meet(tested, joined, outcome), self.names, [])
        # Perhaps no case fits.
        return self._meet(readings, (None, before, []), joined or (None, before, []))

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.value(decorator)
        self._defaults(node.args)
        self._later(node)
        self._forget(node.name)

    def _class(self, node: ast.ClassDef) -> None:
        for base in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.value(base)
        self._later(node)
        self._forget(node.name)

    def _defaults(self, arguments: ast.arguments) -> None:
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.value(default)

    def _later(self, node: ast.AST) -> None:
        """It runs another time: it knows what the names stand for, but no reading made here."""
        names = {name: _Value(text=value.text) for name, value in self.names.items() if value.text is not None}
        self.module.waiting.append((node, names))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for each in node.names:
            self._forget(each.asname or each.name.partition(".")[0])
            self.local.discard(each.asname or each.name.partition(".")[0])

    # Expressions

    def value(self, node: ast.expr, *, probe: bool = False) -> _Value:
        """Go through an expression.

        Args:
            probe: Only looked at whether it is true, None or equal: that is a check, not a use.
        """
        visit: Callable[..., _Value] | None = _EXPRESSIONS.get(type(node))
        if visit is None:
            value = _Value(self._parts(node))
        elif probe and type(node) in _PROBED:
            value = visit(self, node, probe=True)
        else:
            value = visit(self, node)
        sites = self.module.sites_of.get(node)
        if sites:
            for site in sites:
                if site.op == "truth":
                    access = self._content(node, value, site)
                    value = _Value(value.readings | {access.number}, value.text)
                elif site.op == "consume":
                    access = self._content(node, _Value(text=self._container(node, value)), site)
                    self._guarded(access, use=True, far=10)
                    value = _Value(value.readings | {access.number}, value.text)
        if len(value.readings) > _MOST_READINGS:
            value = _Value(_capped(value.readings), value.text)
        return value

    def test(self, node: ast.expr) -> _Value:
        return self.value(node, probe=True)

    def _parts(self, node: ast.AST) -> frozenset[int]:
        readings = _NONE
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                readings |= self.value(child).readings
            elif isinstance(child, (ast.keyword, ast.FormattedValue)):
                readings |= self._parts(child)
        return readings

    def _joined(self, nodes: Iterable[ast.expr | None], *, probe: bool = False) -> _Value:
        values = [self.value(node, probe=probe) for node in nodes if node is not None]
        if not values:
            return _NOTHING
        if len(values) > 1:
            self._together(values)
        return _Value(frozenset().union(*(value.readings for value in values)))

    def _name(self, node: ast.Name, *, probe: bool = False) -> _Value:
        sites = self._sites(node, _NAME_READS)
        if not sites:
            known = self.names.get(node.id)
            return _Value(text=node.id) if known is None else _Value(known.readings, known.text or node.id)
        accesses = [self._access("name", node, None, node.id, site=site) for site in sites]
        if not probe:
            for access in accesses:
                self._guarded(access, use=True, far=2)
        return _Value(self._reading(accesses), node.id)

    def _attribute(self, node: ast.Attribute, *, probe: bool = False) -> _Value:
        receiver = self.value(node.value)
        text = None if receiver.text is None else f"{receiver.text}.{node.attr}"
        readings = receiver.readings
        for site in self._sites(node, _ATTRIBUTE_READS):
            access = self._access("attribute", node, receiver.text, node.attr, site=site)
            if not probe:
                self._guarded(access, use=True, far=2)
            readings |= {access.number}
        return _Value(readings, text)

    def _subscript(self, node: ast.Subscript) -> _Value:
        receiver = self.value(node.value)
        key, key_readings = self._key(node.slice)
        if receiver.readings and key_readings:
            self._together([receiver, _Value(key_readings)])
        readings = receiver.readings | key_readings
        for site in self._sites(node, _ITEM_READS):
            access = self._content(node, receiver, site, key)
            self._depends_on(access, "check", key_readings)
            self._guarded(access, use=True)
            readings |= {access.number}
        text = None if receiver.text is None or key is None else f"{receiver.text}[{key}]"
        return _Value(readings, text)

    def _key(self, node: ast.expr) -> tuple[str | None, frozenset[int]]:
        if isinstance(node, ast.Slice):
            return None, self._joined((node.lower, node.upper, node.step)).readings
        value = self.value(node)
        return value.text or _source(node), value.readings

    def _text(self, node: ast.expr) -> str | None:
        """The source of a place, aliases resolved, for what has been gone through before."""
        if isinstance(node, ast.Name):
            known = self.names.get(node.id)
            return node.id if known is None else known.text or node.id
        if isinstance(node, ast.Attribute):
            text = self._text(node.value)
            return None if text is None else f"{text}.{node.attr}"
        if isinstance(node, ast.Subscript):
            text = self._text(node.value)
            key = None if isinstance(node.slice, ast.Slice) else self._text(node.slice) or _source(node.slice)
            return None if text is None or key is None else f"{text}[{key}]"
        if isinstance(node, ast.NamedExpr):
            return self._text(node.value)
        if isinstance(node, ast.Await):
            return self._text(node.value)
        return _source(node)

    def _constant(self, node: ast.Constant) -> _Value:
        return _NOTHING

    def _call(self, node: ast.Call) -> _Value:
        called = node.func
        receiver = _NOTHING
        name = None
        direct = _NONE
        if isinstance(called, ast.Attribute):
            receiver = self.value(called.value)
            name = called.attr
            direct = receiver.readings
            for site in self._sites(called, _ATTRIBUTE_READS):
                access = self._access("attribute", called, receiver.text, name, site=site)
                self._guarded(access, use=True, far=4)
                direct |= {access.number}
        elif isinstance(called, ast.Name):
            name = called.id
            direct = self.value(called).readings
        else:
            direct = self.value(called).readings
        arguments = [self.value(each) for each in node.args]
        arguments += [self.value(keyword.value) for keyword in node.keywords]
        if len(arguments) > 1:
            self._together(arguments)
        given = frozenset().union(*(value.readings for value in arguments)) if arguments else _NONE
        readings = direct | given

        text = None if receiver.text is None else f"{receiver.text}.{name}({_sources(node)})"
        if isinstance(called, ast.Name):
            text = f"{name}({_sources(node)})"
        if isinstance(called, ast.Attribute):
            for site in self._sites(called, ("call", "next")):
                key = None
                if name in _KEYED and node.args:
                    key = arguments[0].text or _source(node.args[0])
                access = self._access("content", node, receiver.text, name, site=site, key=key)
                storing = name in _STORING
                self._depends_on(access, "update" if storing else "check", given)
                if name == "setdefault" or name not in _VIEWS:
                    self._guarded(access, use=True, far=0 if name not in ("get", "count", "index") else 8)
                readings |= {access.number}
                if self.loops and name in _GATHERING:
                    self._gathered(given, 20)
        for site in self._sites(node, ("len", "next")):
            access = self._content(node, arguments[0] if arguments else _NOTHING, site)
            self._guarded(access, use=True, far=0 if site.op == "next" else 12)
            readings |= {access.number}

        event = self._event(node, receiver, name)
        if event is not None:
            self._depends_on(event, "update", given)
            self._guarded(event)
            readings |= {event.number}
        return _Value(readings, text)

    def _event(self, node: ast.Call, receiver: _Value, name: str | None) -> _Access | None:
        """The call itself, where what it calls may touch something shared."""
        if name is None:
            return None
        if isinstance(node.func, ast.Name):
            if name in self.module.functions and self.module.touches(name):
                return self._access("function", node, None, name, site=None)
            return None
        text = receiver.text
        if text is None or text in self.module.modules or text.startswith(("'", '"', "super(")):
            return None
        root = _root(text)
        if root in self.module.modules and root in sys.stdlib_module_names:
            return None
        return self._access("call", node, text, name, site=None)

    def _compare(self, node: ast.Compare, *, probe: bool = False) -> _Value:
        looked_at = all(isinstance(op, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)) for op in node.ops)
        sites = self._sites(node, ("contains",))
        if not sites:
            return self._joined((node.left, *node.comparators), probe=looked_at)
        left = self.value(node.left)
        container = self.value(node.comparators[0])
        self._together([left, container])
        key = left.text or _source(node.left)
        source = _Value(text=self._container(node.comparators[0], container))
        accesses = [self._content(node, source, site, key) for site in sites]
        for access in accesses:
            self._depends_on(access, "check", left.readings)
        return _Value(left.readings | container.readings | self._reading(accesses))

    def _bool(self, node: ast.BoolOp, *, probe: bool = False) -> _Value:
        height = len(self.conditions.stack)
        values = []
        for index, each in enumerate(node.values):
            # The last one's value may be the result.
            value = self.value(each, probe=probe or index < len(node.values) - 1)
            values.append(value)
            self._under_condition(value.readings, -1)
        self.conditions.pop_to(height)
        self._together(values)
        return _Value(frozenset().union(*(value.readings for value in values)))

    def _unary(self, node: ast.UnaryOp, *, probe: bool = False) -> _Value:
        value = self.value(node.operand, probe=probe or isinstance(node.op, ast.Not))
        return _Value(value.readings)

    def _conditional(self, node: ast.IfExp) -> _Value:
        test = self.test(node.test)
        height = len(self.conditions.stack)
        self._under_condition(test.readings, -1)
        body, orelse = self.value(node.body), self.value(node.orelse)
        self.conditions.pop_to(height)
        return _Value(test.readings | body.readings | orelse.readings)

    def _binary(self, node: ast.BinOp) -> _Value:
        # Without recursion on the left: "a" + b + "c" + ... may be long.
        nodes: list[ast.expr] = [node.right]
        left = node.left
        while isinstance(left, ast.BinOp):
            nodes.append(left.right)
            left = left.left
        nodes.append(left)
        return self._joined(reversed(nodes))

    def _display(self, node: ast.Tuple | ast.List | ast.Set) -> _Value:
        joined = self._joined(each.value if isinstance(each, ast.Starred) else each for each in node.elts)
        text = _source(node) if isinstance(node, ast.Tuple) and len(node.elts) <= 4 else None
        return _Value(joined.readings, text)

    def _dict(self, node: ast.Dict) -> _Value:
        return self._joined([each for pair in zip(node.keys, node.values) for each in pair])  # noqa: B905

    def _formatted(self, node: ast.JoinedStr) -> _Value:
        return self._joined(each.value for each in node.values if isinstance(each, ast.FormattedValue))

    def _walrus(self, node: ast.NamedExpr, *, probe: bool = False) -> _Value:
        value = self.value(node.value, probe=probe)
        self.store(node.target, value)
        return value

    def _starred(self, node: ast.Starred) -> _Value:
        return _Value(self.value(node.value).readings)

    def _awaited(self, node: ast.Await) -> _Value:
        return self.value(node.value)

    def _yielded(self, node: ast.Yield) -> _Value:
        return _NOTHING if node.value is None else _Value(self.value(node.value).readings)

    def _lambda(self, node: ast.Lambda) -> _Value:
        self._defaults(node.args)
        self._later(node)
        return _NOTHING

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> _Value:
        outer, local = dict(self.names), set(self.local)
        height = len(self.conditions.stack)
        loops = len(self.loops)
        readings = _NONE
        for each in node.generators:
            value = self._iterated(each, each.iter)
            readings |= value.readings
            loop = _Loop(height, self.order)
            self.loops.append(loop)
            self.store(each.target, value)
            for condition in each.ifs:
                test = self.test(condition)
                readings |= test.readings
                self._under_condition(test.readings, -1)
                self._gathered(test.readings, 10)
        elements = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        made = self._joined(elements).readings
        self._gathered(made)
        del self.loops[loops:]
        self.conditions.pop_to(height)
        walrus = {name: value for name, value in self.names.items() if name in local or name in outer}
        targets = {
            each.id
            for generator in node.generators
            for each in ast.walk(generator.target)
            if isinstance(each, ast.Name)
        }
        self.names = {**outer, **{name: value for name, value in walrus.items() if name not in targets}}
        self.local = local
        return _Value(_capped(readings | made))


_STATEMENTS: dict[type[ast.AST], Any] = {
    ast.Expr: _Function._expression,
    ast.Assign: _Function._assign,
    ast.AnnAssign: _Function._annotated,
    ast.AugAssign: _Function._augmented,
    ast.Delete: _Function._delete,
    ast.Return: _Function._return,
    ast.Raise: _Function._return,
    ast.Break: _Function._break,
    ast.Continue: _Function._continue,
    ast.Assert: _Function._assert,
    ast.If: _Function._if,
    ast.While: _Function._while,
    ast.For: _Function._for,
    ast.AsyncFor: _Function._for,
    ast.Try: _Function._try,
    ast.With: _Function._with,
    ast.AsyncWith: _Function._with,
    ast.Match: _Function._match,
    ast.FunctionDef: _Function._define,
    ast.AsyncFunctionDef: _Function._define,
    ast.ClassDef: _Function._class,
    ast.Import: _Function._import,
    ast.ImportFrom: _Function._import,
}
if sys.version_info >= (3, 11):
    _STATEMENTS[ast.TryStar] = _Function._try

_EXPRESSIONS: dict[type[ast.AST], Any] = {
    ast.Name: _Function._name,
    ast.Attribute: _Function._attribute,
    ast.Subscript: _Function._subscript,
    ast.Constant: _Function._constant,
    ast.Call: _Function._call,
    ast.Compare: _Function._compare,
    ast.BoolOp: _Function._bool,
    ast.UnaryOp: _Function._unary,
    ast.IfExp: _Function._conditional,
    ast.BinOp: _Function._binary,
    ast.Tuple: _Function._display,
    ast.List: _Function._display,
    ast.Set: _Function._display,
    ast.Dict: _Function._dict,
    ast.JoinedStr: _Function._formatted,
    ast.NamedExpr: _Function._walrus,
    ast.Starred: _Function._starred,
    ast.Await: _Function._awaited,
    ast.Yield: _Function._yielded,
    ast.Lambda: _Function._lambda,
    ast.ListComp: _Function._comprehension,
    ast.SetComp: _Function._comprehension,
    ast.GeneratorExp: _Function._comprehension,
    ast.DictComp: _Function._comprehension,
}
_PROBED = frozenset({ast.Name, ast.Attribute, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.NamedExpr})
"""The expressions that make a difference between looked at and used."""


def _capped(readings: frozenset[int]) -> frozenset[int]:
    return readings if len(readings) <= _MOST_READINGS else frozenset(sorted(readings)[-_MOST_READINGS:])


def _root(text: str) -> str:
    """The name that the source of a place begins with."""
    found = _NAMES.match(text)
    return found.group() if found else text


def _prefixes(text: str | None) -> list[str]:
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


def _is_constant(key: str) -> bool:
    return key[0] in "'\"-0123456789" or key[:2] in ("b'", 'b"')


def _source(node: ast.expr) -> str | None:
    """The source of an expression, where it is short."""
    if isinstance(node, ast.Constant):
        return repr(node.value)
    if isinstance(node, ast.Name):
        return node.id
    if any(isinstance(child, (ast.Lambda, ast.comprehension)) for child in ast.walk(node)):
        return None
    text = ast.unparse(node)
    return text if len(text) <= 80 else None


def _sources(node: ast.Call) -> str:
    return ", ".join(_source(each) or "..." for each in node.args[:3])


def _breaks(statements: Sequence[ast.stmt]) -> bool:
    """Whether a loop with this body has a ``break``."""
    for statement in statements:
        if isinstance(statement, ast.Break):
            return True
        if isinstance(statement, (ast.For, ast.AsyncFor, ast.While)):
            if _breaks(statement.orelse):
                return True
            continue
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for name in ("body", "orelse", "finalbody"):
            if _breaks(getattr(statement, name, ())):
                return True
        for inner in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            if _breaks(inner.body):
                return True
    return False
