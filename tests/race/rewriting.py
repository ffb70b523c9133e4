"""What the rewriting of modules promises, as checks that any interpreter has to pass.

Run as a program by the interpreter under test: ``python rewriting.py GROUP FOLDER``. Prints a JSON object of the checks
that failed, with what came instead. FOLDER is for files that are made on the way.
"""

from __future__ import annotations

import contextlib
import dis
import importlib.machinery
import importlib.util
import io
import json
import operator
import os
import re
import sys
import sysconfig
import time
import traceback
import types
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from ungil.race.inside.rewrite import Module, instrument
from ungil.race.inside.sites import IDLE, Site, Sites

HERE = Path(__file__).parent
FOLDER = Path(sys.argv[2]) if len(sys.argv) > 2 else HERE
ARITY = {"receiver-key": 2, "update-marked": 2, "cell-value": 2, "each": 0}


class Hook:
    """Does what an idle hook does, and writes down what it was called with."""

    heard: list[tuple[Site, str, tuple[Any, ...]]] | None = None

    def __init__(self, site: Site, role: str) -> None:
        self.site, self.role = site, role

    def __call__(self, *arguments: Any) -> Any:
        assert len(arguments) == ARITY.get(self.role, 1)
        if Hook.heard is not None:
            Hook.heard.append((self.site, self.role, arguments))
        return IDLE[self.role](*arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return operator.getitem, (IDLE, self.role)


def instrumented(source: Any, path: str = "<source>", **more: Any) -> Module:
    return instrument(source, path, Sites(), Hook, **more)


def compiled(source: Any, path: str, **more: Any) -> types.CodeType:
    return compile(source, path, "exec", dont_inherit=True, **more)


def with_hooks(source: Any, path: str, **more: Any) -> types.CodeType:
    return instrumented(source, path, **more).code


# --- small programs, with their accesses heard of and without


def snippets() -> dict[str, bytes]:
    found = {}
    for text in (HERE / "snippets.txt").read_text(encoding="utf-8").split("\n#### ")[1:]:
        header, _, source = text.partition("\n")
        name, _, needed = header.partition(" >=3.")
        if not needed or sys.version_info >= (3, int(needed)):
            found[name] = source.encode()
    found["old encoding"] = "# -*- coding: latin-1 -*-\nclass O: é = 'ä'\nprint(O.é.missing)\n".encode("latin-1")
    found["byte order mark"] = b"\xef\xbb\xbfclass O: a = 1\r\nprint(O.a)\r\nO.b\r\n"
    return found


def behaviour(make: Any, source: bytes, path: Path, name: str, optimize: int) -> dict[str, Any]:
    """All that shows of a program."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    out, error = io.StringIO(), io.StringIO()
    raised = None
    with (
        warnings.catch_warnings(record=True) as warned,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(error),
    ):
        warnings.simplefilter("always")
        try:
            exec(make(source, str(path), optimize=optimize), module.__dict__)
        except BaseException as exception:
            exception.__traceback__ = exception.__traceback__ and exception.__traceback__.tb_next
            raised = "".join(traceback.format_exception(exception))
    told = [(each.category.__name__, str(each.message), each.filename, each.lineno) for each in warned]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            make(source, str(path), optimize=optimize)
            refused = None
        except SyntaxError as exception:
            refused = repr((exception, exception.filename, exception.lineno, exception.offset, exception.text))
    del sys.modules[name]
    shown = {"out": out.getvalue(), "err": error.getvalue(), "raised": raised, "warned": told, "refused": refused}
    return {key: re.sub(r"\b0x[0-9a-f]+", "0x", str(value)) for key, value in shown.items()}


def check_snippets() -> dict[str, Any]:
    failed = {}
    for number, (name, source) in enumerate(snippets().items()):
        path = FOLDER / f"snippet_{number}.py"
        path.write_bytes(source)
        for optimize in (0, 2):
            plain = behaviour(compiled, source, path, path.stem, optimize)
            heard = behaviour(with_hooks, source, path, path.stem, optimize)
            if plain != heard:
                failed[f"{name}, -O {optimize}"] = [
                    (key, plain[key], heard[key]) for key in plain if plain[key] != heard[key]
                ]
            elif not name.startswith("traceback") and "SyntaxError" in plain["raised"]:
                failed[f"{name} is no program here"] = plain["raised"]
    return failed


# --- what the hooks are called with


class Thing:
    """Something that any access can be done to."""

    def __init__(self, name: str) -> None:
        self.__dict__["name"] = name

    def __repr__(self) -> str:
        return self.name

    def _made(self, name: str) -> Thing:
        return Thing(self.name + name)

    def __getattr__(self, name: str) -> Thing:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._made(f".{name}")

    def __setattr__(self, name: str, value: object) -> None:
        tell(f"{self}.{name} = {value}")

    def __delattr__(self, name: str) -> None:
        tell(f"del {self}.{name}")

    def __getitem__(self, key: object) -> Thing:
        return self._made(f"[{key}]")

    def __setitem__(self, key: object, value: object) -> None:
        tell(f"{self}[{key}] = {value}")

    def __delitem__(self, key: object) -> None:
        tell(f"del {self}[{key}]")

    def __call__(self, *arguments: object) -> Thing:
        return self._made(f"({', '.join(map(str, arguments))})")

    def __iadd__(self, other: object) -> Thing:
        tell(f"{self} += {other}")
        return self

    def __iter__(self) -> Any:
        tell(f"iter {self}")
        return iter([self._made("-0"), self._made("-1")])

    def __next__(self) -> Thing:
        tell(f"next {self}")
        return self._made("-next")

    def __len__(self) -> int:
        tell(f"len {self}")
        return 2

    def __bool__(self) -> bool:
        tell(f"bool {self}")
        return True

    def __contains__(self, other: object) -> bool:
        tell(f"{other} in {self}")
        return True

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__


told: list[str] = []


def tell(what: str) -> None:
    told.append(what)


def show(value: object) -> str:
    if isinstance(value, types.FunctionType):
        return "cell"
    if isinstance(value, types.ModuleType):
        return "module"
    return type(value).__name__ if type(value).__module__ == "snippet" else str(value)


class Telling(Hook):
    def __call__(self, *arguments: Any) -> Any:
        shown = ", ".join(map(show, arguments))
        name = "" if self.site.name is None else f" {self.site.name}"
        tell(f"{self.site.op}{name} {self.role}({shown})")
        return super().__call__(*arguments)


def heard(source: str) -> list[str]:
    told.clear()
    names: dict[str, Any] = {each: Thing(each) for each in "abcdo"} | {"__name__": "snippet"}
    module = instrument(source, "<source>", Sites(), Telling)
    try:
        exec(module.code, names)
    except Exception:
        tell(traceback.format_exc())
    return list(told)


CALLS: dict[str, list[str]] = {
    "o.a": ["read a receiver(o)"],
    "o.a.b": ["read a receiver(o)", "read b receiver(o.a)"],
    "o.a = b.c": ["read c receiver(b)", "write a receiver(o)", "o.a = b.c"],
    "o.a = b.c = a": ["write a receiver(o)", "o.a = a", "write c receiver(b)", "b.c = a"],
    "(o.a, *b.c), d[1] = [a, b], c": [
        "write a receiver(o)",
        "o.a = a",
        "write c receiver(b)",
        "b.c = [b]",
        "item-write 1 receiver-key(d, 1)",
        "d[1] = c",
    ],
    "o.a: a = b": ["write a receiver(o)", "o.a = b"],
    "for o.a in [1]: pass": ["write a receiver(o)", "o.a = 1"],
    "del o.a, b[c], d['k']": [
        "delete a receiver(o)",
        "del o.a",
        "item-delete c receiver(b)",
        "item-delete c key(c)",
        "del b[c]",
        "item-delete 'k' receiver-key(d, k)",
        "del d[k]",
    ],
    "o.a += b.c": [
        "update a receiver(o)",
        "read c receiver(b)",
        "update a update(b.c)",
        "o.a += b.c",
        "o.a = o.a",
    ],
    "o[a]": ["item-read a receiver(o)", "item-read a key(a)"],
    "o[1], o[-1], o['k'], o[1, 2]": [
        "item-read 1 receiver-key(o, 1)",
        "item-read -1 receiver-key(o, -1)",
        "item-read 'k' receiver-key(o, k)",
        "item-read 1, 2 receiver-key(o, (1, 2))",
    ],
    "def f(k):\n o[k]; o[k] = 1; del o[k]; o[k] += 2\nf(3)": [
        "item-read k receiver-key(o, 3)",
        "item-write k receiver-key(o, 3)",
        "o[3] = 1",
        "item-delete k receiver-key(o, 3)",
        "del o[3]",
        "item-update k receiver-key(o, 3)",
        "item-update k update(2)",
        "o[3] += 2",
        "o[3] = o[3]",
    ],
    "def f(k):\n o[k]\n return lambda: k\nf(3)": ["item-read k receiver(o)", "item-read k key(3)"],
    "o[a.b] += c[d]": [
        "item-update a.b receiver(o)",
        "read b receiver(a)",
        "item-update a.b key(a.b)",
        "item-read d receiver(c)",
        "item-read d key(d)",
        "item-update a.b update(c[d])",
        "o[a.b] += c[d]",
        "o[a.b] = o[a.b]",
    ],
    "o[a:b.c]": ["slice-read a:b.c receiver(o)", "read c receiver(b)"],
    "o[a:, 1] = o[:]": [
        "slice-read : receiver(o)",
        "slice-write a:, 1 receiver(o)",
        "o[(slice(a, None, None), 1)] = o[slice(None, None, None)]",
    ],
    "o[:1] += a": [
        "slice-update :1 receiver(o)",
        "slice-update :1 update(a)",
        "o[slice(None, 1, None)] += a",
        "o[slice(None, 1, None)] = o[slice(None, 1, None)]",
    ],
    "o.append(a.b)": ["call append receiver(o)", "read b receiver(a)"],
    "o.other(a.pop())": ["call pop receiver(a)"],
    "o.callback(1)\na.callback = 2": [
        "read callback receiver(o)",
        "write callback receiver(a)",
        "a.callback = 2",
    ],
    "o.__next__()": ["next __next__ receiver(o)", "next o"],
    "o.__class__, o.__dict__": [],
    "len(o)": ["len receiver(o)", "len o"],
    "len(o.a)": ["read a receiver(o)", "len receiver(o.a)", "len o.a"],
    "bool(o)": ["truth receiver(o)", "bool o"],
    "len([o])": [],
    "next(o), next(o, 1)": ["next receiver(o)", "next o", "next receiver(o)", "next o"],
    "if o: pass": ["truth receiver(o)", "bool o"],
    "if o.a and not b[1]: pass": [
        "read a receiver(o)",
        "truth receiver(o.a)",
        "bool o.a",
        "item-read 1 receiver-key(b, 1)",
        "truth receiver(b[1])",
        "bool b[1]",
    ],
    "while o.f(): break": ["truth receiver(o.f())", "bool o.f()"],
    "while o.is_set(): break": ["bool o.is_set()"],
    "assert o, a.b": ["truth receiver(o)", "bool o"],
    "1 if o else 2": ["truth receiver(o)", "bool o"],
    "(o and a) is a": ["truth receiver(o)", "bool o"],
    "[1 for x in [1] if o]": ["truth receiver(o)", "bool o"],
    "match a:\n case b if o: pass": ["truth receiver(o)", "bool o"],
    "a in o": ["contains key(a)", "contains receiver(o)", "a in o"],
    "a.b not in o.c": [
        "read b receiver(a)",
        "contains key(a.b)",
        "read c receiver(o)",
        "contains receiver(o.c)",
        "a.b in o.c",
    ],
    "a in o in b": ["a in o", "o in b"],
    "a in (a, b)": [],
    "for x in o: a.b": [
        "iterate receiver(o)",
        "iter o",
        "iterate each()",
        "global-write x value(None)",
        "read b receiver(a)",
        "iterate each()",
        "global-write x value(None)",
        "read b receiver(a)",
    ],
    "for x in range(1): a.b": ["global-write x value(None)", "read b receiver(a)"],
    "[x for x in o if x.b]": [
        "iterate receiver(o)",
        "iter o",
        *("iterate each()", "read b receiver(o-0)", "truth receiver(o-0.b)", "bool o-0.b"),
        *("iterate each()", "read b receiver(o-1)", "truth receiver(o-1.b)", "bool o-1.b"),
    ],
    "list(x.b for x in o.a)": [
        "read a receiver(o)",
        "iterate receiver(o.a)",
        "iter o.a",
        *("iterate each()", "read b receiver(o.a-0)"),
        *("iterate each()", "read b receiver(o.a-1)"),
    ],
    "{x: y for x in [a] for y in x}": ["iterate receiver(a)", "iter a", "iterate each()", "iterate each()"],
    "sum([1], 2)\nsorted([1])\nmax(o, key=id)\nmax(o, a, key=id)": [
        "consume max receiver(o)",
        "iter o",
    ],
    "list(zip(o, a.b))": [
        "consume zip receiver(o)",
        "read b receiver(a)",
        "consume zip receiver(a.b)",
        "iter o",
        "iter a.b",
    ],
    "map(o, a), filter(o, a)": [
        *("consume map receiver(a)", "iter a"),
        *("consume filter receiver(a)", "iter a"),
    ],
    "set(o.values())": ["call values receiver(o)", "consume set receiver(o.values())", "iter o.values()"],
    "def list(x): pass\nlist(o)": [],
    "g = 1\ng = 2\ng": [
        "global-write g value(1)",
        "global-write g value(2)",
        "global-read g value(2)",
    ],
    "g = 1\ng += 2\ng": [
        "global-write g value(1)",
        "global-update g value(None)",
        "global-update g update-marked(None, 2)",
        "global-read g value(3)",
    ],
    "h = 1\nh": [],
    "o.f()\nh = 1\nh": ["global-write h value(1)", "global-read h value(1)"],
    "import contextlib\nwith contextlib.nullcontext(o.a) as x, contextlib.nullcontext(o) as o.b: pass": [
        "read a receiver(o)",
        "write b receiver(o)",
        "o.b = o",
    ],
    "'-'.join(o.a.b and [])\n'-'.join(c.keys() if 0 else [])\nlist(map(str, o.items()))": [
        "read a receiver(o)",
        "read b receiver(o.a)",
        "truth receiver(o.a.b)",
        "bool o.a.b",
        "call items receiver(o)",
        "consume map receiver(o.items())",
        "iter o.items()",
    ],
    "def f():\n global g\n g, h = 1, 2\n del g\nf()": [
        "global-write g value(None)",
        "global-delete g value(None)",
    ],
    "try: import json\nexcept ImportError: json = None\njson.x = 1\njson.x, json.dumps": [
        "global-write json value(None)",
        "global-read json value(module)",
        "write x receiver(module)",
        "global-read json value(module)",
        "read x receiver(module)",
        "global-read json value(module)",
        "read dumps receiver(module)",
    ],
    "import json\njson.x = 1\njson.x, json.dumps": ["write x receiver(module)", "read x receiver(module)"],
    "import json\njson.dumps, json.decoder.NaN": ["read NaN receiver(module)"],
    "def f():\n n = 0\n def g():\n  nonlocal n\n  n = n + 1\n g()\n return n\nf()": [
        "cell-write n cell-value(cell, 0)",
        "cell-read n cell-value(cell, 0)",
        "cell-write n cell-value(cell, 1)",
        "cell-read n cell-value(cell, 1)",
    ],
    "def f():\n n = 0\n def g():\n  nonlocal n\n  n += 2\n g()\nf()": [
        "cell-write n cell-value(cell, 0)",
        "cell-update n cell-mark(cell)",
        "cell-update n update-marked(None, 2)",
    ],
    "def f():\n for i in (1, 2):\n  def g(): return i\n g()\nf()": [
        "cell-write i cell-value(cell, None)",
        "cell-write i cell-value(cell, None)",
        "cell-read i cell-value(cell, 2)",
    ],
    "def f():\n n = 0\n return lambda: n\nf()()": [],
    "class C:\n def f(self): self.__p = 1; self.__p\nC().f()": ["write _C__p receiver(C)", "read _C__p receiver(C)"],
    "class C:\n x = 1\n x = 2\n y = x": [],
    "super.x if 0 else o.super": ["read super receiver(o)"],
    "__slots__ = o.a\n__all__ = o.b": [],
    "x: o.a\ndef f(p: o.b) -> o.c: pass": [],
    "a.b[c].d": [
        "read b receiver(a)",
        "item-read c receiver(a.b)",
        "item-read c key(c)",
        "read d receiver(a.b[c])",
    ],
    "f'{o.a} {1:{c.d.name and 5}}'": [
        "read a receiver(o)",
        "read d receiver(c)",
        "read name receiver(c.d)",
        "truth receiver(c.d)",
    ],
}


def check_calls() -> dict[str, Any]:
    return {source: found for source, expected in CALLS.items() if (found := heard(source)) != expected}


# --- what a hook costs in bytecode

PLAIN_ACCESSES = """
def f(o, p):
    o.a; o.b = 1; del o.c; o.d += 1
    o[p.k]; o[p.k] = 1; del o[p.k]; o[p.k] += 1; o[1:2]; o[:] = (); del o[:]
    o.append(1); len(o); next(o); p.k in o
    if o: sorted(o)
    for x in o.e:
        sum(o.f)
    return not o.g
"""


def instructions(code: types.CodeType) -> Counter[str]:
    found: Counter[str] = Counter()
    for each in dis.get_instructions(code):
        # Two that the compiler made one of, which depends on what stands beside them.
        found.update(re.findall(r"(?:LOAD|STORE)_FAST(?:_BORROW)?", each.opname) or [each.opname])
    del found["EXTENDED_ARG"]
    return found


def function_of(code: types.CodeType) -> types.CodeType:
    return next(each for each in code.co_consts if isinstance(each, types.CodeType))


def check_bytecode() -> dict[str, Any]:
    plain = function_of(compiled(PLAIN_ACCESSES, "<source>"))
    heard = function_of(with_hooks(PLAIN_ACCESSES, "<source>"))
    hooks = sum(isinstance(each.argval, Hook) for each in dis.get_instructions(heard))
    more = instructions(heard)
    more.subtract(instructions(plain))
    each_of_loop = {"POP_TOP": 1}
    expected = {"LOAD_CONST": hooks, "PUSH_NULL": hooks, "CALL": hooks, **each_of_loop}
    found = {name: count for name, count in more.items() if count}
    return {} if hooks > 20 and found == expected else {"more instructions": found, "hooks": hooks}


# --- every kind of source: the standard library

KEPT = ("co_name", "co_qualname", "co_varnames", "co_flags", "co_argcount", "co_firstlineno", "co_kwonlyargcount")
KEPT_IN_ANY_ORDER = ("co_names", "co_freevars", "co_cellvars")


def outline(code: types.CodeType) -> tuple[Any, ...]:
    return (
        *(getattr(code, name) for name in KEPT),
        *(tuple(sorted(getattr(code, name))) for name in KEPT_IN_ANY_ORDER),
        code.co_consts[0] if isinstance(code.co_consts[0], str) and "DOCSTRING" in str(code.co_consts[0]) else None,
        sorted({line for _, _, line in code.co_lines() if line}),
    )


def outlines(code: types.CodeType) -> list[str]:
    """Of a module and all functions in it; the lambdas that are only there for their cells are left out."""
    found = [repr(outline(code))]
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            found += outlines(each)
    return found


def sources(step: int) -> list[str]:
    found = []
    for folder, folders, files in os.walk(os.path.dirname(os.__file__)):
        folders[:] = [each for each in folders if each not in ("site-packages", "__pycache__")]
        found += [os.path.join(folder, each) for each in files if each.endswith(".py")]
    return sorted(found)[::step]


def check_library() -> dict[str, Any]:
    failed: dict[str, Any] = {}
    warnings.simplefilter("ignore")
    for path in sources(12):
        source = Path(path).read_bytes()
        try:
            plain = compiled(source, path)
        except (SyntaxError, ValueError):
            continue  # made to be wrong
        try:
            heard = with_hooks(source, path)
        except Exception:
            failed[path] = traceback.format_exc()[-1500:]
            continue
        lost = Counter(outlines(plain)) - Counter(outlines(heard))
        more = Counter(each for each in outlines(heard) if not each.startswith("('<lambda>'")) - Counter(
            outlines(plain)
        )
        if lost or more:
            failed[path] = [*lost, "---", *more]
    return failed


# --- real work, done by modules of the standard library


@contextlib.contextmanager
def made_new(names: tuple[str, ...], make: Any, without: tuple[str, ...] = ()) -> Any:
    """Modules are imported anew, compiled so, and without their C halves."""
    before = dict(sys.modules)
    get_code = importlib.machinery.SourceFileLoader.get_code

    def get_code_so(loader: Any, name: str) -> Any:
        if name.partition(".")[0] not in names:
            return get_code(loader, name)
        path = loader.get_filename(name)
        now = dict(sys.modules)
        sys.modules.update(before)  # what the rewriting itself imports is not to be new
        try:
            return make(loader.get_data(path), path)
        finally:
            sys.modules.clear()
            sys.modules.update(now)

    for name in before:
        if name.partition(".")[0] in names:
            del sys.modules[name]
    for name in without:
        sys.modules[name] = None  # type: ignore[assignment]  # as the import system has it
    importlib.machinery.SourceFileLoader.get_code = get_code_so  # type: ignore[method-assign]  # that is the test
    try:
        yield
    finally:
        importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign]  # that is the test
        sys.modules.clear()
        sys.modules.update(before)


def work_json() -> Any:
    import json

    data = {"a": [1, 2.5, None, True, {"b": "é\n", "c": []}], "d": {str(i): i for i in range(50)}}
    text = json.dumps(data, indent=2, sort_keys=True)
    assert json.loads(text) == data
    errors = []
    for bad in ("{", '{"a" 1}', "[1,]", '"\\x"', "nul", "[1] 2"):
        try:
            json.loads(bad)
        except ValueError as error:
            errors.append(str(error))
    return text, json.dumps(data), errors


def work_ast() -> Any:
    import ast

    source = Path(contextlib.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source)
    return ast.unparse(tree), ast.dump(tree)[:5000], len(list(ast.walk(tree)))


def work_text() -> Any:
    import difflib
    import string
    import textwrap
    import tokenize

    text = (HERE / "snippets.txt").read_text(encoding="utf-8")[:6000]
    wrapped = textwrap.fill(textwrap.dedent(text), 40)
    source = Path(operator.__file__).read_bytes()
    tokens = [str(each) for each in tokenize.tokenize(io.BytesIO(source).readline)]
    changes = list(difflib.unified_diff(text.splitlines(), wrapped.splitlines()))
    return wrapped, tokens, changes, string.Template("$a $$ ${b}").substitute(a=1, b=2), string.capwords("a b")


def work_arguments() -> Any:
    import argparse

    parser = argparse.ArgumentParser(prog="p", description="d " * 60)
    parser.add_argument("-n", type=int, default=3, help="number, %(default)s")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--yes", action="store_true")
    group.add_argument("--no", dest="yes", action="store_false")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run").add_argument("names", nargs="+", choices=["a", "b"])
    found = []
    for arguments in (["run", "a"], ["-n4", "--yes", "run", "a", "b"], ["-nx", "run"], ["--yes", "--no", "run", "a"]):
        error = io.StringIO()
        with contextlib.redirect_stderr(error):
            try:
                found.append(str(parser.parse_args(arguments)))
            except SystemExit as status:
                found.append(f"{status} {error.getvalue()}")
    return found, parser.format_help()


def work_classes() -> Any:
    import collections
    import dataclasses
    import enum
    import functools
    import heapq
    import typing

    @dataclasses.dataclass(order=True, slots=True)
    class Item:
        cost: int
        names: list[str] = dataclasses.field(default_factory=list, compare=False)

    class Level(enum.IntFlag):
        LOW = enum.auto()
        HIGH = enum.auto()

    class Row(typing.NamedTuple):
        a: int
        b: Level = Level.LOW

    @functools.lru_cache(maxsize=8)
    def fibonacci(n: int) -> int:
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    @functools.singledispatch
    def kind(value: object) -> str:
        return "object"

    kind.register(int, lambda value: "int")
    heap = [Item(3), Item(1, ["x"]), Item(2)]
    heapq.heapify(heap)
    ordered = collections.OrderedDict.fromkeys("abc", 1)
    ordered.move_to_end("a")
    counted = collections.Counter("mississippi")
    counted.update("miss")
    return (
        [str(heapq.heappop(heap)) for _ in range(3)],
        str(list(Level)),
        str(Level.LOW | Level.HIGH),
        str(Row(1)._replace(a=2)),
        fibonacci(30),
        str(fibonacci.cache_info()),
        [kind(1), kind("")],
        str(ordered),
        counted.most_common(),
        str(collections.ChainMap({"a": 1}, {"b": 2})["b"]),
    )


def work_numbers() -> Any:
    import fractions
    import random
    import statistics

    random.seed(3)
    values = [random.random() for _ in range(200)]
    third = fractions.Fraction(1, 3)
    return (
        str(sum(third**k for k in range(20))),
        statistics.stdev(values),
        statistics.quantiles(values),
        random.sample(range(100), 5),
    )


def work_pickle() -> Any:
    import _pyio
    import copy
    import pickle

    data = {"a": [1, (2, "x" * 300), {3}], "b": (fractions, len), "c": 1 << 90, None: b"y"}
    data["self"] = data  # type: ignore[assignment]  # it holds itself
    copied = copy.deepcopy(data)
    text = _pyio.TextIOWrapper(_pyio.BytesIO("ä\r\nb\n".encode()), encoding="utf-8")
    sizes = [len(pickle.dumps(data, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    loaded = pickle.loads(pickle.dumps(data))
    return sizes, loaded["self"] is loaded, loaded["b"][1] is len, copied["a"] == data["a"], text.readlines()


fractions = operator.add
"""Something to pickle."""

WORK: dict[str, tuple[Any, tuple[str, ...], tuple[str, ...]]] = {
    "json": (work_json, ("json",), ("_json",)),
    "ast": (work_ast, ("ast", "_ast_unparse"), ()),
    "text": (work_text, ("difflib", "string", "textwrap", "tokenize"), ()),
    "arguments": (work_arguments, ("argparse", "gettext", "textwrap"), ()),
    "classes": (
        work_classes,
        ("collections", "dataclasses", "enum", "functools", "heapq", "typing", "reprlib"),
        ("_functools", "_heapq"),
    ),
    "numbers": (work_numbers, ("fractions", "random", "statistics", "numbers"), ("_statistics",)),
    "pickle": (work_pickle, ("pickle", "_pyio", "copy", "codecs", "copyreg"), ("_pickle",)),
}


def check_work() -> dict[str, Any]:
    import ast

    ast.unparse(ast.parse("1"))  # imports what is then to be imported anew
    failed = {}
    for name, (work, modules, without) in WORK.items():
        results = []
        for make in (compiled, with_hooks):
            with made_new(modules, make, without):
                try:
                    results.append(repr(work()))
                except Exception:
                    results.append(traceback.format_exc())
        if results[0] != results[1] or "Traceback" in results[0]:
            failed[name] = results
    return failed


# --- more than one module, trees, places


def check_sites() -> dict[str, Any]:
    failed: dict[str, Any] = {}

    def check(name: str, found: Any, expected: Any) -> None:
        if found != expected:
            failed[name] = [found, expected]

    sites = Sites()
    first = instrument("a.b\nc.d()\nx = c.pop()", "first.py", sites, Hook)
    second = instrument("def f(k):\n    return [é.ö[k] for é in k]\n", "second.py", sites, Hook)
    check("indices", [each.index for each in sites], list(range(len(sites))))
    check("of the module", [each.index for each in second.sites], list(range(len(first.sites), len(sites))))
    check("read", sites[0].row(), (0, "first.py", 1, 0, 1, 3, "<module>", "read", "b"))
    check("call", sites[1].row(), (1, "first.py", 3, 4, 3, 11, "<module>", "call", "pop"))
    rows = {each.op: each.row()[2:] for each in second.sites}
    check("iterate", rows["iterate"], (2, 28, 2, 29, "f", "iterate", None))
    check("columns", rows["item-read"], (2, 12, 2, 18, "f", "item-read", "k"))
    check("made again", Site(*sites[0].row()), sites[0])
    names = [
        each.function
        for each in instrument(
            "class A:\n def f(s):\n  s.a\n  def g(): s.a\n  class B: s.a\n  [s.a for _ in s]; lambda: s.a",
            "m",
            Sites(),
            Hook,
        ).sites
        if each.op == "read"
    ]
    inner = ["A.f", "A.f.<locals>.g", "A.f.<locals>.B", "A.f", "A.f.<locals>.<lambda>"]
    check("functions", names, inner)

    import ast

    tree = ast.parse("x.a += y.b\nassert z[1], k in d")
    shared = tree.body[0].value  # type: ignore[attr-defined]  # an expression
    tree.body += [ast.copy_location(ast.Expr(shared), shared), ast.parse("q.nowhere").body[0]]
    for node in ast.walk(tree.body[-1]):
        for name in ("lineno", "end_lineno"):
            if hasattr(node, name):
                delattr(node, name)
    expression = tree.body.pop()  # the compiler does not take it
    module = instrument(tree, str(HERE / "missing.py"), Sites(), Hook)
    check("a tree", [each.op for each in module.sites], ["update", "read", "item-read", "truth", "contains", "read"])
    check("nodes without a place", plan_of(ast.Module([expression], [])), [])

    deep = "x = " + "(" * 80 + "a.b" + ".c)" * 80
    check("deep", len(instrumented(deep).sites) > 79, True)
    long = "x = " + " + ".join(["a.b"] * 900)
    check("long", len(instrumented(long).sites), 900)
    return failed


def plan_of(tree: Any) -> list[Site]:
    from ungil.race.inside.accesses import Accesses
    from ungil.race.inside.names import Names

    return Accesses(tree, Names(tree), "<tree>", []).edits.sites


# --- the tests of the language itself, where this interpreter has them

# Not test_fstring: Python 3.12.1 crashes where it is parsed to a tree after the others.
LANGUAGE_TESTS = """
test_grammar test_scope test_listcomps test_genexps test_patma test_named_expressions test_augassign test_super
test_property test_class test_with test_generators test_yield_from test_coroutines test_asyncgen test_unpack_ex
test_type_params test_decorators test_exceptions test_raise test_dataclasses test_contextlib test_global
"""


def check_tests() -> dict[str, Any]:
    import unittest

    failed: dict[str, list[list[str]]] = {}
    for make in (compiled, with_hooks):
        for name in LANGUAGE_TESTS.split():
            if not os.path.exists(os.path.join(sysconfig.get_path("stdlib"), "test", f"{name}.py")):
                continue
            result = unittest.TestResult()
            with made_new(("test",), make):
                suite = unittest.defaultTestLoader.loadTestsFromName(f"test.{name}")
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    suite.run(result)
            failed.setdefault(name, []).append(sorted(str(test) for test, _ in result.failures + result.errors))
    return {name: both for name, both in failed.items() if both[0] != both[1]}


GROUPS = {
    name.removeprefix("check_"): function for name, function in list(globals().items()) if name.startswith("check_")
}

if __name__ == "__main__":
    begun = time.perf_counter()
    standard_output = sys.stdout
    failures = GROUPS[sys.argv[1]]()
    print(json.dumps(failures, default=repr, ensure_ascii=True), file=standard_output)
    print(f"{time.perf_counter() - begun:.1f} s", file=sys.stderr)
