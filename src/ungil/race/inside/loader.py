"""Have the program's own modules instrumented when it imports them.

One method is replaced, by which the standard library's loaders get the code of a module from its source. So finders,
specs, loaders and all else they are asked for stay the interpreter's own, and so does what becomes of a module that
does not compile.
"""

from __future__ import annotations

import os
import sys
import zipimport
from functools import partial

from ungil.race.inside import imports
from ungil.race.inside.hidden import hide
from ungil.race.inside.sites import Site

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Container, Iterable
    from types import CodeType
    from typing import Any, TypeAlias

    Event = dict[str, object]
    Key: TypeAlias = tuple[int, int]
    """What tells two versions of a file apart: when it was changed, and its size."""

_external: Any = sys.modules["_frozen_importlib_external"]
_INSTALLED = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)
_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")
_UNGIL = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "")
_INSIDE = tuple(os.path.join(_UNGIL, *names, "") for names in (("race",), ("launch", "inside"), ("substitute",)))
# Bound now: programs (and their tests) replace these.
_open, _write, _close, _stat = os.open, os.write, os.close, os.stat


class Code:
    """The instrumented code of one version of a file."""

    def __init__(self, key: Key, code: CodeType, warned: list[Any]) -> None:
        self.key, self.code = key, code
        self._warned = warned

    def warn(self) -> None:
        """Give the warnings that its compilation gave. Raises where the program has made errors of them."""
        if self._warned:
            import warnings

            for warning in self._warned:
                warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


