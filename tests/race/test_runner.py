"""A run is to the program what a run by Python itself would be, and however it ends nothing of it is left."""

from __future__ import annotations

import importlib.util
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from ungil.errors import UngilError
from ungil.launch import Program
from ungil.race.runner import Ran, Runner

Need = Callable[[str], str]

PLAN = {"mode": "none", "seed": 0}
BUILDS = ("3.12", "3.13", "3.14", "3.14t", "3.15t")

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="orphans can be found on Linux only")


class Case(NamedTuple):
    """A program."""

    files: Mapping[str, str | bytes]
    argv: tuple[str, ...] = ("prog.py",)
    """The command line after the interpreter."""
    environ: Mapping[str, str] = {}


def script(code: str | bytes, *arguments: str, **environ: str) -> Case:
    return Case({"prog.py": code}, ("prog.py", *arguments), environ)


def archive(**modules: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for name, code in modules.items():
            zipped.writestr(f"{name}.py", code)
    return file.getvalue()


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def start(python: str, *argv: str, environ: Mapping[str, str] | None = None, **options: Any) -> Runner:
    module = argv[0] == "-m"
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return Runner(python, Program(argv[module:], module), environ={**variables, **(environ or {})}, **options)


# --- as Python itself runs it

ABOUT = """
'''documentation'''
import gc, os, signal, sys, threading, warnings
print(sys.argv, sys.orig_argv[1:], sys.path, sys.flags, sys.warnoptions, sys._xoptions, sys.dont_write_bytecode)
print(__debug__, __name__, __file__, __doc__, __package__, __spec__, type(__loader__), __loader__.path, list(globals()))
print(sorted(os.environ.items()), os.getcwd(), sys.executable, sys.prefix, sys.getrecursionlimit(), gc.get_threshold())
print([name for name in os.listdir('/proc/self/fd') if int(name) < 900] if os.path.exists('/proc/self/fd') else 0)
print(sys._getframe().f_back, threading.active_count(), threading.main_thread().name, signal.getsignal(signal.SIGINT))
print(sys.stdin, sys.stdout, sys.stderr, sys.stdout.line_buffering, sys.excepthook is sys.__excepthook__)
print(repr(sys.stdin.read()), warnings.filters, __builtins__, sys.modules['__main__'].__dict__ is globals())
"""
FAILS = "def f(x):\n    return 1 / x\n"
RAISES = "import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start()\nt.join()\nprint('on')\n"
AT_END = """
import atexit, threading, time
atexit.register(lambda: print('file', '__file__' in globals()))
def f():
    time.sleep(0.1)
    print('late')
threading.Thread(target=f).start()
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print('main')
1 / 0
"""
OBJECTS = """
class A:
    def __del__(self): print('deleted', A)
def g():
    try: yield
    finally: print('closed')
async def c(): pass
x, y, z, c = A(), A(), g(), c()
y.y = y
del y
next(z)
"""
WHO_CALLS = """
import inspect, sys, threading, traceback, warnings
def f():
    traceback.print_stack()
    print([x.function for x in inspect.stack()], sys._current_frames()[threading.get_ident()].f_code)
    warnings.warn('w', stacklevel=5)
f()
print(inspect.getsource(f))
"""
PROCESSES = """
import multiprocessing as m, sys
def f(x): return x * x, __name__, sys.argv
if __name__ == '__main__':
    for method in m.get_all_start_methods():
        with m.get_context(method).Pool(1) as pool: print(pool.map(f, range(3)))
"""
MAIN = "import sys, mod\nprint(sys.argv, sys.path, __file__, __name__)\nmod.f(0)\n"

EVERYWHERE = {
    "what it sees": script(ABOUT, "a", "--b", "c d"),
    "exception": Case({"prog.py": "import mod\ntry: mod.f(0)\nfinally: mod.f([])\n", "mod.py": FAILS}),
    "exception in a thread": script(RAISES),
    "Ctrl-C": script("import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)\n"),
    "exit with a message": script("import sys\nprint(1)\nsys.exit('message')\n"),
    "failing excepthook": script("import sys\ndef hook(*_): 1 / 0\nsys.excepthook = hook\n{}['a']\n"),
    "threads and handlers at the end": script(AT_END),
    "objects at the end": script(OBJECTS),
    "module": Case(
        {"p/__init__.py": "print(1)", "p/__main__.py": MAIN.replace("mod", "p.mod"), "p/mod.py": FAILS}, ("-m", "p")
    ),
    "module that ends": Case(
        {
            "p/__init__.py": "import sys\nprint(sys.argv, list(vars(sys.modules['__main__'])))\n",
            "p/mod.py": "import atexit, sys\natexit.register(lambda: print(__file__))\n"
            "print(sys.argv, __spec__.name)\n",
        },
        ("-m", "p.mod", "a"),
    ),
    "module that does not compile": Case({"mod.py": "x = = 3\n"}, ("-m", "mod")),
    "import that does not compile": Case({"prog.py": "import mod\n", "mod.py": "x = (\n\ny = 3 3\n"}),
    "directory": Case({"d/__main__.py": MAIN, "d/mod.py": FAILS}, ("d", "x")),
    "who calls": script(WHO_CALLS),
    "multiprocessing": script(PROCESSES),
}

SOMEWHERE = {
    # what Python refuses to run
    "no such file": Case({}),
    "directory without main": Case({"d/x.py": ""}, ("d",)),
    "no such module": Case({}, ("-m", "nowhere.at_all")),
    "package without main": Case({"p/__init__.py": ""}, ("-m", "p")),
    "package that does not compile": Case({"p/__init__.py": "x = = 3\n", "p/__main__.py": ""}, ("-m", "p")),
    "syntax error": script("print(1)\nx = = 3\n"),
    "zero byte": script(b"x = 1\x00\n"),
    "not UTF-8": script(b"x = '\xff'\n"),
    # sources
    "empty": script(""),
    "latin-1": script(b"# -*- coding: latin-1 -*-\nx = '\xff'\nprint(ascii(x))\nraise ValueError(x)\n"),
    "byte order mark": script(b"\xef\xbb\xbfprint(1)\n1/0"),
    "archive": Case({"p.zip": archive(__main__=MAIN, mod=FAILS)}, ("p.zip", "x")),
    "archive on the path": Case(
        {"p.zip": archive(mod="x = = 3"), "prog.py": "import sys\nsys.path[:0] = ['p.zip']\nimport mod"}
    ),
    "namespace package": Case(
        {"n/a/mod.py": "from . import other", "n/a/other.py": "print(__name__)"}, ("-m", "n.a.mod")
    ),
    "module of the standard library": Case({"x.json": "[1]"}, ("-m", "json.tool", "x.json")),
    "path as typed": Case(
        {"s/prog.py": "import sys\nprint(sys.argv, sys.path[0], __file__)\n1/0"}, ("./s/../s/prog.py",)
    ),
    # exits
    "exit 0": script("import sys\nprint(1)\nsys.exit()\n"),
    "exit 3": script("raise SystemExit(3)\n"),
    "exit -1": script("raise SystemExit(-1)\n"),
    "exit 70000": script("raise SystemExit(70000)\n"),
    "exit true": script("raise SystemExit(True)\n"),
    "exit tuple": script("raise SystemExit((1, 2))\n"),
    "exit of a subclass": script("class E(SystemExit):\n    code = 5\nraise E(3)\n"),
    "exit in a thread": script(
        "import threading, sys\nt = threading.Thread(target=sys.exit, args=(4,))\nt.start()\nt.join()\n"
    ),
    "exit in excepthook": script("import sys\nsys.excepthook = lambda *a: sys.exit(6)\n1/0\n"),
    "exit in a handler": script("import atexit, sys\natexit.register(sys.exit, 9)\nsys.exit(2)\n"),
    "exit at once": script("import os\nprint('lost')\nos._exit(7)\n"),
    "killed": script("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n"),
    "another program": script(
        "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', 'print(1); raise SystemExit(3)'])"
    ),
    # hooks of the program's
    "excepthook": script(
        "import sys\nsys.excepthook = lambda t, v, tb: print(t, v, tb.tb_frame.f_code.co_name, tb.tb_next)\n1/0"
    ),
    "excepthook of threads": script(
        "import threading\nthreading.excepthook = lambda a: print(a.exc_type, a.thread.name)\n" + RAISES
    ),
    "last exception": script(
        "import atexit, sys\natexit.register(lambda: print(sys.last_value.__traceback__.tb_frame.f_code.co_name))\n1/0"
    ),
    "warning as error": script("import warnings\nwarnings.warn('x')\n", PYTHONWARNINGS="error"),
    "signals": script(
        "import signal, time\nsignal.signal(signal.SIGALRM, lambda *a: print('alarm'))\n"
        "signal.setitimer(signal.ITIMER_REAL, .05)\ntime.sleep(.2)"
    ),
    "tracing": script(
        "import sys\ne = []\nsys.setprofile(lambda f, *a: e.append(f.f_code.co_name))\n"
        "len([])\nsys.setprofile(None)\nprint(e)"
    ),
    # streams
    "standard output closed": script("import sys\nprint(1)\nsys.stdout.close()\n"),
    "descriptor of standard output closed": script("import os\nprint(1)\nos.close(1)\n"),
    "standard output full": script("import os\nos.dup2(os.open('/dev/full', os.O_WRONLY), 1)\nprint(1)\n"),
    "standard output replaced": script("import sys, io\nprint(1)\nsys.stdout = io.StringIO()\nprint(2)\n"),
    "standard input closed": script("import os, sys\nsys.stdin.close()\nprint(open('/dev/null').fileno())\n"),
    "all descriptors closed": script("import os\nos.closerange(3, 2000)\nprint(open('/dev/null').fileno())\n1/0\n"),
    "order of unbuffered output": script("import os\nprint('a', end='')\nos.write(1, b'b')\n", PYTHONUNBUFFERED="1"),
    "order of output": script("import os\nprint('a', end='')\nos.write(1, b'b')\n"),
    # warnings of the compiler
    "warnings of a script": script("x = 1\nif x is 1: print('\\d')\n"),
    "warnings of a module": Case({"prog.py": "import mod\n", "mod.py": "x = 1\nif x is 1: print('\\d')\n"}),
    "ignored warnings": Case(
        {"prog.py": "import warnings\nwarnings.simplefilter('ignore')\nimport mod\n", "mod.py": "x = '\\d'\n"}
    ),
    "warnings of a script as errors": script("x = '\\d'\n", PYTHONWARNINGS="error"),
    "warnings of a module as errors": Case(
        {"prog.py": "import warnings\nwarnings.simplefilter('error')\nimport mod\n", "mod.py": "x = '\\d'\n"}
    ),
    # modules
    "reload": Case(
        {
            "prog.py": "import importlib, mod\nimportlib.reload(mod)\n"
            "print(mod.n, mod.__spec__.origin, type(mod.__loader__))\n"
            "print(mod.__loader__.get_source('mod'), mod.__loader__.get_code('mod').co_filename)\n",
            "mod.py": "try: n += 1\nexcept NameError: n = 0\n",
        }
    ),
    "module made by the program": Case(
        {
            "prog.py": "import os\nopen('gen.py', 'w').write(f'x = {os.getpid()}')\n"
            "import gen\nprint(gen.x == os.getpid())\n"
        }
    ),
    "imported by many threads": Case(
        {
            "prog.py": "import threading, importlib\nr = set()\n"
            "def f(n): r.add((n, importlib.import_module(f'm{n}').x))\n"
            "ts = [threading.Thread(target=f, args=(i % 4,)) for i in range(16)]\nfor t in ts: t.start()\n"
            "for t in ts: t.join()\nprint(sorted(r))\n",
            **{f"m{n}.py": f"import shared\nx = {n}\n" for n in range(4)},
            "shared.py": "import time\ntime.sleep(.05)\n",
        }
    ),
    "script imported as a module": script("import prog\nprint(__name__, prog.__name__)\n"),
    "pickles": script("import pickle\ndef f(): pass\nprint(pickle.loads(pickle.dumps(f)) is f)\n"),
    "main is gone": script("import sys\ndel sys.modules['__main__']\nprint(1)\n1/0\n"),
    "unittest": Case(
        {"test_x.py": "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertEqual(1, 2)\n"},
        ("-m", "unittest", "-v"),
    ),
    "asyncio": script(
        "import asyncio\nasync def f():\n    return await asyncio.to_thread(lambda: 3)\nprint(asyncio.run(f()))\n"
    ),
    "executor at the end": script(
        "from concurrent.futures import ThreadPoolExecutor as E\nimport time\n"
        "E(1).submit(lambda: (time.sleep(.1), print(1)))\n"
    ),
    # surroundings
    "other folder": Case(
        {
            "prog.py": "import os\nos.makedirs('x', exist_ok=True)\nos.chdir('x')\nimport mod\nmod.f(0)\n",
            "mod.py": FAILS,
        }
    ),
    "fork": script(
        "import atexit, os\natexit.register(print, 'bye')\np = os.fork()\nif p: os.waitpid(p, 0)\nprint(bool(p))\n"
    ),
    "process of its own": script(
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'import os, sys; print(sys.path, sorted(os.environ))'])\n"
    ),
    "optimised": script("assert 0\nprint(__debug__)\n", PYTHONOPTIMIZE="1"),
    "development mode": script("import sys\nopen('prog.py')\nprint(sys.flags)\n", PYTHONDEVMODE="1"),
    "safe path": Case(
        {"prog.py": "import sys\nprint(sys.path)\nimport mod\n", "mod.py": ""}, environ={"PYTHONSAFEPATH": "1"}
    ),
    "PYTHONPATH": Case(
        {"prog.py": "import sys, mod\nprint(sys.path, mod.__file__)\n", "s/mod.py": ""},
        environ={"PYTHONPATH": "s:nowhere"},
    ),
    "encoding of output": script("print('\xe9')\n", PYTHONIOENCODING="latin-1"),
}


