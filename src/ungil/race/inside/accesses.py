"""Where a module's tree is to be changed so that its accesses are heard of.

The tree itself is only read here: what is found are its sites, and changes to be made afterwards (``Edits.apply``). A
change wraps one expression in the call of a hook, or puts such a call in front of statements or behind them.
"""

from __future__ import annotations

import ast

from ungil.race.inside.edits import Edits, nothing_at, statement
from ungil.race.inside.sites import METHODS
from ungil.race.inside.worth import (
    CONSUMERS,
    is_consumed,
    is_dunder,
    is_iterated,
    is_read,
    is_repeatable,
    is_shared,
    is_tested,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeAlias

    from ungil.race.inside.edits import Holder, Key
    from ungil.race.inside.names import Function, Names, Scope
    from ungil.race.inside.sites import Site

    Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

_LONGEST_KEY = 40
_OPS = {ast.Load: "read", ast.Store: "write", ast.Del: "delete"}


class Accesses:
    """Finds the accesses of a module, and notes the changes."""

    def __init__(self, tree: ast.Module, names: Names, path: str, lines: Sequence[str]) -> None:
        self.edits = Edits(path, lines)
        self._names = names
        self._scope: Scope = names.module
        self._before: list[ast.stmt] = []
        self._after: list[ast.stmt] = []
        """Beside the statement that is being looked at."""
        self._hot: dict[tuple[Scope, str], str | None] = {}
        self._statements(tree.body)

    def _site(self, node: ast.AST, op: str, name: str | None, at: Any = None) -> Site | None:
        return self.edits.site(node, self._scope.qualname or "<module>", op, name, at)

    def _heat(self, name: str) -> str | None:
        scope = self._scope
        try:
            return self._hot[scope, name]
        except KeyError:
            found = self._hot[scope, name] = self._names.hot(scope, scope.mangled(name))
            return found

    def _stored(self, name: str, node: ast.AST, op: str = "write", *, by: ast.stmt | None = None) -> list[ast.stmt]:
        """The statement that tells of a store to a name, or of its end, where its value cannot be had.

        Args:
            by: The statement that stores, where ``node`` may stand on another line.
        """
        heat = self._heat(name)
        if heat is None:
            return []
        if heat == "cell":
            op = "write"
        site = self._site(node, f"{heat}-{op}", self._scope.mangled(name))
        if site is None:
            return []
        at: Any = node if by is None else by
        nothing = nothing_at(at)
        if heat == "cell":
            call = self.edits.call(site, "cell-value", at, self.edits.cell(name, at), nothing)
        else:
            call = self.edits.call(site, "value", at, nothing)
        return [statement(call)]

    # --- the walk

    def _visit(self, node: ast.AST, holder: Holder, key: Key) -> None:
        visitor = _VISITORS.get(type(node))
        if visitor is not None:
            visitor(self, node, holder, key)
        else:
            self._children(node)

    def _children(self, node: ast.AST) -> None:
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, ast.AST):
                self._visit(value, node, field)
            elif type(value) is list and value:
                if isinstance(value[0], ast.stmt):
                    self._statements(value)
                else:
                    self._all(value)

    def _all(self, nodes: Sequence[ast.AST | None]) -> None:
        for index, each in enumerate(nodes):
            if isinstance(each, ast.AST):
                self._visit(each, nodes, index)

    def _statements(self, body: list[ast.stmt], first: Sequence[ast.stmt] = ()) -> None:
        """The statements of a block, which begins with those of ``first`` afterwards."""
        outer = self._before, self._after
        changed = list(first)
        for index, each in enumerate(body):
            self._before, self._after = [], []
            self._visit(each, body, index)
            changed += (*self._before, each, *self._after)
        if len(changed) > len(body):
            self.edits.block(body, changed)
        self._before, self._after = outer

    def _nothing(self, node: ast.AST, holder: Holder, key: Key) -> None:
        pass

    def _name(self, node: ast.Name, holder: Holder, key: Key) -> None:
        if type(node.ctx) is not ast.Load:
            return
        heat = self._heat(node.id)
        if heat is None:
            return
        site = self._site(node, f"{heat}-read", self._scope.mangled(node.id))
        if site is None:
            return
        if heat == "global":
            self.edits.wrap(holder, key, site, "value")
        else:
            self.edits.wrap_second(holder, key, site, "cell-value", self.edits.cell(node.id, node))

    def _attribute(self, node: ast.Attribute, holder: Holder, key: Key) -> None:
        self._visit(node.value, node, "value")
        op = _OPS[type(node.ctx)]
        if (
            is_read(self._names, self._scope, node)
            if op == "read"
            else is_shared(self._names, node.value) and not is_dunder(node.attr)
        ):
            self._accessed(node, op)

    def _accessed(self, node: ast.Attribute, op: str, at: ast.Call | None = None) -> Site | None:
        site = self._site(node, op, self._scope.mangled(node.attr), at)
        if site is not None:
            self.edits.wrap(node, "value", site, "receiver")
        return site

    def _subscript(self, node: ast.Subscript, holder: Holder, key: Key) -> None:
        self._item(node, _OPS[type(node.ctx)])

    def _item(self, node: ast.Subscript, op: str) -> Site | None:
        self._visit(node.value, node, "value")
        index = node.slice
        self._visit(index, node, "slice")
        if not is_shared(self._names, node.value):
            return None
        sliced = isinstance(index, ast.Slice) or (
            isinstance(index, ast.Tuple) and any(isinstance(each, ast.Slice) for each in index.elts)
        )
        site = self._site(node, f"slice-{op}" if sliced else f"item-{op}", self.edits.text(index, _LONGEST_KEY))
        if site is None:
            return None
        if sliced:
            self.edits.wrap(node, "value", site, "receiver")
        elif is_repeatable(self._names, self._scope, index) and index.lineno == node.lineno:
            self.edits.wrap(node, "value", site, "receiver-key", index)
        else:
            self.edits.wrap(node, "value", site, "receiver")
            self.edits.wrap(node, "slice", site, "key")
        return site

    def _called(self, node: ast.Call, holder: Holder, key: Key) -> None:
        function = node.func
        if not isinstance(function, ast.Attribute):
            self._visit(function, node, "func")
            self._all(node.args)
            self._all(node.keywords)
            if isinstance(function, ast.Name) and function.id not in self._names.bound:
                self._builtin(node, function.id)
            return
        self._visit(function.value, function, "value")
        if is_read(self._names, self._scope, function) or (
            function.attr == "__next__" and is_shared(self._names, function.value)
        ):
            if function.attr in METHODS:
                self._accessed(function, "next" if function.attr == "__next__" else "call", node)
            elif function.attr in self._names.stored_attributes:
                self._accessed(function, "read")
        self._all(node.args)
        self._all(node.keywords)
        if function.attr == "join" and isinstance(function.value, ast.Constant) and len(node.args) == 1:
            self._consumed(node, 0, "join")

    def _builtin(self, node: ast.Call, name: str) -> None:
        arguments = node.args
        if name in CONSUMERS:
            for index in CONSUMERS[name](len(arguments)):
                self._consumed(node, index, name)
        elif name == "bool" and len(arguments) == 1:
            self._tested(arguments[0], arguments, 0)
        elif (
            arguments
            and ((name == "len" and len(arguments) == 1) or name == "next")
            and is_shared(self._names, arguments[0])
        ):
            site = self._site(node, name, None)
            if site is not None:
                self.edits.wrap(arguments, 0, site, "receiver")

    def _consumed(self, node: ast.Call, index: int, name: str) -> None:
        argument = node.args[index]
        if not is_consumed(argument):
            return
        site = self._site(argument, "consume", name)
        if site is not None:
            self.edits.wrap(node.args, index, site, "receiver")

    def _test(self, node: ast.AST, holder: Holder, key: Key) -> None:
        """An expression whose truth decides."""
        if isinstance(node, ast.BoolOp):
            for index, each in enumerate(node.values):
                self._test(each, node.values, index)
        else:
            self._visit(node, holder, key)
            self._tested(node, holder, key)

    def _tested(self, node: ast.AST, holder: Holder, key: Key) -> None:
        if is_tested(node):
            site = self._site(node, "truth", None)
            if site is not None:
                self.edits.wrap(holder, key, site, "receiver")

    def _branch(self, node: ast.If | ast.While, holder: Holder, key: Key) -> None:
        self._test(node.test, node, "test")
        self._statements(node.body)
        self._statements(node.orelse)

    def _choice(self, node: ast.IfExp, holder: Holder, key: Key) -> None:
        self._test(node.test, node, "test")
        self._visit(node.body, node, "body")
        self._visit(node.orelse, node, "orelse")

    def _assert(self, node: ast.Assert, holder: Holder, key: Key) -> None:
        self._test(node.test, node, "test")
        if node.msg is not None:
            self._visit(node.msg, node, "msg")

    def _logic(self, node: ast.BoolOp, holder: Holder, key: Key) -> None:
        last = len(node.values) - 1
        for index, each in enumerate(node.values):
            (self._visit if index == last else self._test)(each, node.values, index)

    def _unary(self, node: ast.UnaryOp, holder: Holder, key: Key) -> None:
        (self._test if isinstance(node.op, ast.Not) else self._visit)(node.operand, node, "operand")

    def _compare(self, node: ast.Compare, holder: Holder, key: Key) -> None:
        self._visit(node.left, node, "left")
        self._all(node.comparators)
        if (
            len(node.ops) == 1
            and isinstance(node.ops[0], (ast.In, ast.NotIn))
            and is_shared(self._names, node.comparators[0])
        ):
            site = self._site(node, "contains", None)
            if site is not None:
                self.edits.wrap(node, "left", site, "key")
                self.edits.wrap(node.comparators, 0, site, "receiver")

    def _target(self, node: ast.AST, holder: Holder, key: Key, told: list[ast.stmt]) -> None:
        """What a statement stores to; ``told`` takes the statements that tell of names, which come after it."""
        if isinstance(node, ast.Name):
            told += self._stored(node.id, node)
        elif isinstance(node, (ast.Tuple, ast.List)):
            for index, each in enumerate(node.elts):
                self._target(each, node.elts, index, told)
        elif isinstance(node, ast.Starred):
            self._target(node.value, node, "value", told)
        else:
            self._visit(node, holder, key)

    def _assigned(self, name: ast.Name, node: Any) -> None:
        """``name = node.value``."""
        heat = self._heat(name.id)
        site = None if heat is None else self._site(name, f"{heat}-write", self._scope.mangled(name.id))
        if site is None:
            return
        if heat == "global":
            self.edits.wrap(node, "value", site, "value")
        else:
            self.edits.wrap_second(node, "value", site, "cell-value", self.edits.cell(name.id, name))

    def _assign(self, node: ast.Assign, holder: Holder, key: Key) -> None:
        if any(isinstance(each, ast.Name) and each.id in ("__slots__", "__all__") for each in node.targets):
            return
        self._visit(node.value, node, "value")
        for index, each in enumerate(node.targets):
            if isinstance(each, ast.Name):
                self._assigned(each, node)
            else:
                self._target(each, node.targets, index, self._after)

    def _annotated(self, node: ast.AnnAssign, holder: Holder, key: Key) -> None:
        if node.value is None:
            return
        if isinstance(node.target, ast.Name):
            if node.target.id not in ("__slots__", "__all__"):
                self._visit(node.value, node, "value")
                self._assigned(node.target, node)
        else:
            self._visit(node.value, node, "value")
            self._visit(node.target, node, "target")

    def _walrus(self, node: ast.NamedExpr, holder: Holder, key: Key) -> None:
        self._visit(node.value, node, "value")
        self._assigned(node.target, node)

    def _augmented(self, node: ast.AugAssign, holder: Holder, key: Key) -> None:
        target = node.target
        if isinstance(target, ast.Name):
            if target.id == "__all__":
                return
            self._visit(node.value, node, "value")
            heat = self._heat(target.id)
            site = None if heat is None else self._site(target, f"{heat}-update", self._scope.mangled(target.id))
            if site is None:
                return
            if heat == "global":
                mark = self.edits.call(site, "value", target, nothing_at(target))
            else:
                mark = self.edits.call(site, "cell-mark", target, self.edits.cell(target.id, target))
            self.edits.wrap_second(node, "value", site, "update-marked", mark)
            return
        if isinstance(target, ast.Attribute):
            self._visit(target.value, target, "value")
            site = None
            if is_shared(self._names, target.value) and not is_dunder(target.attr):
                site = self._accessed(target, "update")
        else:
            site = self._item(target, "update")
        self._visit(node.value, node, "value")
        if site is not None:
            self.edits.wrap(node, "value", site, "update")

    def _delete(self, node: ast.Delete, holder: Holder, key: Key) -> None:
        self._deleted(node.targets)

    def _deleted(self, targets: list[ast.expr]) -> None:
        for index, each in enumerate(targets):
            if isinstance(each, ast.Name):
                self._before += self._stored(each.id, each, "delete")
            elif isinstance(each, (ast.Tuple, ast.List)):
                self._deleted(each.elts)
            else:
                self._visit(each, targets, index)

    def _imported(self, node: ast.Import | ast.ImportFrom, holder: Holder, key: Key) -> None:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            return
        for alias in node.names:
            name = alias.asname or (alias.name if isinstance(node, ast.ImportFrom) else alias.name.partition(".")[0])
            if name != "*":
                self._after += self._stored(name, alias, by=node)

    def _for(self, node: ast.For, holder: Holder, key: Key) -> None:
        self._visit(node.iter, node, "iter")
        first: list[ast.stmt] = []
        if is_iterated(self._names, node.iter):
            site = self._site(node, "iterate", None, node.iter)
            if site is not None:
                self.edits.wrap(node, "iter", site, "receiver")
                call = self.edits.call(site, "each", node.target)
                first.append(statement(call))
        self._target(node.target, node, "target", first)
        self._statements(node.body, first)
        self._statements(node.orelse)

    def _async_for(self, node: ast.AsyncFor, holder: Holder, key: Key) -> None:
        self._visit(node.iter, node, "iter")
        first: list[ast.stmt] = []
        self._target(node.target, node, "target", first)
        self._statements(node.body, first)
        self._statements(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith, holder: Holder, key: Key) -> None:
        first: list[ast.stmt] = []
        for item in node.items:
            self._visit(item.context_expr, item, "context_expr")
            if item.optional_vars is not None:
                self._target(item.optional_vars, item, "optional_vars", first)
        self._statements(node.body, first)

    def _handler(self, node: ast.ExceptHandler, holder: Holder, key: Key) -> None:
        if node.type is not None:
            self._visit(node.type, node, "type")
        self._statements(node.body, () if node.name is None else self._stored(node.name, node))

    def _match(self, node: ast.Match, holder: Holder, key: Key) -> None:
        self._visit(node.subject, node, "subject")
        for case in node.cases:
            if case.guard is not None:
                self._test(case.guard, case, "guard")
            self._statements(case.body)

    def _decorators(self, node: Function | ast.ClassDef) -> None:
        decorators = node.decorator_list
        if any(getattr(each, "id", getattr(each, "attr", None)) == "overload" for each in decorators):
            return
        for index, each in enumerate(decorators):
            if not (isinstance(each, ast.Attribute) and each.attr in ("getter", "setter", "deleter")):
                self._visit(each, decorators, index)

    def _function(self, node: Function, holder: Holder, key: Key) -> None:
        self._decorators(node)
        self._all(node.args.defaults)
        self._all(node.args.kw_defaults)
        outer, self._scope = self._scope, self._names.scopes[node]
        self._statements(node.body)
        self._scope = outer
        self._after += self._stored(node.name, node)

    def _lambda(self, node: ast.Lambda, holder: Holder, key: Key) -> None:
        self._all(node.args.defaults)
        self._all(node.args.kw_defaults)
        outer, self._scope = self._scope, self._names.scopes[node]
        self._visit(node.body, node, "body")
        self._scope = outer

    def _class(self, node: ast.ClassDef, holder: Holder, key: Key) -> None:
        self._decorators(node)
        outer = self._scope
        self._scope = self._names.type_scopes.get(node, outer)
        self._all(node.bases)
        self._all(node.keywords)
        self._scope = self._names.scopes[node]
        self._statements(node.body)
        self._scope = outer
        self._after += self._stored(node.name, node)

    def _comprehension(self, node: Comprehension, holder: Holder, key: Key) -> None:
        outer, inner = self._scope, self._names.scopes[node]
        for index, each in enumerate(node.generators):
            self._scope = inner if index else outer  # the first iterable is evaluated outside
            self._visit(each.iter, each, "iter")
            if not each.is_async and is_iterated(self._names, each.iter):
                site = self._site(each, "iterate", None, each.iter)
                if site is not None:
                    self.edits.wrap(each, "iter", site, "receiver")
                    self.edits.condition(each, self.edits.call(site, "each", each.target))
            self._scope = inner
            self._visit(each.target, each, "target")
            for number, condition in enumerate(each.ifs):
                self._test(condition, each.ifs, number)
        if isinstance(node, ast.DictComp):
            self._visit(node.key, node, "key")
            if node.value is not None:
                self._visit(node.value, node, "value")
        else:
            self._visit(node.elt, node, "elt")
        self._scope = outer