class Loader:
    """The program's modules, instrumented. A run finds those that earlier ones have imported."""

    def __init__(self, session: Any, *, roots: Iterable[str], include: Iterable[str], report: str) -> None:
        """Modules below ``roots`` are the program's, and those named in ``include``.

        ``report`` is the path of a file, in which a run tells the server what it has learnt.
        """
        from ungil.race.inside.rewrite import instrument

        self._instrument = instrument
        self._session = session
        self._roots = tuple({os.path.join(root, "") for root in roots})
        self._include = frozenset(include)
        self._report = report
        self._codes: dict[tuple[str, bool], Code] = {}
        """By path, and by whether pytest has rewritten its assertions."""
        self._failed: dict[str, Key] = {}
        self._wanted: dict[tuple[str, str], bool] = {}
        self._known: set[str] = set()
        """Names of modules that no run need report."""
        self._before: frozenset[str] = frozenset()
        self._in_run = False
        self._events: list[Event] = []
        self._notify: Callable[[Event], None] = self._events.append
        open(report, "wb").close()

    # --- in the server

    def install(self) -> None:
        """Take the place of ``get_code`` in the loaders of source files and of archives."""
        global _loader
        _loader = self
        for kind, function in ((_external.SourceLoader, _get_code), (zipimport.zipimporter, _get_archived_code)):
            _originals[kind] = kind.get_code
            kind.get_code = hide(function)  # type: ignore[method-assign]  # that is what it is about
        from ungil.race.inside import pytest_hook
        from ungil.substitute._hooks import when_imported

        when_imported("_pytest.assertion.rewrite", lambda module: pytest_hook.patch(module, self))

    def script(self, path: str) -> Code | None:
        """A script; None where the interpreter itself is to say what is wrong with it."""
        try:
            key = key_of(path)
            with open(path, "rb") as file:
                source = file.read()
        except OSError:
            return None
        code = self._record("__main__", path, key, source)
        if code is None and path in self._failed:
            try:
                return Code(key, compile(source, path, "exec", dont_inherit=True), [])
            except (SyntaxError, ValueError):
                return None
        return code

    def settle(self) -> None:
        """All has been imported that later runs are to find."""
        self._before = frozenset(sys.modules)

    def learn(self, own: imports.OwnImports) -> bool:
        """Take over what a run has learnt, so that later ones find it; whether there was anything."""
        if os.path.getsize(self._report) == 0:
            return False
        with open(self._report, "r+", encoding="ascii") as file:
            told = [eval(line) for line in file if line.endswith("\n")]
            file.truncate(0)
        for _, *about in sorted(entry for entry in told if entry[0] == "module"):
            self._take_over(*about)
        for what, *about in told:
            if what == "failed":
                self._failed[about[0]] = about[1]
            elif what == "imported":
                self._known.update(about[0])
                own.load(about[0])
        return True

    def take_events(self) -> list[Event]:
        """What there is to tell of the server's own work."""
        events, self._events[:] = self._events[:], []
        return events

    def _take_over(self, first: int, count: int, name: str, path: str, key: Key, source: bytes, tree: bool) -> None:
        """Instrument what a run has instrumented, so that its sites have the same numbers: ``count`` from ``first``."""
        sites = self._session.sites
        if first < len(sites):
            return
        _fill(sites, first)
        self._record(name, path, key, _unpickled(source) if tree else source)
        _fill(sites, first + count)
        self._events.clear()  # the run has told it

    def _record(self, name: str, path: str, key: Key, source: bytes | ast.Module) -> Code | None:
        """As ``_make``, keeping the warnings for the runs."""
        import warnings

        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            code = self._make(name, path, key, source)
        if code is not None:
            code._warned = warned
        return code

    # --- in a run

    def begin(self, notify: Callable[[Event], None]) -> None:
        self._in_run = True
        self._notify = notify

    def wants(self, name: str, path: str) -> bool:
        """Whether this module is to be instrumented."""
        known = self._wanted.get((name, path))
        if known is None:
            known = self._wanted[name, path] = self._is_programs(name, path)
        return known

    def code(self, name: str, path: str, key: Key, read: Callable[[], bytes], *, quiet: bool) -> CodeType | None:
        """The code of a module; None where that is to be had as without us.

        ``quiet``: the interpreter has the module compiled already, and so would give no warnings. May raise.
        """
        if self._failed.get(path) == key:
            return None
        found = self.found(path, key)
        if found is None:
            if quiet:
                import warnings

                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found = self._make(name, path, key, read())
            else:
                found = self._make(name, path, key, read())
        elif not quiet:
            found.warn()
        return None if found is None else found.code

    def found(self, path: str, key: Key, *, tree: bool = False) -> Code | None:
        """What an earlier run has instrumented, if it still is the same."""
        code = self._codes.get((path, tree))
        return code if code is not None and code.key == key else None

    def code_of_tree(self, name: str, path: str, tree: ast.Module) -> CodeType | None:
        """The code of a tree that pytest has made of a file; None where it has to be compiled as without us."""
        key = key_of(path)
        if self._failed.get(path) == key:
            return None
        code = self._make(name, path, key, tree)
        return None if code is None else code.code

    def imported(self) -> list[str]:
        """The names of the modules this run has imported, in that order."""
        if len(sys.modules) == len(self._before):
            return []  # the common case: to look at each would write to it, and so copy its page
        return [name for name in list(sys.modules) if name not in self._before]

    def tell_imports(self, names: list[str]) -> None:
        """Let the server import what this run has, where that does nothing else."""
        names = [name for name in names if name not in self._known and imports.is_known(name)]
        if names:
            self._tell("imported", names)

    # --- in both

    def refuse(self, path: str, key: Key, why: str) -> None:
        """Leave a module as it is, in later runs too, and tell why."""
        if self._failed.get(path) != key:
            self._failed[path] = key
            self._tell("failed", path, key)
            self._notify({"event": "not-instrumented", "path": path, "why": why})

    def _make(self, name: str, path: str, key: Key, source: bytes | ast.Module) -> Code | None:
        """Instrument a module; tell of it, and where this is a run tell the server too."""
        is_tree = not isinstance(source, bytes)
        same = b"" if not self._in_run else source if isinstance(source, bytes) else _pickled(source)
        sites = self._session.sites
        try:
            module = self._instrument(source, path, sites, self._session.make_hook, module_name=name, optimize=-1)
        except (SyntaxError, ValueError):  # ValueError: a zero byte
            return None
        except Exception as error:
            self.refuse(path, key, f"{type(error).__name__}: {error}")
            return None
        code = self._codes[path, is_tree] = Code(key, module.code, [])
        first = module.sites[0].index if module.sites else len(sites)
        self._tell("module", first, len(module.sites), name, path, key, same, is_tree)
        self._session.add(module)
        self._notify(
            {
                "event": "module",
                "path": path,
                "module": name,
                "sites": [site.row() for site in module.sites],
                "pairs": module.pairs,
                "calls": module.calls,
            }
        )
        return code

    def _is_programs(self, name: str, path: str) -> bool:
        if path.startswith(_INSIDE):
            return False  # it is at work here
        while name:
            if name in self._include:
                return True
            name = name.rpartition(".")[0]
        absolute = os.path.abspath(path)
        return any(
            way.startswith(self._roots)
            and not way.startswith((_LIBRARY, _UNGIL))
            and not any(part in way for part in _INSTALLED)
            for way in (absolute, os.path.realpath(absolute))
        )

    def _tell(self, *entry: object) -> None:
        """Tell the server, if this is a run."""
        if not self._in_run:
            return
        try:
            descriptor = _open(self._report, os.O_WRONLY | os.O_APPEND)
            try:
                _write(descriptor, (ascii(entry) + "\n").encode())
            finally:
                _close(descriptor)
        except OSError:
            pass  # a full disk, another root folder: later runs do without


