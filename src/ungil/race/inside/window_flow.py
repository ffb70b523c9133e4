"""Forward through a function, with what flowed into its variables: the reading half of ``windows``."""

from __future__ import annotations

import ast
import sys

from ungil.race.inside.window_relations import Relations
from ungil.race.inside.window_values import NONE, NOTHING, Access, Loop, Value, capped, root_of, source_of

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from ungil.race.inside.sites import Site
    from ungil.race.inside.window_values import Held, Outcome
    from ungil.race.inside.windows import Module

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
_CONTAINERS = frozenset({"list", "dict", "set", "deque", "defaultdict", "OrderedDict", "Counter", "bytearray"})
_GATHERING = frozenset({"append", "appendleft", "extend", "add", "insert", "update"})


class Function(Relations):
    """Forward through one function, or through the body of a module or class."""

    def __init__(self, module: Module, names: dict[str, Value]) -> None:
        super().__init__(module.foreign)
        self.module = module
        self.names = names
        self.known: dict[object, Access] = {}
        self.innermost: frozenset[int] = NONE
        """What the innermost branch depends on: a constant set there tells of it."""
        self.trace: list[Access] | None = None
        """The accesses of the ``try`` body at hand."""
        self.order = 0
        self._alias_names: set[str] = set()

    def run(self, node: ast.AST) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            arguments = node.args
            for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                self._bind(argument.arg, NOTHING)
            for rest in (arguments.vararg, arguments.kwarg):
                if rest is not None:
                    self._bind(rest.arg, NOTHING)
        self.everywhere = isinstance(node, ast.Module)
        if isinstance(node, ast.Lambda):
            self.value(node.body)
        else:
            self.block(node.body)  # type: ignore[attr-defined]  # a module, class or function

    # Accesses

    def _access(
        self, kind: str, node: ast.AST, owner: str | None, name: str | None, site: Site | None, key: str | None = None
    ) -> Access:
        """The access of this site (or the call at this node), the same one each time its loop is gone through."""
        identity: object = (id(node), kind) if site is None else id(site)
        access = self.known.get(identity)
        if access is None:
            access = Access(kind, node, kind if site is None else site.op, owner, name)
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

    def _keys(self, access: Access) -> tuple[str, ...]:
        if access.kind == "attribute":
            return (f".{access.name}",)
        if access.kind == "name":
            return (f"={access.name}",)
        if access.kind == "function":
            return ("()",)
        if access.object is None:
            return ()
        return (f"({access.object}",) if access.kind == "call" else (f"[{access.object}",)

    def _under(self, access: Access) -> tuple[str, ...]:
        """By what a call finds it: the objects that it may be a part of."""
        if access.kind == "function" or (access.kind != "call" and access.object is not None and "(" in access.object):
            return ()
        found = [f"<{prefix}" for prefix in access.holders]
        if access.kind != "call" and not self._is_local(access.place):
            found.append("<")  # a plain function may have to do with it
        return tuple(found)

    def _sites(self, node: ast.AST, ops: Sequence[str]) -> list[Site]:
        sites = self.module.sites_of.get(node)
        return [site for site in sites if site.op in ops] if sites else []

    def _reading(self, accesses: Iterable[Access]) -> frozenset[int]:
        return frozenset(access.number for access in accesses)

    def _receiver(self, node: ast.expr) -> Value:
        """Go through what an attribute, item or method is taken of: it is not kept itself."""
        value = self.value(node)
        sites = self.module.sites_of.get(node)
        if sites:
            for site in sites:
                access = self.known.get(id(site))
                if access is not None:
                    access.passing = access.kind != "content"
        return value

    def _content(self, node: ast.AST, value: Value, site: Site, key: str | None = None) -> Access:
        return self._access("content", node, value.text, site.name, site=site, key=key)

    def _property(self, node: ast.Attribute, receiver: Value) -> list[Access]:
        """What is called by the access of an attribute."""
        if node.attr not in self.module.properties or receiver.text is None:
            return []
        return [self._access("call", node, receiver.text, node.attr, site=None)]

    def _operator(self, node: ast.Subscript | ast.Compare, receiver: Value) -> list[Access]:
        """What is called by the access of an item, if the object is of a class of this module."""
        if not self.module.has_containers or receiver.text is None:
            return []
        return [self._access("call", node, receiver.text, None, site=None)]

    # Local variables

    def _bind(self, name: str, value: Value, *, shared: bool = False) -> None:
        if not shared:
            self.local.add(name)
        for loop in self.loops:
            loop.assigned.add(name)
        if name in self._alias_names:
            for other, known in self.names.items():
                if known.text is not None and name in self._names(known.text):
                    self.names[other] = Value(known.readings)
        text = value.text
        if text is not None:
            names = self._names(text)
            if name in names or "(" in text:
                text = None
            else:
                self._alias_names.update(names)
        self.names[name] = Value(value.readings, text)

    def _join(self, one: dict[str, Value], other: dict[str, Value]) -> dict[str, Value]:
        joined = dict(one)
        for name, value in other.items():
            mine = one.get(name)
            if mine is None:
                joined[name] = value
            elif mine is not value:
                text = mine.text if mine.text == value.text else None
                joined[name] = Value(capped(mine.readings | value.readings), text)
        return joined

    # Statements. Each gives back how the block that it ends is left: None where it goes on with the next one.

    def block(self, statements: Sequence[ast.stmt]) -> str | None:
        for statement in statements:
            left = self.statement(statement)
            if left is not None:
                return left
        return None

    def statement(self, node: ast.stmt) -> str | None:
        visit: Callable[[Function, Any], str | None] | None = _STATEMENTS.get(type(node))
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
        return "return" if source_of(called) in ("sys.exit", "os._exit", "exit", "quit") else None

    def _assign(self, node: ast.Assign) -> None:
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
            targets, values = node.targets[0].elts, node.value.elts
            if len(targets) == len(values) and not any(isinstance(each, ast.Starred) for each in (*targets, *values)):
                found = [self.value(each) for each in values]
                if len(found) > 1:
                    self._together(found)
                for target, each, source in zip(targets, found, values):  # noqa: B905  # of one length
                    self.store(target, each, fresh=_is_empty(source))
                return
        value = self._told(node.value, self.value(node.value))
        for target in node.targets:
            self.store(target, value, fresh=_is_empty(node.value))
        if self.loops and isinstance(node.targets[0], ast.Name) and isinstance(node.value, (ast.BinOp, ast.Call)):
            name = node.targets[0].id
            if any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node.value)):
                self._gathered(value.readings)
        elif self.loops and isinstance(node.targets[0], ast.Subscript):
            self._gathered(value.readings, 20)

    def _told(self, node: ast.expr, value: Value) -> Value:
        """A constant that is set in a branch tells what the branch was taken for."""
        return Value(self.innermost, value.text) if isinstance(node, ast.Constant) and self.innermost else value

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.store(node.target, self._told(node.value, self.value(node.value)))

    def _augmented(self, node: ast.AugAssign) -> None:
        target = node.target
        accesses: list[Access] = []
        old = NONE
        if isinstance(target, ast.Attribute):
            receiver = self._receiver(target.value)
            for site in self._sites(target, _ATTRIBUTE_WRITES):
                accesses.append(self._access("attribute", target, receiver.text, target.attr, site=site))
            accesses += self._property(target, receiver)
        elif isinstance(target, ast.Subscript):
            receiver = self._receiver(target.value)
            key, key_readings = self._key(target.slice)
            for site in self._sites(target, _ITEM_WRITES):
                accesses.append(self._content(target, receiver, site, key))
                self._depends_on(accesses[-1], "check", key_readings)
            accesses += self._operator(target, receiver)
        else:
            for site in self._sites(target, _NAME_WRITES):
                accesses.append(self._access("name", target, None, target.id, site=site))
            old = self.names.get(target.id, NOTHING).readings
        value = self.value(node.value)
        for access in accesses:
            self._found("update", access, access, 0)
            self._depends_on(access, "update", value.readings)
            self._guarded(access)
        if self.loops:
            self._gathered(value.readings)
        if old and value.readings:
            self._together([Value(old), value])
        if isinstance(target, ast.Name):
            readings = capped(old | value.readings | self._reading(accesses))
            self._bind(target.id, Value(readings), shared=bool(accesses))

    def store(self, target: ast.expr, value: Value, *, fresh: bool = False) -> None:
        """
        Args:
            fresh: The value is one to begin with: None, zero, an empty list, …
        """
        if isinstance(target, ast.Name):
            self._store_name(target, target.id, value, fresh=fresh)
        elif isinstance(target, ast.Attribute):
            receiver = self._receiver(target.value)
            for site in self._sites(target, _ATTRIBUTE_WRITES):
                access = self._access("attribute", target, receiver.text, target.attr, site=site)
                self._depends_on(access, "update", value.readings)
                self._guarded(access)
                if fresh:
                    self._emptied(access)
            for event in self._property(target, receiver):
                self._depends_on(event, "update", value.readings)
                self._guarded(event)
        elif isinstance(target, ast.Subscript):
            receiver = self._receiver(target.value)
            key, key_readings = self._key(target.slice)
            for site in self._sites(target, _ITEM_WRITES):
                access = self._content(target, receiver, site, key)
                self._depends_on(access, "check", key_readings - value.readings)
                self._depends_on(access, "update", value.readings)
                self._guarded(access)
                if fresh:
                    self._emptied(access)
            for event in self._operator(target, receiver):
                self._depends_on(event, "update", value.readings | key_readings)
                self._guarded(event)
        elif isinstance(target, ast.Starred):
            self.store(target.value, Value(value.readings))
        elif isinstance(target, (ast.Tuple, ast.List)):
            for each in target.elts:
                self.store(each, Value(value.readings))

    def _store_name(self, node: ast.AST, name: str, value: Value = NOTHING, *, fresh: bool = False) -> None:
        """Bind a name by this node: an assignment's target, a definition, an import, …"""
        sites = self._sites(node, _NAME_WRITES)
        for site in sites:
            access = self._access("name", node, None, name, site=site)
            self._depends_on(access, "update", value.readings)
            self._guarded(access)
            if fresh:
                self._emptied(access)
        if not sites:
            self._bind(name, value)
        else:
            self._bind(name, Value(value.readings), shared=True)  # this function may well read what it wrote

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self.store(target, NOTHING)

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

    def _again(self, entries: Iterable[tuple[Access, int]]) -> None:
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

    def _rounds(self, go_round: Callable[[Loop], None]) -> Loop:
        """Go through a loop's body: twice where what the first round leaves in the variables may matter."""
        loop = Loop(len(self.conditions.stack), self.order)
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
        tested = NONE

        def go_round(loop: Loop) -> None:
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

        def go_round(loop: Loop) -> None:
            self.store(node.target, value)
            self.block(node.body)

        return self._after_loop(node, self._rounds(go_round), False)

    def _after_loop(self, node: ast.For | ast.AsyncFor | ast.While, loop: Loop, endless: bool) -> str | None:
        if node.orelse:
            self.block(node.orelse)
        for access in dict.fromkeys(loop.broke):
            self.conditions.push(access, len(self.loops))
        return "return" if endless and not _breaks(node.body) else None

    def _iterated(self, node: ast.For | ast.AsyncFor | ast.comprehension, iterable: ast.expr) -> Value:
        """What the items of a loop are known by."""
        value = self.value(iterable)
        accesses = [
            self._content(node, Value(text=self._container(iterable, value)), site)
            for site in self._sites(node, ("iterate",))
        ]
        for access in accesses:
            self._guarded(access, far=20)
            self._taken(access)
        return Value(capped(value.readings | self._reading(accesses)))

    def _container(self, node: ast.expr, value: Value) -> str | None:
        """The source of the object that is gone through in the end."""
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in _VIEWS and not node.args:
                return self._text(node.func.value)
            if isinstance(node.func, ast.Name) and node.func.id in _WRAPPERS and node.args:
                return self._container(node.args[0], Value(text=self._text(node.args[0])))
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
                self._store_name(handler, handler.name)
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

    def _attempt(self, statements: Sequence[ast.stmt]) -> tuple[list[Access], str | None, dict[str, Value]]:
        """Go through a block that may be left at any point."""
        before, outer = dict(self.names), self.trace
        trace: list[Access] = []
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
                self.store(item.optional_vars, Value(value.readings))
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
                    self._bind(pattern.name, Value(readings))
                elif isinstance(pattern, ast.MatchMapping) and pattern.rest is not None:
                    self._bind(pattern.rest, Value(readings))
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
        self._store_name(node, node.name)

    def _class(self, node: ast.ClassDef) -> None:
        for base in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.value(base)
        self._later(node)
        self._store_name(node, node.name)

    def _defaults(self, arguments: ast.arguments) -> None:
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.value(default)

    def _later(self, node: ast.AST) -> None:
        """It runs another time: it knows what the names stand for, but no reading made here."""
        names = {name: Value(text=value.text) for name, value in self.names.items() if value.text is not None}
        self.module.waiting.append((node, names))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for each in node.names:
            name = each.asname or each.name.partition(".")[0]
            self._store_name(each, name)
            self.local.discard(name)

    # Expressions

    def value(self, node: ast.expr, *, probe: bool = False) -> Value:
        """Go through an expression.

        Args:
            probe: Only looked at whether it is true, None or equal: that is a check, not a use.
        """
        visit: Callable[..., Value] | None = _EXPRESSIONS.get(type(node))
        if visit is None:
            value = Value(self._parts(node))
        elif probe and type(node) in _PROBED:
            value = visit(self, node, probe=True)
        else:
            value = visit(self, node)
        sites = self.module.sites_of.get(node)
        if sites:
            for site in sites:
                if site.op == "truth":
                    access = self._content(node, value, site)
                    value = Value(value.readings | {access.number}, value.text)
                elif site.op == "consume":
                    access = self._content(node, Value(text=self._container(node, value)), site)
                    self._guarded(access, use=True, far=10)
                    self._taken(access)
                    value = Value(value.readings | {access.number}, value.text)
        readings = capped(value.readings)
        return value if readings is value.readings else Value(readings, value.text)

    def test(self, node: ast.expr) -> Value:
        return self.value(node, probe=True)

    def _parts(self, node: ast.AST) -> frozenset[int]:
        readings = NONE
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                readings |= self.value(child).readings
            elif isinstance(child, (ast.keyword, ast.FormattedValue)):
                readings |= self._parts(child)
        return readings

    def _joined(self, nodes: Iterable[ast.expr | None], *, probe: bool = False) -> Value:
        values = [self.value(node, probe=probe) for node in nodes if node is not None]
        if not values:
            return NOTHING
        if len(values) > 1:
            self._together(values)
        return Value(frozenset().union(*(value.readings for value in values)))

    def _name(self, node: ast.Name, *, probe: bool = False) -> Value:
        sites = self._sites(node, _NAME_READS)
        if not sites:
            known = self.names.get(node.id)
            return Value(text=node.id) if known is None else Value(known.readings, known.text or node.id)
        accesses = [self._access("name", node, None, node.id, site=site) for site in sites]
        if not probe:
            for access in accesses:
                self._guarded(access, use=True, far=2)
                self._taken(access)
        written = self.names.get(node.id, NOTHING).readings
        return Value(self._reading(accesses) | written, node.id)

    def _attribute(self, node: ast.Attribute, *, probe: bool = False) -> Value:
        receiver = self._receiver(node.value)
        text = None if receiver.text is None else f"{receiver.text}.{node.attr}"
        readings = receiver.readings
        for site in self._sites(node, _ATTRIBUTE_READS):
            access = self._access("attribute", node, receiver.text, node.attr, site=site)
            if not probe:
                self._guarded(access, use=True, far=2)
                self._taken(access)
            readings |= {access.number}
        for event in self._property(node, receiver):
            self._guarded(event)
            readings |= {event.number}
        return Value(readings, text)

    def _subscript(self, node: ast.Subscript) -> Value:
        receiver = self._receiver(node.value)
        key, key_readings = self._key(node.slice)
        if receiver.readings and key_readings:
            self._together([receiver, Value(key_readings)])
        readings = receiver.readings | key_readings
        for site in self._sites(node, _ITEM_READS):
            access = self._content(node, receiver, site, key)
            self._depends_on(access, "check", key_readings)
            self._guarded(access, use=True)
            self._taken(access)
            readings |= {access.number}
        for event in self._operator(node, receiver):
            self._guarded(event)
            readings |= {event.number}
        text = None if receiver.text is None or key is None else f"{receiver.text}[{key}]"
        return Value(readings, text)

    def _key(self, node: ast.expr) -> tuple[str | None, frozenset[int]]:
        if isinstance(node, ast.Slice):
            return None, self._joined((node.lower, node.upper, node.step)).readings
        value = self.value(node)
        return value.text or source_of(node), value.readings

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
            key = None if isinstance(node.slice, ast.Slice) else self._text(node.slice) or source_of(node.slice)
            return None if text is None or key is None else f"{text}[{key}]"
        if isinstance(node, ast.NamedExpr):
            return self._text(node.value)
        if isinstance(node, ast.Await):
            return self._text(node.value)
        return source_of(node)

    def _constant(self, node: ast.Constant) -> Value:
        return NOTHING

    def _call(self, node: ast.Call) -> Value:
        called = node.func
        receiver = NOTHING
        name = None
        direct = NONE
        if isinstance(called, ast.Attribute):
            receiver = self._receiver(called.value)
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
        given = frozenset().union(*(value.readings for value in arguments)) if arguments else NONE
        readings = direct | given

        text = None
        if name is not None and len(node.args) <= 2 and not node.keywords:
            given_as = [value.text or source_of(each) for value, each in zip(arguments, node.args)]  # noqa: B905
            before = "" if isinstance(called, ast.Name) else receiver.text and receiver.text + "."
            if before is not None and None not in given_as:
                text = f"{before}{name}({', '.join(map(str, given_as))})"
        if isinstance(called, ast.Attribute):
            for site in self._sites(called, ("call", "next")):
                key = None
                if name in _KEYED and node.args:
                    key = arguments[0].text or source_of(node.args[0])
                access = self._access("content", node, receiver.text, name, site=site, key=key)
                storing = name in _STORING
                self._depends_on(access, "update" if storing else "check", given)
                if name == "setdefault" or name not in _VIEWS:
                    self._guarded(access, use=True, far=0 if name not in ("get", "count", "index") else 8)
                readings |= {access.number}
                if name == "clear":
                    self._emptied(access)
                elif name in _VIEWS:
                    self._taken(access)
                if self.loops and name in _GATHERING:
                    self._gathered(given, 20)
        for site in self._sites(node, ("len", "next")):
            access = self._content(node, arguments[0] if arguments else NOTHING, site)
            self._guarded(access, use=True, far=0 if site.op == "next" else 12)
            readings |= {access.number}

        event = self._event(node, receiver, name)
        if event is not None:
            self._depends_on(event, "update", given)
            self._guarded(event)
            readings |= {event.number}
        return Value(readings, text)

    def _event(self, node: ast.Call, receiver: Value, name: str | None) -> Access | None:
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
        if name.startswith("assert"):
            return None  # unittest's: it looks at what it is given
        if root_of(text) in self.module.foreign:
            return None
        return self._access("call", node, text, name, site=None)

    def _compare(self, node: ast.Compare, *, probe: bool = False) -> Value:
        looked_at = all(isinstance(op, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)) for op in node.ops)
        sites = self._sites(node, ("contains",))
        if not sites:
            return self._joined((node.left, *node.comparators), probe=looked_at)
        left = self.value(node.left)
        container = self.value(node.comparators[0])
        self._together([left, container])
        key = left.text or source_of(node.left)
        source = Value(text=self._container(node.comparators[0], container))
        accesses = [self._content(node, source, site, key) for site in sites]
        for access in accesses:
            self._depends_on(access, "check", left.readings)
        accesses += self._operator(node, source)
        return Value(left.readings | container.readings | self._reading(accesses))

    def _bool(self, node: ast.BoolOp, *, probe: bool = False) -> Value:
        height = len(self.conditions.stack)
        values = []
        for index, each in enumerate(node.values):
            # The last one's value may be the result.
            value = self.value(each, probe=probe or index < len(node.values) - 1)
            values.append(value)
            self._under_condition(value.readings, -1)
        self.conditions.pop_to(height)
        self._together(values)
        return Value(frozenset().union(*(value.readings for value in values)))

    def _unary(self, node: ast.UnaryOp, *, probe: bool = False) -> Value:
        value = self.value(node.operand, probe=probe or isinstance(node.op, ast.Not))
        return Value(value.readings)

    def _conditional(self, node: ast.IfExp) -> Value:
        test = self.test(node.test)
        height = len(self.conditions.stack)
        self._under_condition(test.readings, -1)
        body, orelse = self.value(node.body), self.value(node.orelse)
        self.conditions.pop_to(height)
        return Value(test.readings | body.readings | orelse.readings)

    def _binary(self, node: ast.BinOp) -> Value:
        # Without recursion on the left: "a" + b + "c" + ... may be long.
        nodes: list[ast.expr] = [node.right]
        left = node.left
        while isinstance(left, ast.BinOp):
            nodes.append(left.right)
            left = left.left
        nodes.append(left)
        return self._joined(reversed(nodes))

    def _display(self, node: ast.Tuple | ast.List | ast.Set) -> Value:
        return self._joined(each.value if isinstance(each, ast.Starred) else each for each in node.elts)

    def _dict(self, node: ast.Dict) -> Value:
        return self._joined([each for pair in zip(node.keys, node.values) for each in pair])  # noqa: B905

    def _formatted(self, node: ast.JoinedStr) -> Value:
        return self._joined(each.value for each in node.values if isinstance(each, ast.FormattedValue))

    def _walrus(self, node: ast.NamedExpr, *, probe: bool = False) -> Value:
        value = self.value(node.value, probe=probe)
        self.store(node.target, value)
        return value

    def _starred(self, node: ast.Starred) -> Value:
        return Value(self.value(node.value).readings)

    def _awaited(self, node: ast.Await) -> Value:
        return self.value(node.value)

    def _yielded(self, node: ast.Yield) -> Value:
        return NOTHING if node.value is None else Value(self.value(node.value).readings)

    def _lambda(self, node: ast.Lambda) -> Value:
        self._defaults(node.args)
        self._later(node)
        return NOTHING

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        outer, local = dict(self.names), set(self.local)
        height = len(self.conditions.stack)
        loops = len(self.loops)
        readings = NONE
        for each in node.generators:
            value = self._iterated(each, each.iter)
            readings |= value.readings
            loop = Loop(height, self.order)
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
        targets = {
            each.id
            for generator in node.generators
            for each in ast.walk(generator.target)
            if isinstance(each, ast.Name)
        }
        for name, value in self.names.items():
            known = outer.get(name)
            if name not in targets and (known is None or known.readings != value.readings):
                outer[name] = value  # by a walrus
                local.add(name)
        self.names, self.local = outer, local
        return Value(capped(readings | made))