_VISITORS: dict[type[ast.AST], Callable[[Accesses, Any, Holder, Key], None]] = {
    ast.Constant: Accesses._nothing,
    ast.Name: Accesses._name,
    ast.Attribute: Accesses._attribute,
    ast.Subscript: Accesses._subscript,
    ast.Call: Accesses._called,
    ast.If: Accesses._branch,
    ast.While: Accesses._branch,
    ast.IfExp: Accesses._choice,
    ast.Assert: Accesses._assert,
    ast.BoolOp: Accesses._logic,
    ast.UnaryOp: Accesses._unary,
    ast.Compare: Accesses._compare,
    ast.Assign: Accesses._assign,
    ast.AnnAssign: Accesses._annotated,
    ast.NamedExpr: Accesses._walrus,
    ast.AugAssign: Accesses._augmented,
    ast.Delete: Accesses._delete,
    ast.Import: Accesses._imported,
    ast.ImportFrom: Accesses._imported,
    ast.For: Accesses._for,
    ast.AsyncFor: Accesses._async_for,
    ast.With: Accesses._with,
    ast.AsyncWith: Accesses._with,
    ast.ExceptHandler: Accesses._handler,
    ast.Match: Accesses._match,
    ast.FunctionDef: Accesses._function,
    ast.AsyncFunctionDef: Accesses._function,
    ast.Lambda: Accesses._lambda,
    ast.ClassDef: Accesses._class,
    ast.ListComp: Accesses._comprehension,
    ast.SetComp: Accesses._comprehension,
    ast.DictComp: Accesses._comprehension,
    ast.GeneratorExp: Accesses._comprehension,
}
for _name in ("Load", "Store", "Del", "Pass", "Break", "Continue", "Global", "Nonlocal", "TypeAlias"):
    if hasattr(ast, _name):
        _VISITORS[getattr(ast, _name)] = Accesses._nothing
