"""Which expressions of a program are worth a hook: what threads may share, and what is not just made.

Fresh objects (displays, constants, results of operators) are left alone: nobody shares them yet, and the compiler has
to see them to warn of what is wrong with their use.
"""

from __future__ import annotations

import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ungil.race.inside.names import Names, Scope

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
CONSUMERS: dict[str, Callable[[int], range]] = {
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


def is_shared(names: Names, node: ast.AST) -> bool:
    """Whether what an expression gives may be known to others too."""
    if type(node).__name__ in _fresh:
        return False
    if isinstance(node, ast.Name):
        return not _is_generated(node) and (node.id not in _types or node.id in names.bound)
    if isinstance(node, ast.Call):
        return not (_is_generated(node) or (isinstance(node.func, ast.Name) and node.func.id == "super"))
    return True


def is_read(names: Names, scope: Scope, node: ast.Attribute) -> bool:
    """Of an attribute: what belongs to the type, and what a module has, are there to stay."""
    if is_dunder(node.attr) or not is_shared(names, node.value):
        return False
    if isinstance(node.value, ast.Name):
        imported = names.imported(scope, scope.mangled(node.value.id))
        if imported is not None and "import" in imported:
            return (node.value.id, node.attr) in names.stored_on
    return True


def is_tested(node: ast.AST) -> bool:
    """Whether the truth of an expression may be that of a container."""
    if isinstance(node, ast.NamedExpr):
        node = node.value
    if isinstance(node, ast.Name):
        return not (is_dunder(node.id) or node.id == "TYPE_CHECKING" or _is_generated(node))
    if isinstance(node, ast.Attribute):
        return not (is_dunder(node.attr) or node.attr == "TYPE_CHECKING")
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        return not (name in _predicates or name.startswith(("is", "_is", "has", "_has")) or _is_generated(node))
    return isinstance(node, ast.Subscript)


def is_iterated(names: Names, node: ast.AST) -> bool:
    """Whether what a loop goes through may be known to others too."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _copies:
        return node.func.id in names.bound
    return type(node).__name__ not in _fresh


def is_consumed(node: ast.AST) -> bool:
    """The same of the argument of a function that goes through it."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in ("keys", "values", "items")
    return isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and not _is_generated(node)


def is_repeatable(names: Names, scope: Scope, node: ast.AST) -> bool:
    """Whether a key can be evaluated once more, to the same."""
    if isinstance(node, ast.Name):
        return names.fast(scope, scope.mangled(node.id))
    return _is_constant(node)


def _is_generated(node: ast.AST) -> bool:
    """Whether pytest wrote it, for an assertion: what it adds has names that no program can have."""
    while isinstance(node, (ast.Call, ast.Attribute)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id.startswith("@")


def _is_constant(node: ast.AST) -> bool:
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)
    if isinstance(node, ast.Tuple):
        return all(map(_is_constant, node.elts))
    return isinstance(node, ast.Constant)


def is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
