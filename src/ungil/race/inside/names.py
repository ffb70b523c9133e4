"""Which names of a module may be shared by threads and change: its *hot* globals and closure cells.

The scopes are found as the compiler finds them (``symtable`` takes no syntax tree). Annotations are left out: names
used there alone count as not used.
"""

from __future__ import annotations

import ast
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeAlias

    Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_INLINED = (ast.ListComp, ast.SetComp, ast.DictComp)
"""Comprehensions that run in the frame of the function around them."""


class Binding:
    """How a scope binds one name."""

    __slots__ = ("after_call", "count", "foreign", "kinds", "last", "looped")

    def __init__(self) -> None:
        self.count = 0
        self.looped = False
        """Somewhere in a loop."""
        self.foreign = False
        """Also from another scope, by ``global`` or ``nonlocal``."""
        self.after_call = False
        """At module level, after something has been called there: threads may be running."""
        self.last = 0
        """When it last was, on the clock of the walk."""
        self.kinds: set[str] = set()

    @property
    def changes(self) -> bool:
        return self.foreign or self.looped or self.count > 1


class Scope:
    __slots__ = (
        "bindings",
        "captured",
        "globals",
        "kind",
        "made",
        "nonlocals",
        "parent",
        "private",
        "qualname",
        "uses",
    )

    def __init__(self, kind: str, parent: Scope | None, qualname: str, private: str | None, made: int) -> None:
        self.kind = kind
        """``module``, ``class``, ``function`` (lambdas too), ``generator``, ``inlined`` (comprehensions), ``types``."""
        self.parent = parent
        self.qualname = qualname
        self.private = private
        """The class whose private names are mangled here."""
        self.made = made
        self.bindings: dict[str, Binding] = {}
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.uses: set[str] = set()
        self.captured: dict[str, int] = {}
        """Names that are cells here, with the time the first closure over them is made."""

    def owner(self, name: str) -> Scope | None:
        """The scope whose local variable this name is here; None: it is a global."""
        scope: Scope | None = self
        while scope is not None and scope.kind != "module":
            if scope is self or scope.kind != "class":
                if name in scope.globals:
                    return None
                if name in scope.bindings and name not in scope.nonlocals:
                    return scope
            scope = scope.parent
        return None

    def frame(self) -> Scope:
        """The scope whose frame runs this one's code."""
        scope = self
        while scope.kind == "inlined" and scope.parent is not None:
            scope = scope.parent
        return scope

    def mangled(self, name: str) -> str:
        if self.private is None or not name.startswith("__") or name.endswith("__") or "." in name:
            return name
        stripped = self.private.lstrip("_")
        return f"_{stripped}{name}" if stripped else name