_STATEMENTS: dict[type[ast.AST], Any] = {
    ast.Expr: Function._expression,
    ast.Assign: Function._assign,
    ast.AnnAssign: Function._annotated,
    ast.AugAssign: Function._augmented,
    ast.Delete: Function._delete,
    ast.Return: Function._return,
    ast.Raise: Function._return,
    ast.Break: Function._break,
    ast.Continue: Function._continue,
    ast.Assert: Function._assert,
    ast.If: Function._if,
    ast.While: Function._while,
    ast.For: Function._for,
    ast.AsyncFor: Function._for,
    ast.Try: Function._try,
    ast.With: Function._with,
    ast.AsyncWith: Function._with,
    ast.Match: Function._match,
    ast.FunctionDef: Function._define,
    ast.AsyncFunctionDef: Function._define,
    ast.ClassDef: Function._class,
    ast.Import: Function._import,
    ast.ImportFrom: Function._import,
}
if sys.version_info >= (3, 11):
    _STATEMENTS[ast.TryStar] = Function._try

_EXPRESSIONS: dict[type[ast.AST], Any] = {
    ast.Name: Function._name,
    ast.Attribute: Function._attribute,
    ast.Subscript: Function._subscript,
    ast.Constant: Function._constant,
    ast.Call: Function._call,
    ast.Compare: Function._compare,
    ast.BoolOp: Function._bool,
    ast.UnaryOp: Function._unary,
    ast.IfExp: Function._conditional,
    ast.BinOp: Function._binary,
    ast.Tuple: Function._display,
    ast.List: Function._display,
    ast.Set: Function._display,
    ast.Dict: Function._dict,
    ast.JoinedStr: Function._formatted,
    ast.NamedExpr: Function._walrus,
    ast.Starred: Function._starred,
    ast.Await: Function._awaited,
    ast.Yield: Function._yielded,
    ast.Lambda: Function._lambda,
    ast.ListComp: Function._comprehension,
    ast.SetComp: Function._comprehension,
    ast.GeneratorExp: Function._comprehension,
    ast.DictComp: Function._comprehension,
}
_PROBED = frozenset({ast.Name, ast.Attribute, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.NamedExpr})
"""The expressions that make a difference between looked at and used."""


def nested(statement: ast.AST) -> list[ast.AST]:
    """The statements, handlers and cases right below."""
    found: list[ast.AST] = []
    for name in ("body", "orelse", "handlers", "finalbody", "cases"):
        below = getattr(statement, name, None)
        if type(below) is list:  # of an expression, it is none
            found += below
    return found


def _breaks(statements: Sequence[ast.AST]) -> bool:
    """Whether a loop with this body has a ``break``."""
    for statement in statements:
        if isinstance(statement, ast.Break):
            return True
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        inner_loop = isinstance(statement, (ast.For, ast.AsyncFor, ast.While))
        if _breaks(statement.orelse if inner_loop else nested(statement)):  # type: ignore[attr-defined]  # a loop has one
            return True
    return False


def _is_empty(node: ast.expr) -> bool:
    """Whether it is what one begins, or begins again, with."""
    if isinstance(node, ast.Constant):
        return not node.value
    if isinstance(node, (ast.List, ast.Tuple)):
        return not node.elts
    if isinstance(node, ast.Dict):
        return not node.keys
    if not isinstance(node, ast.Call):
        return False
    name = (source_of(node.func) or "").rpartition(".")[2]
    return name in _CONTAINERS and (not node.args or name == "defaultdict")
