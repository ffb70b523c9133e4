"""The program's own tests, made again: whether what was checked still holds.

They are compiled from its source, without hooks, and only where they call nothing but ``len`` and ``bool``.
"""

from __future__ import annotations

import ast

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from types import CodeType, FrameType

    from ungil.race.inside.sites import Site


class Test:
    """A test, to be made again."""

    __slots__ = ("code", "negated", "text")

    def __init__(self, test: ast.expr, path: str, *, negated: bool = False) -> None:
        self.code: CodeType = compile(ast.Expression(test), path, "eval")
        self.negated = negated
        """Whether what depends on it is done where it is false."""
        self.text = ast.unparse(test)

    def holds(self, frame: FrameType) -> bool | None:
        """Whether, in this frame, what depends on it would be done; None: it cannot be told."""
        try:
            value = bool(eval(self.code, frame.f_globals, dict(frame.f_locals)))
        except Exception:
            return None
        return value != self.negated


_trees: dict[str, ast.Module | None] = {}


def _tree(path: str) -> ast.Module | None:
    if path not in _trees:
        try:
            with open(path, "rb") as file:
                _trees[path] = ast.parse(file.read())
        except (OSError, SyntaxError, ValueError, RecursionError):
            _trees[path] = None
    return _trees[path]


def around(first: Site, act: Site) -> Test | None:
    """The innermost test that holds ``first``, and that ``act`` depends on."""
    tree = _tree(first.path)
    best: tuple[ast.expr, bool] | None = None
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, (ast.If, ast.While, ast.IfExp)) and _spans(node.test, first):
            body = node.body if isinstance(node.body, list) else [node.body]
            best = node.test, not any(_spans(part, act) for part in body)
    if best is None or not _is_plain(best[0]):
        return None
    return Test(best[0], first.path, negated=best[1])


def before_wait(path: str, line: int) -> Test | None:
    """The test of the ``if`` that a wait at this line stands under, where no loop is around it."""
    tree = _tree(path)
    return None if tree is None else _before_wait(tree.body, path, line, None)


def _before_wait(body: list[ast.stmt], path: str, line: int, test: ast.expr | None) -> Test | None:
    for node in body:
        if not node.lineno <= line <= (node.end_lineno or node.lineno):
            continue
        if isinstance(node, ast.While):
            return None
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return _before_wait(node.body, path, line, None)
        if isinstance(node, ast.If) and any(each.lineno <= line <= (each.end_lineno or 0) for each in node.body):
            return _before_wait(node.body, path, line, node.test)
        inner = [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.stmt)]
        if inner:
            return _before_wait(inner, path, line, test)
        return Test(test, path) if test is not None and _is_plain(test) else None
    return None


def _is_plain(test: ast.expr) -> bool:
    for part in ast.walk(test):
        if isinstance(part, (ast.NamedExpr, ast.Await)):
            return False
        if isinstance(part, ast.Call) and not (isinstance(part.func, ast.Name) and part.func.id in ("len", "bool")):
            return False
    return True


def _spans(node: ast.expr | ast.stmt, site: Site) -> bool:
    start = (node.lineno, node.col_offset)
    stop = (node.end_lineno or 0, node.end_col_offset or 0)
    return start <= (site.line, site.column) and (site.end_line, site.end_column) <= stop