class Names:
    """The scopes of a module, and what it stores to."""

    def __init__(self, tree: ast.Module) -> None:
        self.module = Scope("module", None, "", None, 0)
        self.scopes: dict[ast.AST, Scope] = {}
        """The scope of each function, lambda, class and comprehension."""
        self.type_scopes: dict[ast.AST, Scope] = {}
        """Where the type parameters of a generic function or class are bound."""
        self.stored_attributes: set[str] = set()
        """Every ``name`` that stands in an ``x.name = …`` of the module."""
        self.stored_on: set[tuple[str, str]] = set()
        """Every such ``(x, name)`` where ``x`` is a plain name."""
        self.bound: set[str] = set()
        """Every name that any scope binds."""
        self._scope = self.module
        self._every = [self.module]
        self._now = 0
        self._loops = 0
        self._called = False
        self._statements(tree.body)
        for scope in self._every:
            self._capture(scope)

    # --- what is asked

    def hot(self, scope: Scope, name: str) -> str | None:
        """``global`` or ``cell`` where ``name``, used in ``scope``, may be shared and change; else None."""
        owner = scope.owner(name)
        if owner is None:
            return "global" if self._hot_global(name) else None
        if owner.kind != "function" or scope.frame().kind not in _FUNCTIONS:
            return None  # a class's body or the arguments of its bases: over before threads see it
        made = owner.captured.get(name)
        if made is None or name == "__class__":
            return None
        binding = owner.bindings[name]
        if not binding.kinds.issubset(_DEFINITIONS) and (binding.changes or binding.last > made):
            return "cell"
        return None

    def fast(self, scope: Scope, name: str) -> bool:
        """Whether it is a plain local variable, that no other code can change."""
        owner = scope.owner(name)
        if owner is None or owner.kind in ("class", "types") or name in owner.captured:
            return False
        return owner is scope or owner.frame() is scope.frame()

    def imported(self, scope: Scope, name: str) -> frozenset[str] | None:
        """``{"import"}``, ``{"from"}`` or both where only imports bind it; else None."""
        binding = (scope.owner(name) or self.module).bindings.get(name)
        if binding is None or not binding.kinds or not binding.kinds.issubset(_IMPORTS):
            return None
        return frozenset(binding.kinds)

    def _hot_global(self, name: str) -> bool:
        binding = self.module.bindings.get(name)
        if binding is None or (name.startswith("__") and name.endswith("__")):
            return False
        if binding.kinds.issubset(_DEFINITIONS):
            return False
        return binding.changes or binding.after_call

    def _capture(self, scope: Scope) -> None:
        """Mark the names of other scopes that this one closes over."""
        if scope.kind == "module":
            return
        for name in scope.uses | scope.nonlocals:
            owner = scope.owner(name)
            if owner is None or owner is scope:
                continue
            closure, between = None, scope
            while between is not owner:
                if between.kind != "inlined":
                    closure = between
                assert between.parent is not None
                between = between.parent
            if closure is not None:
                owner.captured[name] = min(owner.captured.get(name, closure.made), closure.made)
            if name in scope.nonlocals and name in scope.bindings:
                binding = owner.bindings[name]
                binding.foreign = True
                binding.kinds |= scope.bindings[name].kinds

    # --- the walk

    def _bind(self, name: str, kind: str) -> None:
        scope = self._scope
        foreign = False
        if kind == "walrus":
            kind = "store"
            while scope.kind in ("inlined", "generator") and scope.parent is not None:
                foreign |= scope.kind == "generator"
                scope = scope.parent
        name = scope.mangled(name)
        if name in scope.globals:
            scope, foreign = self.module, True
        binding = scope.bindings.get(name)
        if binding is None:
            binding = scope.bindings[name] = Binding()
            self.bound.add(name)
        self._now += 1
        binding.count += 1
        binding.last = self._now
        binding.kinds.add(kind)
        binding.foreign |= foreign
        binding.looped |= self._loops > 0
        binding.after_call |= self._called and scope is self.module

    def _enter(self, node: ast.AST, kind: str, name: str | None = None, *, types: bool = False) -> tuple[Scope, int]:
        """Into the scope of ``node``. Returns what ``_leave`` has to restore."""
        outer = self._scope
        if name is None:
            qualname = outer.qualname
        elif outer.kind == "types":
            qualname = _qualname(outer.parent, name)
        else:
            qualname = _qualname(outer, name)
        self._now += 1
        private = outer.private if kind != "class" or types else name
        scope = Scope(kind, outer, qualname, private, self._now)
        (self.type_scopes if types else self.scopes)[node] = scope
        self._every.append(scope)
        before = outer, self._loops
        self._scope = scope
        if kind != "inlined":
            self._loops = 0
        return before

    def _leave(self, before: tuple[Scope, int]) -> None:
        self._scope, self._loops = before

    def _walk(self, node: ast.AST) -> None:
        handler = _HANDLERS.get(type(node))
        if handler is not None:
            handler(self, node)
        else:
            self._children(node)

    def _children(self, node: ast.AST) -> None:
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, ast.AST):
                handler = _HANDLERS.get(type(value))
                if handler is not None:
                    handler(self, value)
                elif value._fields:
                    self._children(value)
            elif type(value) is list:
                for each in value:
                    if isinstance(each, ast.AST):
                        self._walk(each)

    def _statements(self, body: Iterable[ast.AST]) -> None:
        for each in body:
            self._walk(each)

    def _name(self, node: ast.Name) -> None:
        if type(node.ctx) is ast.Load:
            self._scope.uses.add(self._scope.mangled(node.id))
        else:
            self._bind(node.id, "store")

    def _attribute(self, node: ast.Attribute) -> None:
        if type(node.ctx) is not ast.Load:
            self.stored_attributes.add(node.attr)
            if type(node.value) is ast.Name:
                self.stored_on.add((node.value.id, node.attr))
        self._walk(node.value)

    def _nothing(self, node: ast.AST) -> None:
        pass

    def _expression(self, node: ast.Expr) -> None:
        if self._scope is self.module and type(node.value) is not ast.Constant:
            self._called = self._called or any(isinstance(each, ast.Call) for each in ast.walk(node.value))
        self._walk(node.value)

    def _with(self, node: ast.With) -> None:
        for item in node.items:
            self._walk(item)
        self._called = self._called or self._scope is self.module
        self._statements(node.body)

    def _for(self, node: ast.For) -> None:
        self._walk(node.iter)
        self._loops += 1
        self._walk(node.target)
        self._statements(node.body)
        self._loops -= 1
        self._statements(node.orelse)

    def _while(self, node: ast.While) -> None:
        self._loops += 1
        self._walk(node.test)
        self._statements(node.body)
        self._loops -= 1
        self._statements(node.orelse)

    def _handler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self._walk(node.type)
        if node.name is not None:
            self._bind(node.name, "store")
        self._statements(node.body)

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name.partition(".")[0], "import")

    def _import_from(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name != "*":
                self._bind(alias.asname or alias.name, "from")

    def _global(self, node: ast.Global) -> None:
        if self._scope is not self.module:
            self._scope.globals.update(map(self._scope.mangled, node.names))

    def _nonlocal(self, node: ast.Nonlocal) -> None:
        self._scope.nonlocals.update(map(self._scope.mangled, node.names))

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._walk(node.value)
            self._walk(node.target)
        elif type(node.target) is ast.Name:
            name = self._scope.mangled(node.target.id)  # it is local from now on, though bound nowhere yet
            if name not in self._scope.globals:
                self._scope.bindings.setdefault(name, Binding())
        else:
            self._walk(node.target)

    def _augmented(self, node: ast.AugAssign) -> None:
        if type(node.target) is ast.Name:
            self._scope.uses.add(self._scope.mangled(node.target.id))
        self._walk(node.value)
        self._walk(node.target)

    def _walrus(self, node: ast.NamedExpr) -> None:
        self._walk(node.value)
        self._bind(node.target.id, "walrus")
        if self._scope.kind == "generator":
            self._scope.uses.add(self._scope.mangled(node.target.id))

    def _function(self, node: Function) -> None:
        self._statements(node.decorator_list)
        self._defaults(node.args)
        types = self._type_parameters(node)
        before = self._enter(node, "function", node.name)
        self._parameters(node.args)
        self._statements(node.body)
        self._leave(before)
        if types is not None:
            self._leave(types)
        self._bind(node.name, "def")

    def _lambda(self, node: ast.Lambda) -> None:
        self._defaults(node.args)
        before = self._enter(node, "function", "<lambda>")
        self._parameters(node.args)
        self._walk(node.body)
        self._leave(before)

    def _defaults(self, arguments: ast.arguments) -> None:
        self._statements(arguments.defaults)
        self._statements(each for each in arguments.kw_defaults if each is not None)

    def _parameters(self, arguments: ast.arguments) -> None:
        for each in (*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg):
            if each is not None:
                self._bind(each.arg, "parameter")

    def _type_parameters(self, node: Function | ast.ClassDef) -> tuple[Scope, int] | None:
        parameters: list[Any] = getattr(node, "type_params", [])
        if not parameters:
            return None
        before = self._enter(node, "types", types=True)
        if isinstance(node, ast.ClassDef):
            self._scope.private = node.name
        for each in parameters:
            self._bind(each.name, "type")
        return before

    def _class(self, node: ast.ClassDef) -> None:
        self._statements(node.decorator_list)
        types = self._type_parameters(node)
        self._statements(node.bases)
        self._statements(node.keywords)
        before = self._enter(node, "class", node.name)
        self._statements(node.body)
        self._leave(before)
        if types is not None:
            self._leave(types)
        self._bind(node.name, "class")

    def _type_alias(self, node: Any) -> None:
        self._walk(node.name)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self._walk(node.generators[0].iter)
        before = self._enter(node, "inlined" if isinstance(node, _INLINED) else "generator")
        for index, each in enumerate(node.generators):
            if index:
                self._walk(each.iter)
            self._walk(each.target)
            self._statements(each.ifs)
        if isinstance(node, ast.DictComp):
            self._walk(node.key)
            if node.value is not None:  # `{**each for …}` of Python 3.15
                self._walk(node.value)
        else:
            self._walk(node.elt)
        self._leave(before)

    def _match_as(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name is not None:
            self._bind(node.name, "store")
        self._children(node)

    def _match_mapping(self, node: ast.MatchMapping) -> None:
        if node.rest is not None:
            self._bind(node.rest, "store")
        self._children(node)


_FUNCTIONS = ("function", "generator")
_IMPORTS = frozenset({"import", "from"})
_DEFINITIONS = frozenset({"import", "from", "def", "class"})

_HANDLERS: dict[type[ast.AST], Callable[[Names, Any], None]] = {
    ast.Name: Names._name,
    ast.Attribute: Names._attribute,
    ast.Constant: Names._nothing,
    ast.Expr: Names._expression,
    ast.With: Names._with,
    ast.AsyncWith: Names._with,
    ast.For: Names._for,
    ast.AsyncFor: Names._for,
    ast.While: Names._while,
    ast.ExceptHandler: Names._handler,
    ast.Import: Names._import,
    ast.ImportFrom: Names._import_from,
    ast.Global: Names._global,
    ast.Nonlocal: Names._nonlocal,
    ast.AnnAssign: Names._annotated,
    ast.AugAssign: Names._augmented,
    ast.NamedExpr: Names._walrus,
    ast.FunctionDef: Names._function,
    ast.AsyncFunctionDef: Names._function,
    ast.Lambda: Names._lambda,
    ast.ClassDef: Names._class,
    ast.ListComp: Names._comprehension,
    ast.SetComp: Names._comprehension,
    ast.DictComp: Names._comprehension,
    ast.GeneratorExp: Names._comprehension,
    ast.MatchAs: Names._match_as,
    ast.MatchStar: Names._match_as,
    ast.MatchMapping: Names._match_mapping,
}
if sys.version_info >= (3, 12):
    _HANDLERS[ast.TypeAlias] = Names._type_alias


def _qualname(scope: Scope | None, name: str) -> str:
    if scope is None or not scope.qualname:
        return name
    return f"{scope.qualname}.{name}" if scope.kind == "class" else f"{scope.qualname}.<locals>.{name}"
