"""Where a module's tree is to be changed so that its accesses are heard of.

The tree itself is only read here: what is found are its sites, and changes to be made afterwards (``Accesses.apply``).
A change wraps one expression in the call of a hook, or puts such a call in front of statements or behind them. Fresh
objects (displays, constants, results of operators) are left alone: nobody shares them yet, and the compiler has to
see them to warn of what is wrong with their use.
"""

from __future__ import annotations

import ast
import sys

from ungil.race.inside.sites import METHODS, Site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeAlias

    from ungil.race.inside.names import Function, Names, Scope

    Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    Holder: TypeAlias = Any
    """A node, whose ``key`` is the name of a field, or a list of nodes, whose ``key`` is an index."""
    Key: TypeAlias = str | int

_FRESH = (
    "Constant JoinedStr TemplateStr List Tuple Dict Set ListComp SetComp DictComp GeneratorExp Lambda "
    "Compare BinOp UnaryOp Starred"
)
_TYPES = "list dict tuple set frozenset type str bytes bytearray int float object"
_COPIES = "range list sorted tuple set frozenset dict"
"""What is iterated is then nobody else's."""
_PREDICATES = (
    "isinstance issubclass hasattr callable any all len bool int id abs ord hash "
    "startswith endswith acquire release locked wait empty full done running cancelled cancel "
    "search match fullmatch exists find rfind poll"
)
"""Functions and methods whose result is a truth value, a number or fresh; those named ``is…`` and ``has…`` are too."""
_CONSUMERS: dict[str, Callable[[int], range]] = {
    # How many positional arguments there are -> which of them are gone through.
    **dict.fromkeys(
        ("sum", "any", "all", "sorted", "list", "tuple", "set", "frozenset", "dict", "enumerate", "reversed"),
        lambda count: range(min(count, 1)),
    ),
    **dict.fromkeys(("min", "max", "iter"), lambda count: range(int(count == 1))),
    **dict.fromkeys(("map", "filter"), lambda count: range(1, count)),
    "zip": range,
}
_fresh, _types = frozenset(_FRESH.split()), frozenset(_TYPES.split())
_copies, _predicates = frozenset(_COPIES.split()), frozenset(_PREDICATES.split())
_LONGEST_KEY = 40
_LOAD = ast.Load()
_OPS = {ast.Load: "read", ast.Store: "write", ast.Del: "delete"}


