"""Who turned the GIL on, told of extension modules made for the purpose."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Need = Callable[[str], str]

# With DECLARES the module says that it is safe without the GIL; with INNER it imports that module while it is made.
SOURCE = r"""
#include <Python.h>
#define CAT(a, b) a##b
#define INIT(name) CAT(PyInit_, name)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)

static PyObject *
create(PyObject *spec, PyModuleDef *def)
{
#ifdef INNER
    PyObject *inner = PyImport_ImportModule(TEXT(INNER));
    if (inner == NULL) return NULL;
    Py_DECREF(inner);
#endif
    return PyModule_New(TEXT(NAME));
}

#ifdef SINGLE_PHASE
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, TEXT(NAME), NULL, -1};
PyMODINIT_FUNC INIT(NAME)(void) { return PyModule_Create(&def); }
#else
static PyModuleDef_Slot slots[] = {
#ifdef INNER
    {Py_mod_create, create},
#endif
#ifdef DECLARES
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {0, NULL}
};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, TEXT(NAME), NULL, 0, NULL, slots};
PyMODINIT_FUNC INIT(NAME)(void) { return PyModuleDef_Init(&def); }
#endif
"""

MODULES = {
    "safe": ["-DDECLARES"],
    "plain": [],
    "single": ["-DSINGLE_PHASE"],
    "safe_outside": ["-DDECLARES", "-DINNER=plain"],
    "plain_outside": ["-DINNER=safe"],
}


@pytest.fixture(scope="session", params=["3.13t", "3.14t", "3.15t"])
def python(request: pytest.FixtureRequest, need: Need) -> str:
    return need(request.param)


@pytest.fixture(scope="session")
def extensions(python: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the modules, compiled for that build."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("needs a C compiler, and there is none")
    facts = "import sysconfig; print(sysconfig.get_path('include'), sysconfig.get_config_var('EXT_SUFFIX'), sep='\\n')"
    include, suffix = subprocess.run(
        [python, "-c", facts], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    if not Path(include, "Python.h").exists():
        pytest.skip(f"needs the headers of {python}, which are not installed")
    folder = tmp_path_factory.mktemp("extensions")
    (folder / "module.c").write_text(SOURCE)
    shared = ["-bundle", "-undefined", "dynamic_lookup"] if sysconfig.get_platform().startswith("mac") else ["-shared"]
    for name, options in MODULES.items():
        subprocess.run(
            [compiler, *shared, "-fPIC", f"-I{include}", f"-DNAME={name}", *options, "module.c", "-o", name + suffix],
            cwd=folder,
            check=True,
            timeout=60,
        )
    return folder


@pytest.fixture
def changes(python: str, extensions: Path, measure: Any) -> Callable[..., Any]:
    """Run a program that can import those modules; gives the run, and who turned the GIL on, as (module, line)."""

    def run(code: str, **options: Any) -> Any:
        code = f"import sys; sys.path.append({str(extensions)!r})\n{code}"
        measured = measure(python, code, **options)
        assert measured.run.exit_status == 0, measured.stderr
        return measured.run, [(change.module, change.line) for change in measured.run.gil_enabled_by]

    return run


def test_a_late_import_is_named_with_its_line_and_its_library(changes: Any, extensions: Path) -> None:
    run, by = changes("def late():\n    import plain\nlate()\nprint(sys._is_gil_enabled())")

    assert by == [("plain", 3)]
    assert Path(run.gil_enabled_by[0].file).parent == extensions
    assert Path(run.gil_enabled_by[0].path).name == "program.py"
    assert (run.gil_enabled_at_start, run.gil_enabled_at_exit) == (False, True)


def test_a_module_that_declares_itself_safe_is_not_named(changes: Any) -> None:
    run, by = changes("import safe, math, _struct, _json")

    assert by == []
    assert (run.gil_enabled_at_start, run.gil_enabled_at_exit) == (False, False)


def test_a_module_initialised_in_one_phase_is_named(changes: Any) -> None:
    assert changes("import single")[1] == [("single", 2)]


def test_of_nested_imports_the_one_is_named_that_did_it(changes: Any) -> None:
    assert changes("import safe_outside")[1] == [("plain", 2)]
    assert changes("import plain_outside")[1] == [("plain_outside", 2)]


def test_every_module_that_would_do_it_is_named(changes: Any) -> None:
    assert changes("import plain\nimport safe\nimport single")[1] == [("plain", 2), ("single", 4)]


def test_it_is_told_before_the_process_can_end(changes: Any) -> None:
    assert changes("import os, plain\nos._exit(0)")[1] == [("plain", 2)]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_child_is_heard(method: str, changes: Any) -> None:
    run, by = changes(
        "import multiprocessing\n"
        "def child():\n    import plain\n"
        "if __name__ == '__main__':\n"
        f"    process = multiprocessing.get_context({method!r}).Process(target=child)\n"
        "    process.start(); process.join()\n"
    )

    assert by == [("plain", 4)]
    assert (run.gil_enabled_at_start, run.gil_enabled_at_exit) == (False, True)


def test_another_interpreter_of_the_process_is_heard(changes: Any, extensions: Path, python: str) -> None:
    if "3.13" in os.path.basename(python):
        pytest.skip("concurrent interpreters came with Python 3.14")
    run, by = changes(
        "from concurrent import interpreters\n"
        f"interpreters.create().exec('import sys; sys.path.append(\"{extensions}\"); import plain')"
    )

    assert [module for module, _ in by] == ["plain"]
    assert run.gil_enabled_at_start is False


def test_with_the_gil_held_off_it_is_told_who_would_have(changes: Any) -> None:
    run, by = changes("import plain\nassert not sys._is_gil_enabled()", gil="off")

    assert by == [("plain", 2)]
    assert run.gil_enabled_at_exit is False


def test_an_import_in_a_thread_while_others_import_is_told_apart(changes: Any) -> None:
    _, by = changes(
        "import threading\n"
        "names = ['safe', 'plain', 'math', '_json', '_struct', 'select', '_random']\n"
        "threads = [threading.Thread(target=__import__, args=(name,)) for name in names]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
    )

    assert [module for module, _ in by] == ["plain"]


def test_warnings_and_tracebacks_are_as_without_us(python: str, extensions: Path, measure: Any, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.append({str(extensions)!r})\n"
        "import warnings, traceback\n"
        "warnings.simplefilter('error')\n"
        "try:\n    import plain\nexcept RuntimeWarning:\n    traceback.print_exc()\n"
        "warnings.simplefilter('default')\nimport single\n"
        f"open({str(tmp_path)!r} + '/broken.so', 'w').close()\n"
        "from importlib.machinery import ExtensionFileLoader\n"
        "from importlib.util import spec_from_file_location, module_from_spec\n"
        f"spec = spec_from_file_location('broken', {str(tmp_path)!r} + '/broken.so')\n"
        "sys.meta_path.append(type('F', (), {'find_spec': staticmethod(lambda *_: spec)}))\n"
        "import broken\n"
    )

    ours = measure(python, code)
    native = subprocess.run(
        [python, str(tmp_path / "program.py")], capture_output=True, text=True, timeout=60, check=False
    )

    assert "file too short" in native.stderr
    assert (ours.run.exit_status, ours.stderr) == (native.returncode, native.stderr)
    # A failed import leaves the GIL on, too.
    assert [change.module for change in ours.run.gil_enabled_by] == ["plain", "single"]


def test_without_the_declarations_place_the_state_of_the_gil_has_to_do(
    python: str, extensions: Path, tmp_path: Path
) -> None:
    inside = Path(__file__).parents[2] / "src"
    code = (
        f"import sys; sys.path[:0] = [{str(inside)!r}, {str(extensions)!r}]\n"
        "from ungil.launch.inside import declaration, gil\n"
        "declaration._find = lambda: None\n"
        "gil.watch(lambda event: print(event['module']))\n"
        "import safe, plain, single\n"
    )
    # ungil.launch itself needs the tool's dependencies: an empty stand-in, as the inside uses one.
    code = (
        "import sys; sys.modules['ungil.launch'] = p = type(sys)('p'); p.__path__ = ["
        + repr(str(inside / "ungil/launch"))
        + f"]; sys.path.insert(0, {str(inside)!r})\n"
        + code
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.split() == ["plain"]