def key_of(path: str) -> Key:
    about = _stat(path)
    return about.st_mtime_ns, about.st_size


_loader: Loader
_originals: dict[Any, Callable[[Any, str], CodeType | None]] = {}


def _get_code(self: Any, fullname: str) -> CodeType | None:
    code = _of_source(self, fullname)
    return _originals[_external.SourceLoader](self, fullname) if code is None else code


def _get_archived_code(self: Any, fullname: str) -> CodeType | None:
    code = _of_archived(self, fullname)
    return _originals[zipimport.zipimporter](self, fullname) if code is None else code


def _of_source(loader: Any, name: str) -> CodeType | None:
    try:
        path = loader.get_filename(name)
        if not _loader.wants(name, path):
            return None
        if type(loader).source_to_code is not _external.SourceLoader.source_to_code:
            _loader.refuse(path, key_of(path), f"{type(loader).__name__} makes something else of its source")
            return None
        return _loader.code(name, path, key_of(path), partial(loader.get_data, path), quiet=_is_compiled(path))
    except Exception:
        return None  # the original will meet it


def _of_archived(loader: Any, name: str) -> CodeType | None:
    try:
        for ending in (os.sep + "__init__.py", ".py"):
            path = os.path.join(loader.archive, loader.prefix + name.rpartition(".")[2] + ending)
            if path.removeprefix(loader.archive + os.sep) in _files(loader):
                if not _loader.wants(name, path):
                    return None
                read = partial(loader.get_data, path)
                return _loader.code(name, path, key_of(loader.archive), read, quiet=False)
    except Exception:
        pass  # the original will meet it
    return None


def _files(loader: Any) -> Container[str]:
    files: Any = getattr(loader, "_get_files", None)  # since 3.13
    return loader._files if files is None else files()  # type: ignore[no-any-return]  # zipimport's own


def _is_compiled(path: str) -> bool:
    """Whether the interpreter has its own file of the module's code, and needs no new one."""
    try:
        with open(_external.cache_from_source(path), "rb") as file:
            header = file.read(16)
        about = _stat(path)
    except (OSError, NotImplementedError):
        return False
    changed, size = int.from_bytes(header[8:12], "little"), int.from_bytes(header[12:], "little")
    return header[:8] == _external.MAGIC_NUMBER + bytes(4) and (changed, size) == (
        int(about.st_mtime) & 0xFFFFFFFF,
        about.st_size & 0xFFFFFFFF,
    )


def _fill(sites: Any, length: int) -> None:
    """Pass over numbers."""
    sites.add([Site(-1, "", 0, 0, 0, 0, "", "", None) for _ in range(length - len(sites))])


def _pickled(tree: ast.Module) -> bytes:
    import pickle

    return pickle.dumps(tree)


def _unpickled(data: bytes) -> Any:
    import pickle

    return pickle.loads(data)
