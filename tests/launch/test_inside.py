"""The program is as without us: every test runs it natively and through us, and compares what it sees."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Need = Callable[[str], str]
BUILDS = ["3.10", "3.13", "3.13t", "3.14", "3.14t", "3.15t"]

SEES = """
import json, os, sys, warnings
main = sys.modules["__main__"]
print(json.dumps({
    "argv": sys.argv,
    "orig_argv": sys.orig_argv[1:],
    "executable": sys.executable,
    "file": __file__,
    "name": __name__,
    "package": __package__,
    "spec": __spec__ and [__spec__.name, __spec__.origin, __spec__.cached],
    "main": sorted(vars(main)),
    "path": sys.path,
    "environ": dict(os.environ),
    "posix environ": sorted(map(str, __import__("posix").environ)),
    "filters": str(warnings.filters),
    "flags": [str(sys.flags), sys.dont_write_bytecode],
    "options": sys._xoptions,
    "hooks": [str(sys.excepthook), str(sys.displayhook), str(sys.gettrace()), str(sys.getprofile())],
    "threads": len(sys._current_frames()),
    "builtins": sorted(vars(__import__("builtins"))),
    "own": [name for name in ("sitecustomize", "usercustomize") if name in sys.modules],
    "stdin": sys.stdin.read(),
    "umask": os.umask(0),
    "descriptors": sorted(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None,
}, indent=1))
"""


@pytest.fixture(params=BUILDS)
def python(request: pytest.FixtureRequest, need: Need) -> str:
    return need(request.param)


@pytest.fixture
def same(replaced: Any, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run natively and through us: exit status and both streams are to be the same; returns what came through us."""

    def compare(
        python: str, *argv: str, environ: dict[str, str] | None = None, module: bool = False, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        options = {"cwd": tmp_path, **options}
        native = subprocess.run(
            [python, *(["-m"] if module else []), *argv],
            env={**os.environ, **(environ or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **options,
        )
        ours: subprocess.CompletedProcess[str] = replaced(python, *argv, module=module, environ=environ, **options)
        assert (ours.returncode, ours.stdout, ours.stderr) == (native.returncode, native.stdout, native.stderr)
        return ours

    return compare


def test_it_sees_what_it_would_see(python: str, same: Any, tmp_path: Path) -> None:
    (tmp_path / "sees.py").write_text(SEES)

    ours = same(python, "sees.py", "--model", "x", "-m", input="hello")

    assert json.loads(ours.stdout)["stdin"] == "hello"


def test_a_module_and_a_package_see_what_they_would_see(python: str, same: Any, tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    (tmp_path / "package" / "__main__.py").write_text(SEES)

    same(python, "package", "a", module=True, input="")
    same(python, "package", "a", input="")


@pytest.mark.parametrize("pythonpath", ["", "somewhere", os.pathsep, f"{os.pathsep}a{os.pathsep}{os.pathsep}a"])
def test_the_users_pythonpath_is_as_it_was(
    pythonpath: str, need: Need, same: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sees.py").write_text(SEES)
    monkeypatch.delenv("PYTHONPATH", raising=False)

    ours = same(need("3.14t"), "sees.py", environ={"PYTHONPATH": pythonpath}, input="")

    assert json.loads(ours.stdout)["environ"]["PYTHONPATH"] == pythonpath


def test_no_pythonpath_stays_none(need: Need, same: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sees.py").write_text(SEES)
    monkeypatch.delenv("PYTHONPATH", raising=False)

    ours = same(need("3.14t"), "sees.py", input="")

    assert "PYTHONPATH" not in json.loads(ours.stdout)["environ"]


def test_customizations_of_the_environment_run(python: str, same: Any, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    for name in ("sitecustomize", "usercustomize"):
        (tmp_path / "lib" / f"{name}.py").write_text(
            "import os, sys\n"
            "print(__name__, __file__, os.environ['PYTHONPATH'], 'UNGIL_INSIDE' in os.environ, sys.path)"
        )
    (tmp_path / "sees.py").write_text(SEES)

    ours = same(python, "sees.py", environ={"PYTHONPATH": str(tmp_path / "lib")}, input="")

    assert ours.stdout.startswith("sitecustomize ")


def test_a_customization_that_fails_fails_as_it_would(python: str, same: Any, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "sitecustomize.py").write_text("import nothing_of_this_name")
    (tmp_path / "empty.py").touch()

    ours = same(python, "empty.py", environ={"PYTHONPATH": str(tmp_path / "lib")})

    assert "nothing_of_this_name" in ours.stderr


@pytest.mark.parametrize(
    "code",
    [
        "import sys; sys.exit('goodbye')",
        "def f():\n    raise ValueError(1)\nf()",
        "this is not Python",
        "import sys; sys.exit(300)",
        "import nothing_of_this_name",
        "import warnings; warnings.warn('careful', DeprecationWarning)",
        "import atexit\nfor i in range(3): atexit.register(print, i)",
        "import threading, time\nthreading.Thread(target=lambda: print('done')).start()",
        "import threading\nthreading.Thread(target=lambda: 1 / 0, name='one').start()",
        "import pickle\nclass A: pass\nprint(pickle.loads(pickle.dumps(A())).__class__, pickle.dumps(A))",
        "import inspect\ndef f(): pass\nprint(inspect.getsource(f), inspect.getmodule(f))",
        "import inspect\nprint([frame.function for frame in inspect.stack()])",
        "import sys, os; print(sys.stdin.readline(), os.isatty(0))",
        "import os; os._exit(9)",
    ],
)
def test_it_ends_and_fails_as_it_would(code: str, need: Need, same: Any, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(code + "\n")

    same(need("3.14t"), "program.py", input="line\n")
    same(need("3.10"), "program.py", input="line\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGPIPE, signal.SIGKILL])
def test_signals_end_it_as_they_would(number: int, need: Need, same: Any, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        f"import os, signal\nprint(signal.getsignal({number}), flush=True)\nos.kill(os.getpid(), {number})\n"
        "print('alive')\n"
    )

    same(need("3.14"), "program.py")


def test_children_of_the_program_handle_signals_as_they_would(need: Need, same: Any, tmp_path: Path) -> None:
    # What is ignored stays so through exec: Python ignores SIGPIPE, so a tool in Python hands that on.
    (tmp_path / "program.py").write_text("import os; os.system('grep SigIgn /proc/self/status')")
    (tmp_path / "program2.py").write_text(
        "import subprocess; subprocess.run(['grep', 'Sig[^Q]', '/proc/self/status'], restore_signals=False)"
    )

    same(need("3.14"), "program.py")
    same(need("3.14"), "program2.py")


def test_a_library_that_hides_the_standard_librarys_modules_is_no_harm(python: str, same: Any, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    for name in ("json", "typing", "dataclasses", "enum", "time_", "importlib_", "ctypes", "logging"):
        (tmp_path / "lib" / f"{name}.py").write_text("raise SystemError('the wrong module')")
    (tmp_path / "program.py").write_text("print('fine')")

    ours = same(python, "program.py", environ={"PYTHONPATH": str(tmp_path / "lib")})

    assert ours.stdout == "fine\n"


def test_the_inside_imports_next_to_nothing(python: str, replaced: Any, tmp_path: Path) -> None:
    (tmp_path / "modules.py").write_text("import sys; print(*sys.modules)")
    native = subprocess.run(
        [python, "modules.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    ).stdout.split()

    ours = replaced(python, "modules.py", model="threads", cwd=tmp_path).stdout.split()

    brought = {name for name in set(ours) - set(native) if not name.startswith("ungil")}
    # What is brought in from the standard library hides a module of the program's own with that name.
    assert brought <= {"__future__"}


def test_ungil_can_be_imported_by_the_program_and_nothing_beside_it(python: str, replaced: Any, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import ungil, ungil.substitute.settings\n"
        "print(ungil.__spec__.name, ungil.__version__)\n"
        "try:\n    import click\nexcept ImportError:\n    print('no click')\n"
    )

    ours = replaced(python, "program.py", cwd=tmp_path)

    assert ours.stdout.splitlines()[0].startswith("ungil ")
    assert ours.stdout.splitlines()[1] == "no click"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_have_the_inside_too(
    method: str, need: Need, replaced: Any, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(
        "import multiprocessing, os, sys\n"
        "def child():\n"
        "    print('ungil.launch.inside.boot' in sys.modules, 'UNGIL_INSIDE' in os.environ, sys.argv[1:], flush=True)\n"
        "if __name__ == '__main__':\n"
        f"    process = multiprocessing.get_context({method!r}).Process(target=child)\n"
        "    process.start(); process.join(); print(process.exitcode)\n"
    )

    ours = replaced(need("3.14t"), "program.py", "x", cwd=tmp_path)

    assert (ours.stdout, ours.stderr) == ("True False ['x']\n0\n", "")


def test_an_inside_that_fails_says_so_and_the_program_runs(need: Need, tmp_path: Path) -> None:
    site = Path(__file__).parents[2] / "src/ungil/launch/inside/site"
    (tmp_path / "program.py").write_text("import sys; print('runs', sys.path[0])")

    done = subprocess.run(
        [need("3.14"), "program.py"],
        env={**os.environ, "PYTHONPATH": str(site), "UNGIL_INSIDE": "{'pythonpath': None}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, f"runs {tmp_path}\n")
    assert done.stderr.startswith("ungil: cannot look inside this process: KeyError: ")
