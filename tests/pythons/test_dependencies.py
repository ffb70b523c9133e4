from __future__ import annotations

from pathlib import Path

import pytest

from ungil.errors import UngilError
from ungil.pythons import Dependencies, dependencies_of

BLOCK = """\
#!/usr/bin/env python3
# /// script
# requires-python = ">=3.12"
# dependencies = ["requests<3"]
# ///
print("hello")
"""


def script(folder: Path, text: str = "print('hello')\n") -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "program.py"
    path.write_text(text)
    return str(path)


def project(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_a_plain_script_needs_nothing(tmp_path: Path) -> None:
    assert dependencies_of(script(tmp_path)) == Dependencies()
    assert dependencies_of(script(tmp_path)).empty


def test_a_command_of_an_environment_needs_what_the_options_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path, '[project]\nname = "p"\nversion = "1"\ndependencies = ["six"]\n')
    monkeypatch.chdir(tmp_path)
    assert dependencies_of("black", ["black"]) == Dependencies(requirements=("black",))
    assert dependencies_of(None) == Dependencies()


def test_inline_metadata_is_all_a_script_needs(tmp_path: Path) -> None:
    project(tmp_path, '[project]\nname = "p"\nversion = "1"\ndependencies = ["six"]\n')
    path = script(tmp_path, BLOCK)
    assert dependencies_of(path, ["rich"]) == Dependencies(("rich",), script=path, requires_python=">=3.12")


def test_inline_metadata_without_dependencies_turns_the_project_off(tmp_path: Path) -> None:
    project(tmp_path, '[project]\nname = "p"\nversion = "1"\ndependencies = ["six"]\n')
    found = dependencies_of(script(tmp_path, BLOCK.replace('"requests<3"', "")))
    assert found.empty and found.requires_python == ">=3.12"


def test_metadata_in_a_file_of_another_encoding_or_with_windows_line_ends_is_read(tmp_path: Path) -> None:
    path = script(tmp_path)
    Path(path).write_bytes(b"# -*- coding: latin-1 -*-\r\n# \xe9\r\n" + BLOCK.replace("\n", "\r\n").encode())
    assert dependencies_of(path).requires_python == ">=3.12"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BLOCK + BLOCK, "more than one block"),
        (BLOCK.replace("[", ""), "is not valid TOML"),
        (BLOCK.replace('">=3.12"', '"three"'), "requires-python = 'three' is no version specifier"),
        (BLOCK.replace('["requests<3"]', '"requests"'), "dependencies must be a list of strings"),
    ],
)
def test_metadata_that_makes_no_sense_is_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UngilError, match=words) as refused:
        dependencies_of(script(tmp_path, text))
    assert len(str(refused.value).splitlines()) == 1


def test_the_nearest_project_upwards_counts(tmp_path: Path) -> None:
    project(tmp_path, '[project]\nname = "outer"\nversion = "1"\ndependencies = ["six"]\n')
    inner = project(
        tmp_path / "inner",
        '[project]\nname = "i"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["rich"]\n',
    )
    project(inner / "tools", "[tool.ruff]\nline-length = 100\n")  # settings alone make no project
    found = dependencies_of(script(inner / "tools" / "deep"))
    assert found == Dependencies(project=str(inner), requires_python=">=3.11")


def test_no_project_turns_it_off(tmp_path: Path) -> None:
    project(tmp_path, '[project]\nname = "p"\nversion = "1"\ndependencies = ["six"]\n')
    assert dependencies_of(script(tmp_path), no_project=True) == Dependencies()


def test_a_project_with_nothing_to_install_asks_for_no_environment(tmp_path: Path) -> None:
    project(tmp_path, '[project]\nname = "p"\nversion = "1"\n')
    assert dependencies_of(script(tmp_path)).empty


def test_a_project_that_says_how_to_build_it_is_installed_itself(tmp_path: Path) -> None:
    build = '[build-system]\nrequires = ["setuptools"]\n'
    project(tmp_path, '[project]\nname = "p"\nversion = "1"\n' + build)
    assert dependencies_of(script(tmp_path)).project == str(tmp_path)
    project(tmp_path, '[project]\nname = "p"\nversion = "1"\n' + build + "[tool.uv]\npackage = false\n")
    assert dependencies_of(script(tmp_path)).empty


@pytest.mark.parametrize("bad", ["two words", "six==", "=1", "-r file"])
def test_a_requirement_that_is_none_is_refused(bad: str) -> None:
    with pytest.raises(UngilError, match="is no requirement, as numpy or"):
        dependencies_of(None, [bad])


def test_a_requirements_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(UngilError, match=r"--with-requirements nowhere\.txt: No such file"):
        dependencies_of(None, [], ["nowhere.txt"])


def test_paths_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "needs.txt").write_text("six\n")
    monkeypatch.chdir(tmp_path)
    found = dependencies_of(None, ["."], ["needs.txt"])
    assert found == Dependencies((str(tmp_path),), (str(tmp_path / "needs.txt"),))