def same(output: bytes) -> bytes:
    """Without what differs between two runs of Python itself."""
    return re.sub(rb"0x[0-9a-f]+|in [0-9.]+s", b"", output)


def check(python: str, case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    write(folder, case.files)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    plain = subprocess.run(
        [python, *case.argv],
        stdin=subprocess.DEVNULL,
        stdout=(folder / "stdout").open("wb"),
        stderr=(folder / "stderr").open("wb"),
        env={**variables, "PYTHONDONTWRITEBYTECODE": "1", **case.environ},
        timeout=60,
        check=False,
    )
    expected = same((folder / "stdout").read_bytes()), same((folder / "stderr").read_bytes()), plain.returncode
    with start(python, *case.argv, environ={"PYTHONDONTWRITEBYTECODE": "1", **case.environ}) as runner:
        for _ in range(3):  # later runs find what the first has imported
            ran = runner.run(PLAN, timeout_s=30)
            assert (same(ran.stdout), same(ran.stderr), ran.status) == expected
            assert not ran.timed_out


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_run_is_as_by_python_itself(
    need: Need, build: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(need(build), EVERYWHERE[name], tmp_path, monkeypatch)


@pytest.mark.parametrize("name", SOMEWHERE)
def test_a_run_is_as_by_python_itself_in_rarer_cases_too(
    need: Need, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(need("3.14t"), SOMEWHERE[name], tmp_path, monkeypatch)


@pytest.mark.parametrize("build", BUILDS)
def test_files_that_the_program_leaves_open_are_written(need: Need, build: str, tmp_path: Path) -> None:
    write(tmp_path, {"prog.py": "file = open('out', 'w')\nfile.write('written')\n"})

    with start(need(build), "prog.py", cwd=str(tmp_path)) as runner:
        runner.run(PLAN)

    assert (tmp_path / "out").read_text() == "written"


def test_modules_of_the_programs_that_are_called_like_the_standard_librarys(
    need: Need, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("ast", "json", "select", "pickle", "opcode", "zipimport_")
    code = f"import {', '.join(names)}\nprint({', '.join(f'{name}.x' for name in names)})\n"
    check(need("3.14"), Case({"prog.py": code, **{f"{name}.py": "x = 1" for name in names}}), tmp_path, monkeypatch)


def test_a_run_gets_the_standard_input_it_is_given(need: Need, tmp_path: Path) -> None:
    write(tmp_path, {"prog.py": "import sys\nprint(sys.stdin.read())\n", "in": "given"})

    with start(need("3.14"), "prog.py", cwd=str(tmp_path)) as runner:
        assert runner.run(PLAN, stdin=str(tmp_path / "in")).stdout == b"given\n"
        assert runner.run(PLAN).stdout == b"\n"


# --- instrumented


def modules(ran: Ran) -> dict[str, dict[str, Any]]:
    """What was instrumented in a run, by the file's name."""
    return {os.path.basename(event["path"]): event for event in ran.events if event["event"] == "module"}


COUNTS = "import mod\nclass C:\n    n = 0\nc = C()\nc.n += 1\nmod.add(c)\nprint(c.n)\n"


def test_a_module_is_told_once_and_keeps_the_numbers_of_its_sites(need: Need, tmp_path: Path) -> None:
    late = "import os\nif os.path.exists('go'):\n    import late\n"
    write(tmp_path, {"prog.py": COUNTS + late, "mod.py": "def add(c): c.n += 1\n", "late.py": "x = []\nx[0:0] = [1]\n"})

    with start(need("3.14"), "prog.py", cwd=str(tmp_path)) as runner:
        first = runner.run(PLAN)
        second = runner.run(PLAN)
        (tmp_path / "go").touch()
        third = runner.run(PLAN)

    assert set(modules(first)) == {"prog.py", "mod.py"}
    assert modules(second) == {}
    assert set(modules(third)) == {"late.py"}
    sites = [site for ran in (first, third) for event in modules(ran).values() for site in event["sites"]]
    assert sorted(site[0] for site in sites) == list(range(len(sites)))
    assert {(os.path.basename(site[1]), site[2]) for site in sites} >= {("prog.py", 5), ("mod.py", 1), ("late.py", 2)}
    assert first.stdout == second.stdout == b"2\n"


def test_installed_packages_are_instrumented_only_where_they_are_named(need: Need, tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "prog.py": "import sys\nsys.path.append('lib/site-packages')\nimport json.decoder, pkg.sub, other\n",
            "lib/site-packages/pkg/__init__.py": "",
            "lib/site-packages/pkg/sub.py": "",
            "lib/site-packages/other.py": "",
        },
    )

    with start(need("3.14"), "prog.py", cwd=str(tmp_path)) as runner:
        assert set(modules(runner.run(PLAN))) == {"prog.py"}
    with start(need("3.14"), "prog.py", cwd=str(tmp_path), include=["pkg"]) as runner:
        assert set(modules(runner.run(PLAN))) == {"prog.py", "__init__.py", "sub.py"}


def test_a_module_that_its_loader_changes_is_left_as_it_is_and_named(need: Need, tmp_path: Path) -> None:
    code = """
import sys, importlib.machinery as m
class Loader(m.SourceFileLoader):
    def source_to_code(self, data, path): return compile(data.replace(b'1', b'2'), path, 'exec')
sys.path_hooks.insert(0, m.FileFinder.path_hook((Loader, ['.py'])))
sys.path_importer_cache.clear()
import mod
print(mod.x)
"""
    write(tmp_path, {"prog.py": code, "mod.py": "x = 1\n"})

    with start(need("3.14"), "prog.py", cwd=str(tmp_path)) as runner:
        first, second = runner.run(PLAN), runner.run(PLAN)

    assert first.stdout == second.stdout == b"2\n"
    (event,) = [event for event in first.events if event["event"] == "not-instrumented"]
    assert os.path.basename(event["path"]) == "mod.py" and "Loader" in event["why"]
    assert "not-instrumented" not in {event["event"] for event in second.events}


@pytest.fixture
def with_pytest(tmp_path: Path) -> dict[str, str]:
    """Environment in which any interpreter finds pytest."""
    folder = tmp_path / "lib" / "site-packages"
    folder.mkdir(parents=True)
    for name in ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "py"):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            continue
        origin = Path(spec.origin)
        (folder / (origin.parent.name if origin.name == "__init__.py" else origin.name)).symlink_to(
            origin.parent if origin.name == "__init__.py" else origin
        )
    return {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize("build", ["3.12", "3.14t"])
def test_pytest_rewrites_assertions_and_they_are_instrumented(
    need: Need, build: str, tmp_path: Path, with_pytest: dict[str, str]
) -> None:
    tests = {
        "lib.py": "class C:\n    n = 0\n    def add(self): self.n += 1\n",
        "tests/conftest.py": "import pytest\n@pytest.fixture\ndef c():\n    from lib import C\n    return C()\n",
        "tests/test_c.py": "def test_c(c):\n    c.add()\n    assert c.n == 2, 'message'\n"
        "def test_d(c): assert c.n == 0\n",
    }
    write(tmp_path / "p", tests)
    argv = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/")

    with start(need(build), *argv, cwd=str(tmp_path / "p"), environ=with_pytest) as runner:
        runs = [runner.run(PLAN, timeout_s=60) for _ in range(3)]

    assert set(modules(runs[0])) == {"conftest.py", "test_c.py", "lib.py"}
    assert modules(runs[1]) == modules(runs[2]) == {}
    for ran in runs:
        assert ran.status == 1
        assert b"where 1 = <lib.C object at" in ran.stdout  # the rewritten assertion told it
        assert b"1 failed, 1 passed" in ran.stdout
    assert not list((tmp_path / "p").rglob("*.pyc"))


# --- how a run ends


def test_a_run_whose_time_is_up_tells_its_stacks(need: Need, tmp_path: Path) -> None:
    code = "import threading, time\ndef waits(): time.sleep(60)\nthreading.Thread(target=waits).start()\nwaits()\n"
    write(tmp_path, {"prog.py": code})

    with start(need("3.14t"), "prog.py", cwd=str(tmp_path)) as runner:
        ran = runner.run(PLAN, timeout_s=0.5)
        assert ran.timed_out and ran.signal == signal.SIGKILL and ran.wall_s < 10
        (stacks,) = [event for event in ran.events if event["event"] == "stacks"]
        assert stacks["text"].count("in waits") == 2
        assert runner.run(PLAN, timeout_s=0.5).timed_out


@pytest.mark.parametrize("build", ["3.12", "3.14t"])
def test_a_crash_tells_its_stack(need: Need, build: str, tmp_path: Path) -> None:
    write(tmp_path, {"prog.py": "import os, signal\ndef crash(): os.kill(os.getpid(), signal.SIGSEGV)\ncrash()\n"})

    with start(need(build), "prog.py", cwd=str(tmp_path)) as runner:
        for _ in range(2):
            ran = runner.run(PLAN)
            assert ran.signal == signal.SIGSEGV and ran.stderr == b""
            (stacks,) = [event for event in ran.events if event["event"] == "stacks"]
            assert stacks["signal"] == signal.SIGSEGV and "in crash" in stacks["text"]


def test_of_much_output_the_beginning_is_had_and_endless_output_ends_the_run(need: Need, tmp_path: Path) -> None:
    write(tmp_path, {"prog.py": "import sys\nx = 'x' * 999 + '\\n'\nwhile True: sys.stdout.write(x)\n"})

    with start(need("3.14"), "prog.py", cwd=str(tmp_path)) as runner:
        ran = runner.run(PLAN, timeout_s=60)

    assert ran.timed_out and ran.wall_s < 50
    assert ran.stdout.startswith(b"x" * 999) and len(ran.stdout) <= 16 << 20


def test_events_that_cannot_be_written_are_not_the_programs_affair(need: Need, tmp_path: Path) -> None:
    code = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\nimport mod\n"
    write(tmp_path, {"prog.py": code, "mod.py": "x = []\nx[0:0] = []\n"})

    with start(need("3.14"), "prog.py", cwd=str(tmp_path)) as runner:
        assert [runner.run(PLAN).status for _ in range(2)] == [0, 0]


@linux_only
def test_what_a_run_leaves_behind_is_ended(need: Need, tmp_path: Path) -> None:
    code = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n" + FOREVER
    write(tmp_path, {"prog.py": code + "import sys\nwhile not os.path.exists('pids'): time.sleep(.01)\n"})

    with start(need("3.14"), "prog.py", cwd=str(tmp_path)) as runner:
        assert runner.run(PLAN).status == 0
        (pid,) = pids(tmp_path)
        assert not psutil.pid_exists(pid)


FOREVER = "    open('pids', 'a').write(f'{os.getpid()}\\n')\n    time.sleep(600)\n"
"""Of a child: tells its number, and stays."""
FAMILY = f"""
import os, signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork(): os._exit(0)
{FOREVER}
if os.fork() == 0:
{FOREVER}
if True:
{FOREVER}
"""
"""A daemon, a child, and itself; deaf to all but SIGKILL."""
TOOL = """
import sys
from ungil.launch import Program
from ungil.race.runner import Runner
with Runner(sys.argv[1], Program(("prog.py",))) as runner:
    runner.run({"mode": "none", "seed": 0})
"""


def pids(folder: Path) -> list[int]:
    path = folder / "pids"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with that program; nothing of it, nor of ours, may be there after the test."""
    write(tmp_path, {"prog.py": FAMILY})
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    yield tmp_path
    for pid in pids(tmp_path):
        if psutil.pid_exists(pid):
            os.kill(pid, signal.SIGKILL)


def gone(folder: Path) -> bool:
    return not any(map(psutil.pid_exists, pids(folder))) and not os.listdir(folder / "temporary")


@linux_only
def test_a_run_whose_time_is_up_ends_with_all_its_processes(need: Need, family: Path) -> None:
    with start(need("3.14"), "prog.py", cwd=str(family)) as runner:
        assert runner.run(PLAN, timeout_s=2).timed_out
        assert len(pids(family)) == 3
        assert not any(map(psutil.pid_exists, pids(family)))
    assert gone(family)


@linux_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_the_tool_ends_nothing_is_left(need: Need, family: Path, number: signal.Signals) -> None:
    tool = subprocess.Popen([sys.executable, "-c", TOOL, need("3.14")], cwd=family, stderr=subprocess.PIPE)
    until(lambda: len(pids(family)) == 3)

    tool.send_signal(number)
    tool.communicate(timeout=30)

    until(lambda: gone(family))


@linux_only
def test_a_program_that_kills_the_server_is_the_end_of_the_runner(need: Need, family: Path) -> None:
    write(family, {"prog.py": FAMILY.replace("if True:", "if True:\n    os.kill(os.getppid(), signal.SIGKILL)")})

    with start(need("3.14"), "prog.py", cwd=str(family)) as runner, pytest.raises(UngilError, match="has ended"):
        runner.run(PLAN)

    until(lambda: gone(family))


def test_what_is_no_interpreter_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"prog.py": ""})

    with pytest.raises(UngilError), start(str(tmp_path / "python"), "prog.py", cwd=str(tmp_path)):
        pass
    with pytest.raises(UngilError), start(shutil.which("true") or "", "prog.py", cwd=str(tmp_path)):
        pass
