"""A program is found as its user means it, or refused in one line."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ungil.errors import UngilError
from ungil.launch import Program, find_script

Need = Callable[[str], str]


@pytest.fixture
def python(need: Need, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of an environment with two console scripts, one of them compiled; the working folder is an empty one."""
    subprocess.run([need("3.14"), "-m", "venv", "--without-pip", str(tmp_path / "environment")], check=True, timeout=60)
    scripts = tmp_path / "environment" / "bin"
    (scripts / "tool").write_text("#!/bin/sh\n'''exec' python \"$0\" \"$@\"\n' '''\nprint('tool')\n")
    (scripts / "compiled").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path / "folder")
    return str(scripts / "python")


def found(name: str, python: str) -> str:
    program = find_script(Program((name, "-x", "y")), python)
    assert program.argv[1:] == ("-x", "y")
    return program.argv[0]


def refusal(name: str, python: str, *, module: bool = False) -> str:
    with pytest.raises(UngilError) as raised:
        find_script(Program((name,), module), python)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_path_stays_as_the_user_wrote_it(python: str) -> None:
    Path("a.py").write_text("print(1)")

    assert found("a.py", python) == "a.py"
    assert found("./a.py", python) == "./a.py"


def test_a_console_script_of_the_environment_is_found(python: str) -> None:
    assert found("tool", python) == str(Path(python).with_name("tool"))


def test_a_file_comes_before_a_console_script_and_a_plain_folder_behind(python: str) -> None:
    Path("tool").mkdir()
    assert found("tool", python) == str(Path(python).with_name("tool"))
    Path("tool").rmdir()
    Path("tool").write_text("print(1)")
    assert found("tool", python) == "tool"


def test_folders_and_archives_run_as_python_runs_them(python: str) -> None:
    Path("app").mkdir()
    Path("app/__main__.py").write_text("print(1)")
    with zipfile.ZipFile("app.pyz", "w") as archive:
        archive.write("app/__main__.py", "__main__.py")
    Path("shebang.pyz").write_bytes(b"#!/usr/bin/env python3\n" + Path("app.pyz").read_bytes())

    for name in ("app", "app.pyz", "shebang.pyz"):
        assert found(name, python) == name


@pytest.mark.parametrize(
    "source",
    [b"", b"# -*- coding: latin-1 -*-\nprint('\xe9')\n", b"\xef\xbb\xbfprint(1)\n", b"print('a')\r\nprint('b')\r\n"],
)
def test_python_in_any_encoding_is_python(source: bytes, python: str) -> None:
    Path("a.py").write_bytes(source)

    assert found("a.py", python) == "a.py"


def test_a_syntax_newer_than_the_tools_python_is_no_reason_to_refuse(python: str) -> None:
    # 3.14 (PEP 758); where the tool runs on that too, there is nothing newer to try.
    Path("a.py").write_text("try:\n    pass\nexcept ValueError, TypeError:\n    pass\n")

    assert found("a.py", python) == "a.py"


def test_what_is_not_there_is_refused(python: str) -> None:
    assert refusal("nope", python).startswith("no such file: nope")
    assert refusal("nope/nope.py", python) == "no such file: nope/nope.py"
    Path("dangling.py").symlink_to("nowhere.py")
    assert refusal("dangling.py", python) == "dangling.py is a broken link"


def test_what_is_not_a_program_is_refused(python: str) -> None:
    Path("folder").mkdir()
    assert "is a directory without a __main__.py" in refusal("folder", python)
    with zipfile.ZipFile("empty.zip", "w"):
        pass
    assert "is an archive without a __main__.py" in refusal("empty.zip", python)


@pytest.mark.parametrize(
    "source", [b"#!/bin/sh\nexit 0;\n", b"\x7fELF\0\0", b"PK is not always an archive", b"\xff\xfe"]
)
def test_what_is_not_python_is_refused(source: bytes, python: str) -> None:
    Path("a").write_bytes(source)

    assert refusal("a", python).startswith("a is not Python: ")


def test_a_console_script_that_is_a_binary_is_refused(python: str) -> None:
    assert "compiled is not Python" in refusal("compiled", python)


def test_modules_are_looked_for_where_python_looks(python: str) -> None:
    Path("here.py").write_text("raise SystemError('must not run')")
    Path("package").mkdir()
    Path("package/__main__.py").write_text("raise SystemError('must not run')")

    for name in ("here", "package", "package.__main__", "compileall"):
        program = Program((name, "x"), module=True)
        assert find_script(program, python) == program


def test_modules_that_cannot_run_are_refused(python: str) -> None:
    Path("package").mkdir()
    Path("package/__init__.py").touch()

    assert refusal("nope", python, module=True).startswith("no module named nope")
    assert refusal("nope.nope", python, module=True).startswith("no module named nope.nope")
    assert refusal("package.nope", python, module=True).startswith("no module named package.nope")
    assert "is a package without a __main__ module" in refusal("package", python, module=True)
