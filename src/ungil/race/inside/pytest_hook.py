"""Test modules and ``conftest.py``: pytest rewrites their assertions, and what it makes of them is instrumented.

Its own cache of compiled files is not read for the program's modules, and not written.
"""

from __future__ import annotations

import ast
import os

from ungil.race.inside.loader import key_of

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from types import CodeType, ModuleType
    from typing import Any

    from ungil.race.inside.loader import Loader


def patch(rewrite: ModuleType, loader: Loader) -> None:
    """Change pytest's module, which has just been imported."""
    names = vars(rewrite)
    read_pyc, write_pyc = names.get("_read_pyc"), names.get("_write_pyc")
    if read_pyc is None or write_pyc is None:
        return  # a version made otherwise: its modules are left as they are

    def wants(path: str) -> bool:
        return loader.wants("", path)

    def compile_tree(source: Any, filename: str, *arguments: Any, **options: Any) -> Any:
        if isinstance(source, ast.Module) and wants(filename):
            name = os.path.splitext(os.path.basename(filename))[0]
            code = loader.code_of_tree(name, filename, source)
            if code is not None:
                return code
        return compile(source, filename, *arguments, **options)

    def _read_pyc(source: Any, *arguments: Any) -> CodeType | None:
        path = str(source)
        if not wants(path):
            return read_pyc(source, *arguments)  # type: ignore[no-any-return]  # pytest's
        found = loader.found(path, key_of(path), tree=True)
        return None if found is None else found.code

    def _write_pyc(state: Any, code: CodeType, *arguments: Any) -> Any:
        return True if wants(code.co_filename) else write_pyc(state, code, *arguments)

    # The module has no `compile` of its own: this one is found before the built-in one.
    names.update(compile=compile_tree, _read_pyc=_read_pyc, _write_pyc=_write_pyc)