class Accesses:
    """The sites of a module, and the changes that let them be heard of."""

    def __init__(self, tree: ast.Module, names: Names, path: str, lines: Sequence[str]) -> None:
        self.sites: list[Site] = []
        self.sites_of: dict[ast.AST, list[Site]] = {}
        self.hooks: list[tuple[Site, str]] = []
        """Of each placeholder, by its number, the site and role."""
        self._names = names
        self._path = path
        self._lines = lines
        self._scope: Scope = names.module
        self._wraps: list[tuple[Holder, Key, ast.Call, Holder, Key]] = []
        """What stands at the first place comes to stand at the second, in the call, which takes its place."""
        self._conditions: list[tuple[list[ast.expr], ast.expr]] = []
        self._bodies: list[tuple[list[ast.stmt], list[ast.stmt]]] = []
        self._before: list[ast.stmt] = []
        self._after: list[ast.stmt] = []
        """Beside the statement that is being looked at."""
        self._hot: dict[tuple[Scope, str], str | None] = {}
        self._statements(tree.body)

    def apply(self) -> None:
        """Change the tree. Inner expressions were found first, so an outer call takes up the inner one."""
        for holder, key, call, hole, hole_key in self._wraps:
            if isinstance(key, str):
                _put(hole, hole_key, getattr(holder, key))
                setattr(holder, key, call)
            else:
                _put(hole, hole_key, holder[key])
                holder[key] = call
        for conditions, condition in self._conditions:
            conditions.insert(0, condition)
        for body, changed in self._bodies:
            body[:] = changed

    # --- sites and hooks

    def _site(self, node: ast.AST, op: str, name: str | None, at: Any = None) -> Site | None:
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
        function = self._scope.qualname or "<module>"
        site = Site(-1, self._path, line, column, end_line, end_column, function, op, name)
        self.sites.append(site)
        self.sites_of.setdefault(node, []).append(site)
        return site

    def _line(self, number: int) -> str:
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def _column(self, line: int, offset: int) -> int:
        text = self._line(line)
        return offset if text.isascii() else len(text.encode()[:offset].decode(errors="replace"))

    def _call(self, site: Site, role: str, at: Any, *arguments: Any) -> ast.Call:
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

    def _wrap(self, holder: Holder, key: Key, site: Site, role: str, *more: Any) -> None:
        """Give the expression there to a hook."""
        at = getattr(holder, key) if isinstance(key, str) else holder[key]
        call = self._call(site, role, at, None, *more)
        self._wraps.append((holder, key, call, call.args, 0))

    def _wrap_marked(self, holder: Holder, key: Key, site: Site, role: str, first: ast.expr) -> None:
        """The same, as the second argument."""
        at = getattr(holder, key) if isinstance(key, str) else holder[key]
        call = self._call(site, role, at, first, None)
        self._wraps.append((holder, key, call, call.args, 1))

    def _cell(self, name: str, at: Any) -> ast.Lambda:
        """A function that has the cell of a variable in its closure."""
        place = _place(at)
        nothing = ast.arguments([], [], None, [], [], None, [])
        return ast.Lambda(nothing, ast.Name(name, ast.Load(), **place), **place)

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
        nothing = ast.Constant(None, **_place(at))
        if heat == "cell":
            call = self._call(site, "cell-value", at, self._cell(name, at), nothing)
        else:
            call = self._call(site, "value", at, nothing)
        return [ast.copy_location(ast.Expr(call), call)]

    # --- what is worth a hook

    def _is_shared(self, node: ast.AST) -> bool:
        kind = type(node).__name__
        if kind in _fresh:
            return False
        if isinstance(node, ast.Name):
            return node.id not in _types or node.id in self._names.bound
        if isinstance(node, ast.Call):
            return not (isinstance(node.func, ast.Name) and node.func.id == "super")
        return True

    def _is_builtin(self, name: str) -> bool:
        return name not in self._names.bound

    def _is_read(self, node: ast.Attribute) -> bool:
        """Whether reading this attribute is worth a hook."""
        if _is_dunder(node.attr) or not self._is_shared(node.value):
            return False
        if isinstance(node.value, ast.Name):
            imported = self._names.imported(self._scope, self._scope.mangled(node.value.id))
            if imported is not None and "import" in imported:
                return (node.value.id, node.attr) in self._names.stored_on
        return True

    def _is_tested(self, node: ast.AST) -> bool:
        if isinstance(node, ast.NamedExpr):
            node = node.value
        if isinstance(node, ast.Name):
            return not (_is_dunder(node.id) or node.id == "TYPE_CHECKING" or "@" in node.id)
        if isinstance(node, ast.Attribute):
            return not _is_dunder(node.attr) and node.attr != "TYPE_CHECKING"
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            return not (name in _predicates or name.startswith(("is", "_is", "has", "_has")))
        return isinstance(node, ast.Subscript)

    def _is_iterated(self, node: ast.AST) -> bool:
        if type(node).__name__ in _fresh:
            return False
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _copies:
            return not self._is_builtin(node.func.id)
        return True

    def _is_constant(self, node: ast.AST) -> bool:
        if isinstance(node, ast.UnaryOp):
            return isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)
        if isinstance(node, ast.Tuple):
            return all(map(self._is_constant, node.elts))
        return isinstance(node, ast.Constant)

    def _is_twice_the_same(self, key: ast.AST) -> bool:
        """Whether a key can be evaluated once more, to the same."""
        if isinstance(key, ast.Name):
            return self._names.fast(self._scope, self._scope.mangled(key.id))
        return self._is_constant(key)

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
            self._bodies.append((body, changed))
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
            self._wrap(holder, key, site, "value")
        else:
            self._wrap_marked(holder, key, site, "cell-value", self._cell(node.id, node))

    def _attribute(self, node: ast.Attribute, holder: Holder, key: Key) -> None:
        self._visit(node.value, node, "value")
        op = _OPS[type(node.ctx)]
        if self._is_read(node) if op == "read" else self._is_shared(node.value) and not _is_dunder(node.attr):
            self._accessed(node, op)

    def _accessed(self, node: ast.Attribute, op: str, at: ast.Call | None = None) -> Site | None:
        site = self._site(node, op, self._scope.mangled(node.attr), at)
        if site is not None:
            self._wrap(node, "value", site, "receiver")
        return site

    def _subscript(self, node: ast.Subscript, holder: Holder, key: Key) -> None:
        self._item(node, _OPS[type(node.ctx)])

    def _item(self, node: ast.Subscript, op: str) -> Site | None:
        self._visit(node.value, node, "value")
        index = node.slice
        self._visit(index, node, "slice")
        if not self._is_shared(node.value):
            return None
        sliced = isinstance(index, ast.Slice) or (
            isinstance(index, ast.Tuple) and any(isinstance(each, ast.Slice) for each in index.elts)
        )
        site = self._site(node, f"slice-{op}" if sliced else f"item-{op}", self._text(index))
        if site is None:
            return None
        if sliced:
            self._wrap(node, "value", site, "receiver")
        elif self._is_twice_the_same(index) and index.lineno == node.lineno:
            self._wrap(node, "value", site, "receiver-key", index)
        else:
            self._wrap(node, "value", site, "receiver")
            self._wrap(node, "slice", site, "key")
        return site

    def _text(self, node: Any) -> str | None:
        line = getattr(node, "lineno", None)
        if line is None or line != node.end_lineno or node.end_col_offset - node.col_offset > _LONGEST_KEY:
            return None
        text = self._line(line)
        if not text.isascii():
            return text.encode()[node.col_offset : node.end_col_offset].decode(errors="replace")
        return text[node.col_offset : node.end_col_offset] or None

    def _called(self, node: ast.Call, holder: Holder, key: Key) -> None:
        function = node.func
        if not isinstance(function, ast.Attribute):
            self._visit(function, node, "func")
            self._all(node.args)
            self._all(node.keywords)
            if isinstance(function, ast.Name) and self._is_builtin(function.id):
                self._builtin(node, function.id)
            return
        self._visit(function.value, function, "value")
        if self._is_read(function) or (function.attr == "__next__" and self._is_shared(function.value)):
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
        if name in _CONSUMERS:
            for index in _CONSUMERS[name](len(arguments)):
                self._consumed(node, index, name)
        elif name == "bool" and len(arguments) == 1:
            self._tested(arguments[0], arguments, 0)
        elif (
            arguments and ((name == "len" and len(arguments) == 1) or name == "next") and self._is_shared(arguments[0])
        ):
            site = self._site(node, name, None)
            if site is not None:
                self._wrap(arguments, 0, site, "receiver")

    def _consumed(self, node: ast.Call, index: int, name: str) -> None:
        argument = node.args[index]
        if isinstance(argument, ast.Call):
            if not isinstance(argument.func, ast.Attribute) or argument.func.attr not in ("keys", "values", "items"):
                return
        elif not isinstance(argument, (ast.Name, ast.Attribute, ast.Subscript)):
            return
        site = self._site(argument, "consume", name)
        if site is not None:
            self._wrap(node.args, index, site, "receiver")

    def _test(self, node: ast.AST, holder: Holder, key: Key) -> None:
        """An expression whose truth decides."""
        if isinstance(node, ast.BoolOp):
            for index, each in enumerate(node.values):
                self._test(each, node.values, index)
        else:
            self._visit(node, holder, key)
            self._tested(node, holder, key)

    def _tested(self, node: ast.AST, holder: Holder, key: Key) -> None:
        if self._is_tested(node):
            site = self._site(node, "truth", None)
            if site is not None:
                self._wrap(holder, key, site, "receiver")

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
        if len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)) and self._is_shared(node.comparators[0]):
            site = self._site(node, "contains", None)
            if site is not None:
                self._wrap(node, "left", site, "key")
                self._wrap(node.comparators, 0, site, "receiver")

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
            self._wrap(node, "value", site, "value")
        else:
            self._wrap_marked(node, "value", site, "cell-value", self._cell(name.id, name))

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
                nothing = ast.copy_location(ast.Constant(None), target)
                mark = self._call(site, "value", target, nothing)
            else:
                mark = self._call(site, "cell-mark", target, self._cell(target.id, target))
            self._wrap_marked(node, "value", site, "update-marked", mark)
            return
        if isinstance(target, ast.Attribute):
            self._visit(target.value, target, "value")
            site = None
            if self._is_shared(target.value) and not _is_dunder(target.attr):
                site = self._accessed(target, "update")
        else:
            site = self._item(target, "update")
        self._visit(node.value, node, "value")
        if site is not None:
            self._wrap(node, "value", site, "update")

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
        if self._is_iterated(node.iter):
            site = self._site(node, "iterate", None, node.iter)
            if site is not None:
                self._wrap(node, "iter", site, "receiver")
                call = self._call(site, "each", node.target)
                first.append(ast.copy_location(ast.Expr(call), call))
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
            if not each.is_async and self._is_iterated(each.iter):
                site = self._site(each, "iterate", None, each.iter)
                if site is not None:
                    self._wrap(each, "iter", site, "receiver")
                    self._conditions.append((each.ifs, self._call(site, "each", each.target)))
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


def placeholder(number: int) -> str:
    """The constant that stands for a hook until the module is compiled."""
    return f"\0ungil hook {number}"


def _place(node: Any) -> dict[str, int]:
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


def _put(holder: Holder, key: Key, node: Any) -> None:
    if isinstance(key, str):
        setattr(holder, key, node)
    else:
        holder[key] = node


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
