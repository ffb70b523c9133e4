"""Windows: which two sites belong together, so that another thread's access in between would do harm.

What is found here are candidates, by reading the source alone: each is tried at run time. So two places that are
perhaps one are taken for one, and no lock is looked for; only the number is held down, far-fetched ones first.
What a reading flows into is followed through local variables, branches, loops and early exits, within one function.
"""

from __future__ import annotations

import ast
import sys
from collections import namedtuple

from ungil.race.inside.window_flow import Function, nested
from ungil.race.inside.window_relations import OF_STRINGS, READS_ALL

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ungil.race.inside.sites import Site
    from ungil.race.inside.window_values import Access, Value

MOST_PAIRS = 400
"""Per function; those of kind ``iterate`` come on top."""
MOST_CALL_PAIRS = 200


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
    """Of the ``Call``, or of the ``Attribute`` that is a property, the ``Subscript`` or ``in`` that is a method.

    Where this side is no call, of the node that has the site.
    """
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
    module = Module(tree, sites_of, path)
    module.scan()
    return module.pairs, module.calls


class Module:
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
        self.foreign: set[str] = set()
        """Those that are of the standard library: nor are calls on what is in them."""
        self.properties: set[str] = set()
        """Attributes that are methods in truth, in some class of the module."""
        self.has_containers = False
        """Whether the module has classes with items."""
        self.waiting: list[tuple[ast.AST, dict[str, Value]]] = []
        self._touches: dict[str, bool] = {}

    def scan(self) -> None:
        statements: list[tuple[ast.AST, bool]] = [(self.tree, False)]
        while statements:
            node, in_class = statements.pop()
            is_class = isinstance(node, ast.ClassDef)
            statements += [(each, is_class) for each in nested(node)]
            if isinstance(node, ast.Import):
                for each in node.names:
                    name, top = each.asname or each.name.partition(".")[0], each.name.partition(".")[0]
                    (self.foreign if top in sys.stdlib_module_names else self.modules).add(name)
            elif isinstance(node, ast.ImportFrom):
                if node.level == 0 and (node.module or "").partition(".")[0] in sys.stdlib_module_names:
                    self.foreign.update(each.asname or each.name for each in node.names)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if not in_class:
                    self.functions.setdefault(node.name, []).append(node)
                elif node.name in ("__getitem__", "__setitem__", "__contains__"):
                    self.has_containers = True
                elif any("property" in ast.unparse(decorator) for decorator in node.decorator_list):
                    self.properties.add(node.name)
        for sites in self.sites_of.values():
            self.pairs += [Pair("iterate", site.index, site.index) for site in sites if site.op in READS_ALL]
        self.waiting.append((self.tree, {}))
        while self.waiting:
            node, names = self.waiting.pop()
            function = Function(self, names)
            function.run(node)
            self._keep(function.found)
        self.pairs.sort(key=lambda pair: (pair.first, pair.act, pair.kind))
        self.calls.sort(key=lambda pair: (pair.first, pair.act, pair.kind))

    def _keep(self, found: dict[tuple[str, Access, Access], int]) -> None:
        """Those of one function, the nearest if there are many."""
        pairs: list[Pair] = []
        calls: list[CallPair] = []
        for kind, first, act in sorted(found, key=found.__getitem__):
            if first.site is not None and act.site is not None:
                pairs.append(Pair(kind, first.site.index, act.site.index))
            elif kind != "together":
                one, other = _span(first), _span(act)
                # One and the same where the update of a property calls it twice.
                if one is not None and other is not None and (one != other or first is act):
                    first_site = None if first.site is None else first.site.index
                    act_site = None if act.site is None else act.site.index
                    calls.append(CallPair(kind, one, other, self.path, first_site, act_site))
        self.pairs += pairs[:MOST_PAIRS]
        self.calls += calls[:MOST_CALL_PAIRS]

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
                if isinstance(called, ast.Attribute) and called.attr not in OF_STRINGS:
                    return True
                if isinstance(called, ast.Name) and called.id in self.functions and self.touches(called.id):
                    return True
        return False


def _span(access: Access) -> Span | None:
    node: Any = access.node
    if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
        node = node.iter
    if getattr(node, "end_lineno", None) is None:
        return None  # a tree that a program made
    return Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
