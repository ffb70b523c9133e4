from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ungil import pythons
from ungil.errors import UngilError
from ungil.pythons import describe


def test_an_empty_machine_has_no_builds(machine: Path) -> None:
    assert pythons.find() == []


def test_a_real_interpreter_is_described(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.path.realpath(sys.executable)
    monkeypatch.setenv("UNGIL_PYTHONS", real)
    (build,) = pythons.find()
    assert build.error is None
    assert build.executable == real
    assert build.version == sys.version.split()[0].rstrip("+")
    assert build.spec.startswith("{}.{}".format(*sys.version_info))
    assert build.found_by == "UNGIL_PYTHONS"
    assert build.gil_enabled is getattr(sys, "_is_gil_enabled", lambda: True)()
    assert build.compiler is not None
    assert build.flags is not None and "--prefix" not in build.flags


@pytest.mark.parametrize("spec", ["3.14t", "3.15t"])
def test_a_free_threaded_build_is_told_from_its_twin(need: Callable[[str], str], spec: str) -> None:
    build, twin = pythons.resolve(need(spec)), pythons.resolve(need(spec.removesuffix("t")))
    assert (build.free_threaded, build.gil_enabled) == (True, False)
    assert (twin.free_threaded, twin.gil_enabled) == (False, True)
    assert build.interpreters and twin.interpreters
    assert build.remote_debugging and twin.remote_debugging


def test_builds_before_3_14_have_no_interpreters_module_and_no_remote_debugging(need: Callable[[str], str]) -> None:
    build = pythons.resolve(need("3.13"))
    assert (build.interpreters, build.remote_debugging, build.tail_call) == (False, False, False)


def test_pgo_lto_jit_tail_calls_and_debug_are_told(
    machine: Path, fake_python: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_python(machine / "b" / "one" / "bin" / "python3.14", "3.14.1", pgo=True, jit=True, tail_call=True)
    fake_python(machine / "b" / "two" / "bin" / "python3.14d", "3.14.1", debug=True)
    monkeypatch.setenv("UNGIL_PYTHONS", str(machine / "b"))
    one, two = pythons.find()
    assert (one.spec, one.pgo, one.lto, one.jit, one.tail_call, one.debug) == (
        "3.14", True, True, "available", True, False,
    )  # fmt: skip
    assert (two.spec, two.pgo, two.lto, two.jit, two.tail_call, two.debug) == (
        "3.14d", False, False, "unavailable", False, True,
    )  # fmt: skip


def test_every_source_is_looked_at(
    machine: Path, fake_python: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_python(machine / "bin" / "python3.11", "3.11.1")
    fake_python(machine / ".pyenv" / "versions" / "3.12.1" / "bin" / "python3.12", "3.12.1")
    fake_python(machine / "mine" / "python3.13", "3.13.1")
    fake_python(machine / "data" / "ungil" / "pythons" / "cpython-3.14.1-debian" / "bin" / "python3.14", "3.14.1")
    monkeypatch.setenv("UNGIL_PYTHONS", str(machine / "mine"))
    assert [(build.spec, build.found_by) for build in pythons.find()] == [
        ("3.14", "ungil"),
        ("3.13", "UNGIL_PYTHONS"),
        ("3.12", "pyenv"),
        ("3.11", "PATH"),
    ]


def test_many_names_of_one_binary_are_one_build(machine: Path, fake_python: Callable[..., Path]) -> None:
    real = fake_python(machine / "bin" / "python3.14", "3.14.0")
    (machine / "bin" / "python3").symlink_to("python3.14")
    (machine / "bin" / "python").hardlink_to(real)
    assert [build.executable for build in pythons.find()] == [str(real)]


def test_a_virtual_environment_is_no_build_and_its_base_is_listed_once(
    machine: Path, fake_python: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fake_python(machine / "bin" / "python3.14", "3.14.0")
    environment = machine / "environment"
    (environment / "bin").mkdir(parents=True)
    (environment / "pyvenv.cfg").write_text("home = elsewhere\n")
    fake_python(environment / "bin" / "python3.14", "3.14.0")  # as `venv --copies` leaves it
    monkeypatch.setenv("PATH", f"{environment / 'bin'}{os.pathsep}{machine / 'bin'}")
    assert [build.executable for build in pythons.find()] == [str(real)]


def test_a_shim_is_neither_started_nor_listed(machine: Path) -> None:
    shim = machine / "bin" / "python3.14"
    shim.write_text(f"#!/bin/sh\necho > {machine}/shim-ran\nexec pyenv exec python3.14\n")
    shim.chmod(0o755)
    assert pythons.find() == []
    assert not (machine / "shim-ran").exists()


def test_a_wrapper_script_of_a_listed_interpreter_is_not_listed_again(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.path.realpath(sys.executable)
    wrapper = machine / "bin" / "python3"
    wrapper.write_text(f'#!/bin/sh\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("UNGIL_PYTHONS", real)
    assert [build.executable for build in pythons.find()] == [real]


BROKEN = {
    "#!/bin/sh\nexit 3\n": "ended with exit status 3",
    "#!/bin/sh\necho libfoo.so is missing >&2; exit 127\n": "exit status 127: libfoo.so is missing",
    "#!/bin/sh\necho hello; echo world\n": "did not answer as a Python does: world",
    "#!/bin/sh\necho 'ungil-probe:{'\n": "did not answer as a Python does",
    "#!/bin/sh\nkill -SEGV $$\n": "crashed with SIGSEGV",
    "\x7fELF of another machine": "can't be started",
}


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_interpreter_is_a_row_with_its_error(machine: Path, content: str) -> None:
    path = machine / "bin" / "python3.14"
    path.write_text(content)
    path.chmod(0o755)
    (build,) = pythons.find()
    assert (build.spec, build.version, build.executable) == ("3.14", None, str(path))
    assert build.error is not None and BROKEN[content] in build.error and "\n" not in build.error


def test_a_link_to_nothing_and_a_file_without_permission_are_rows(machine: Path) -> None:
    (machine / "bin" / "python3.13").symlink_to("/nowhere/python3.13")
    (machine / "bin" / "python3.14").write_text("")
    errors = {build.spec: build.error for build in pythons.find()}
    assert errors["3.13"] == "a link to /nowhere/python3.13, which is not there"
    assert "not executable" in str(errors["3.14"])


def test_an_interpreter_that_hangs_is_stopped_with_its_children(
    machine: Path, monkeypatch: pytest.MonkeyPatch, ended: Callable[[int], bool]
) -> None:
    path = machine / "bin" / "python3.14"
    path.write_text(f"#!/bin/sh\nsleep 1000 & echo $! > {machine}/child\nsleep 1000\n")
    path.chmod(0o755)
    monkeypatch.setattr(describe, "TIMEOUT_S", 0.5)
    (build,) = pythons.find()
    assert build.error is not None and "no answer" in build.error
    assert ended(int((machine / "child").read_text()))


def test_pypy_is_a_row_that_says_so(machine: Path, fake_python: Callable[..., Path]) -> None:
    fake_python(machine / "bin" / "python3.11", "3.11.9", implementation="pypy")
    (build,) = pythons.find()
    assert build.spec == "pypy3.11"
    assert build.error is not None and "not CPython" in build.error


def test_builds_older_than_any_that_ungil_runs_on_are_left_out_and_named(
    machine: Path, fake_python: Callable[..., Path]
) -> None:
    fake_python(machine / "bin" / "python3.9", "3.9.18")
    fake_python(machine / "bin" / "python3.11", "3.11.1")
    survey = pythons.survey()
    assert [build.version for build in survey.builds] == ["3.11.1"]
    assert [build.version for build in survey.too_old] == ["3.9.18"]


def test_an_executable_is_asked_once_for_as_long_as_it_stays_the_same(
    machine: Path, fake_python: Callable[..., Path]
) -> None:
    path = fake_python(machine / "bin" / "python3.14", "3.14.0")
    starts = Path(f"{path}.started")
    pythons.find()
    pythons.find()
    assert starts.read_text().count("started") == 1
    fake_python(path, "3.14.10")
    assert [build.version for build in pythons.find()] == ["3.14.10"]
    assert starts.read_text().count("started") == 2


def test_a_broken_one_is_asked_again(machine: Path, fake_python: Callable[..., Path]) -> None:
    path = machine / "bin" / "python3.14"
    path.write_text(f"#!/bin/sh\n[ -e {machine}/mended ] || exit 1\necho 'ungil-probe:{{}}'\n")
    path.chmod(0o755)
    assert pythons.find()[0].error is not None
    fake_python(machine / "answer", "3.14.0")
    path.write_text((machine / "answer").read_text())
    assert pythons.find()[0].error is None


def test_the_order_is_newest_first_and_the_best_of_a_kind_first(
    machine: Path, fake_python: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    builds = {
        "a": ("3.14.1", {}),
        "b": ("3.14.2", {}),
        "c": ("3.14.2", {"free_threaded": True}),
        "d": ("3.15.0rc1", {}),
        "e": ("3.14.2", {"pgo": True}),
        "f": ("3.13.9", {}),
        "g": ("3.14.10", {}),
    }
    for name, (version, others) in builds.items():
        fake_python(machine / "b" / name / "bin" / "python3", version, **others)
    monkeypatch.setenv("UNGIL_PYTHONS", str(machine / "b"))
    order = [Path(build.executable).parent.parent.name for build in pythons.find()]
    assert order == ["d", "g", "e", "b", "a", "c", "f"]
    assert order == [Path(build.executable).parent.parent.name for build in pythons.find()]


@pytest.mark.parametrize(
    ("spec", "version", "free_threaded"),
    [
        ("3.14", "3.14.2", False),
        ("3.14t", "3.14.1", True),
        ("3.14+freethreaded", "3.14.1", True),
        ("cpython@3.14", "3.14.2", False),
        ("cpython-3.14.1+freethreaded-linux-x86_64-gnu", "3.14.1", True),
        ("cp314t", "3.14.1", True),
        ("3.14.1", "3.14.1", False),
        (">=3.13", "3.14.2", False),
        (">=3.12,<3.14", "3.13.5", False),
        (">=3.13+freethreaded", "3.14.1", True),
        (">=3.15", "3.15.0rc1", False),
        ("3.15", "3.15.0rc1", False),
        ("3.15.0rc1", "3.15.0rc1", False),
        ("3", "3.14.2", False),
        ("t", "3.14.1", True),
        ("freethreaded", "3.14.1", True),
        ("python3.13", "3.13.5", False),
        ("3.14d", "3.14.2", False),
    ],
)
def test_specs_as_uv_writes_them(
    machine: Path,
    fake_python: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    spec: str,
    version: str,
    free_threaded: bool,
) -> None:
    builds = ["3.14.1", "3.14.2", "3.13.5", "3.15.0rc1"]
    for number, one in enumerate(builds):
        fake_python(machine / "b" / str(number) / "bin" / "python3", one)
    fake_python(machine / "b" / "t" / "bin" / "python3", "3.14.1", free_threaded=True)
    fake_python(machine / "b" / "d" / "bin" / "python3", "3.14.2", debug=True)
    monkeypatch.setenv("UNGIL_PYTHONS", str(machine / "b"))
    build = pythons.resolve(spec)
    assert (build.version, build.free_threaded, build.debug) == (version, free_threaded, spec == "3.14d")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("3.14t", "no Python 3.14t on this machine: get it with `ungil pythons install 3.14t`"),
        (">=3.15", "get it with `ungil pythons install '>=3.15'`"),
        ("3.9", "ungil needs 3.10, or newer"),
        ("3.12t", "ungil needs 3.13, the first free-threaded one, or newer"),
        ("rubbish", "names no interpreter build"),
        ("3.14x", "names no interpreter build"),
        (">=banana", "names no interpreter build"),
        ("", "names no interpreter build"),
        ("/nowhere/python", "/nowhere/python is no usable Python: no such file"),
    ],
)
def test_what_nothing_satisfies_is_refused_in_one_line_that_says_what_to_do(
    machine: Path, fake_python: Callable[..., Path], spec: str, words: str
) -> None:
    fake_python(machine / "bin" / "python3.14", "3.14.0")
    with pytest.raises(UngilError) as refused:
        pythons.resolve(spec)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_broken_build_is_named_where_its_spec_is_asked_for(machine: Path) -> None:
    path = machine / "bin" / "python3.14t"
    path.write_text("#!/bin/sh\nexit 3\n")
    path.chmod(0o755)
    with pytest.raises(UngilError, match="python3\\.14t: ended with exit status 3"):
        pythons.resolve("3.14t")


def test_a_path_may_be_an_executable_a_link_a_prefix_or_an_environment(
    machine: Path, this_build: pythons.Build
) -> None:
    link = machine / "link"
    link.symlink_to(this_build.executable)
    environment = machine / "environment"
    subprocess.run([this_build.executable, "-m", "venv", "--without-pip", environment], check=True)
    assert pythons.resolve(str(link)).executable == this_build.executable
    assert pythons.resolve(str(Path(this_build.executable).parent.parent)).version == this_build.version
    assert pythons.resolve(str(environment)).executable.startswith(str(environment / "bin" / "python"))
    assert pythons.resolve(str(environment)).version == this_build.version


def test_a_folder_without_a_python_is_refused(machine: Path) -> None:
    with pytest.raises(UngilError, match="holds no Python"):
        pythons.resolve(str(machine))
