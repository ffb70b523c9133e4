from __future__ import annotations

import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from uv import find_uv_bin

from ungil.pythons import Build, Dependencies, Environment, dependencies_of, prepare

BACKEND = '''\
"""A build backend that needs no index, and litters the folder it is run in as others do."""
import zipfile
from pathlib import Path

def get_requires_for_build_editable(config_settings=None):
    return []

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    here = Path.cwd()
    (here / "local.egg-info").mkdir(exist_ok=True)
    (here / "local.egg-info" / "PKG-INFO").write_text("")
    {generate}
    with zipfile.ZipFile(Path(wheel_directory) / "local-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("_local.pth", str(here / "src"))
        wheel.writestr("local-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: local\\nVersion: 1\\n")
        wheel.writestr("local-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("local-1.dist-info/entry_points.txt", "[console_scripts]\\nlocal-command = local:main\\n")
        wheel.writestr("local-1.dist-info/RECORD", "")
    return "local-1-py3-none-any.whl"
'''

PYPROJECT = """\
[project]
name = "local"
version = "1"
requires-python = ">=3.10"

[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache, empty; uv's own stays, so that nothing is downloaded twice."""
    own = subprocess.run([find_uv_bin(), "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
    monkeypatch.setenv("UV_CACHE_DIR", own)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def wheel(folder: Path, name: str, version: str = "1", tag: str = "py3-none-any") -> str:
    """A package of one module that holds its version, and a command that prints it."""
    path = folder / f"{name}-{version}-{tag}.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", f"VERSION = {version!r}\ndef main(): print({name!r}, VERSION)\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        archive.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{name} = {name}:main\n")
        archive.writestr(f"{info}/RECORD", "")
    return str(path)


def local_project(folder: Path, generate: str = "pass") -> Path:
    """A project of a program and a package, built by a backend of its own."""
    (folder / "src" / "local").mkdir(parents=True)
    (folder / "src" / "local" / "__init__.py").write_text("def main(): print('local runs')\n")
    (folder / "program.py").write_text("import local\nprint(local.__file__)\n")
    (folder / "backend.py").write_text(BACKEND.format(generate=generate))
    (folder / "pyproject.toml").write_text(PYPROJECT)
    return folder


def output(environment: Environment, *arguments: str) -> str:
    assert environment.error is None
    command = [environment.executable, "-B", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_where_nothing_is_to_install_the_builds_own_python_runs(this_build: Build, cache: Path) -> None:
    assert prepare(this_build, Dependencies()) == Environment(this_build.executable)
    assert not (cache / "ungil" / "environments").exists()


def test_a_broken_build_gives_its_error(this_build: Build) -> None:
    assert prepare(replace(this_build, error="it hangs"), Dependencies(("six",))).error == "it hangs"


def test_a_python_the_program_does_not_run_on_is_an_error(this_build: Build) -> None:
    environment = prepare(this_build, Dependencies(requires_python=">=4"))
    assert environment.error == f"the program requires Python >=4, this is {this_build.version}"


def test_a_pre_release_counts_as_its_release(this_build: Build) -> None:
    build = replace(this_build, version="3.15.0rc1")
    assert prepare(build, Dependencies(requires_python=">=3.15")).error is None


def test_the_program_gets_the_packages_and_their_commands(this_build: Build, tmp_path: Path) -> None:
    environment = prepare(this_build, Dependencies((wheel(tmp_path, "tiny"),)))
    assert output(environment, "-c", "import tiny; tiny.main()") == "tiny 1"
    assert output(environment, str(Path(environment.executable).parent / "tiny")) == "tiny 1"
    assert output(environment, "-c", "import sys; print(sys.version.split()[0])") == this_build.version


def test_the_tools_own_packages_are_not_in_it(this_build: Build, tmp_path: Path) -> None:
    environment = prepare(this_build, Dependencies((wheel(tmp_path, "tiny"),)))
    spec = "import importlib.util as u; print([u.find_spec(n) for n in ('ungil', 'click', 'rich', 'pytest')])"
    assert output(environment, "-c", spec) == "[None, None, None, None]"


def test_it_is_made_once_for_the_same_things(this_build: Build, tmp_path: Path) -> None:
    needs = Dependencies((wheel(tmp_path, "tiny"),))
    first, second = [], []
    assert prepare(this_build, needs, first.append) == prepare(this_build, needs, second.append)
    assert "making the environment" in first
    assert "making the environment" not in second


def test_other_versions_are_another_environment(this_build: Build, tmp_path: Path) -> None:
    needs = tmp_path / "needs.txt"
    needs.write_text(wheel(tmp_path, "tiny", "1"))
    old = prepare(this_build, Dependencies(files=(str(needs),)))
    needs.write_text(wheel(tmp_path, "tiny", "2"))
    new = prepare(this_build, Dependencies(files=(str(needs),)))
    assert output(new, "-c", "import tiny; tiny.main()") == "tiny 2"
    assert output(old, "-c", "import tiny; tiny.main()") == "tiny 1"


def test_a_half_made_one_is_made_anew(this_build: Build, tmp_path: Path) -> None:
    needs = Dependencies((wheel(tmp_path, "tiny"),))
    environment = prepare(this_build, needs)
    root = Path(environment.executable).parent.parent
    (root / ".ungil-complete").unlink()
    next(root.glob("lib/python*/site-packages/tiny.py")).unlink()
    assert output(prepare(this_build, needs), "-c", "import tiny; tiny.main()") == "tiny 1"


def test_one_that_was_interrupted_is_not_left_behind(this_build: Build, tmp_path: Path, cache: Path) -> None:
    def interrupt(what: str) -> None:
        if what == "installing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(this_build, Dependencies((wheel(tmp_path, "tiny"),)), interrupt)
    assert not [path for path in (cache / "ungil" / "environments").iterdir() if path.is_dir()]


def test_a_package_without_a_wheel_for_the_build_is_one_line_that_names_it(this_build: Build, tmp_path: Path) -> None:
    environment = prepare(this_build, Dependencies((wheel(tmp_path, "tiny", tag="cp27-none-any"),)))
    assert environment.executable == this_build.executable
    assert environment.error is not None
    assert "tiny" in environment.error and "\n" not in environment.error


def test_the_project_is_installed_without_a_trace_in_its_folder(this_build: Build, tmp_path: Path) -> None:
    project = local_project(tmp_path / "project")
    before = files(project)
    environment = prepare(this_build, dependencies_of(str(project / "program.py")))
    assert output(environment, str(project / "program.py")) == str(project / "src" / "local" / "__init__.py")
    assert output(environment, str(Path(environment.executable).parent / "local-command")) == "local runs"
    assert files(project) == before


def test_the_projects_own_lines_run_so_an_edit_needs_no_new_environment(this_build: Build, tmp_path: Path) -> None:
    project = local_project(tmp_path / "project")
    needs = dependencies_of(str(project / "program.py"))
    environment = prepare(this_build, needs)
    (project / "src" / "local" / "__init__.py").write_text("EDITED = True\n")
    assert prepare(this_build, needs) == environment
    assert output(environment, "-c", "import local; print(local.EDITED)") == "True"


def test_a_project_whose_build_makes_modules_runs_from_its_built_copy(this_build: Build, tmp_path: Path) -> None:
    generate = '(here / "src" / "local" / "made.py").write_text("MADE = True")'
    project = local_project(tmp_path / "project", generate)
    before = files(project)
    needs = dependencies_of(str(project / "program.py"))
    assert output(prepare(this_build, needs), "-c", "import local.made; print(local.made.MADE)") == "True"
    assert files(project) == before
    (project / "src" / "local" / "__init__.py").write_text("EDITED = True\n")
    again = prepare(this_build, needs)
    assert output(again, "-c", "import local, local.made; print(local.EDITED, local.made.MADE)") == "True True"


def test_a_project_that_cant_be_built_is_one_line(this_build: Build, tmp_path: Path) -> None:
    project = local_project(tmp_path / "project", "raise RuntimeError('no C library')")
    environment = prepare(this_build, dependencies_of(str(project / "program.py")))
    assert environment.error is not None
    assert "RuntimeError: no C library" in environment.error and str(project) in environment.error
    assert "\n" not in environment.error


def test_over_a_virtual_environment_only_the_options_are_added(this_build: Build, tmp_path: Path) -> None:
    own = tmp_path / "own"
    subprocess.run([this_build.executable, "-m", "venv", "--without-pip", own], check=True)
    next(own.glob("lib/python*/site-packages")).joinpath("theirs.py").write_text("NAME = 'theirs'\n")
    build = replace(this_build, executable=str(own / "bin" / "python"))
    assert prepare(build, Dependencies(project=str(tmp_path))) == Environment(build.executable)
    environment = prepare(build, Dependencies((wheel(tmp_path, "tiny"),)))
    assert output(environment, "-c", "import theirs, tiny; print(theirs.NAME, tiny.VERSION)") == "theirs 1"


@pytest.mark.network
def test_a_package_of_the_index_is_installed_on_a_free_threaded_build(need: Callable[[str], str]) -> None:
    from ungil.pythons import resolve

    environment = prepare(resolve(need("3.14t")), Dependencies(("six",)))
    assert output(environment, "-c", "import six, sys; print(six.__name__, sys._is_gil_enabled())") == "six False"


@pytest.mark.network
def test_what_the_index_has_not_is_one_line_that_names_it(this_build: Build) -> None:
    environment = prepare(this_build, Dependencies(("six==99",)))
    assert environment.error == "there is no version of six==99 and you require six==99"


@pytest.mark.network
def test_a_scripts_own_settings_of_uv_hold(this_build: Build, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        '# /// script\n# requires-python = ">=3.10"\n# dependencies = ["six"]\n'
        '# [tool.uv]\n# exclude-newer = "2024-01-01T00:00:00Z"\n# ///\nimport six\nprint(six.__version__)\n'
    )
    assert output(prepare(this_build, dependencies_of(str(script))), str(script)) == "1.16.0"
    assert {path.name for path in tmp_path.iterdir()} == {"program.py", "cache"}


@pytest.mark.network
def test_a_locked_project_gets_its_locked_versions(this_build: Build, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["six"]\n'
    )
    (project / "program.py").write_text("import six\nprint(six.__version__)\n")
    lock = [find_uv_bin(), "lock", "--exclude-newer", "2024-01-01T00:00:00Z"]
    subprocess.run(lock, cwd=project, check=True, capture_output=True)
    before = files(project)
    environment = prepare(this_build, dependencies_of(str(project / "program.py")))
    assert output(environment, str(project / "program.py")) == "1.16.0"
    assert files(project) == before


def sdist(folder: Path, name: str, version: str, generate: str = "pass") -> None:
    """A source distribution of a package with a build backend of its own."""
    root = folder / f"{name}-{version}"
    (root / "src" / "local").mkdir(parents=True)
    backend = BACKEND.format(generate=generate).replace("editable", "wheel").replace("local-1", f"{name}-{version}")
    (root / "backend.py").write_text(backend.replace("Name: local\\nVersion: 1", f"Name: {name}\\nVersion: {version}"))
    pyproject = PYPROJECT.replace('"local"', f'"{name}"').replace('version = "1"', f'version = "{version}"')
    (root / "pyproject.toml").write_text(pyproject)
    (root / "PKG-INFO").write_text(f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n")
    with tarfile.open(folder / f"{name}-{version}.tar.gz", "w:gz") as archive:
        archive.add(root, root.name)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all the index there is."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    return folder


def test_an_older_version_with_a_wheel_comes_before_a_newer_one_to_compile(this_build: Build, index: Path) -> None:
    wheel(index, "tiny", "1")
    sdist(index, "tiny", "2")
    assert output(prepare(this_build, Dependencies(("tiny",))), "-c", "import tiny; print(tiny.VERSION)") == "1"


def test_what_has_no_wheel_at_all_is_compiled(this_build: Build, index: Path) -> None:
    sdist(index, "tiny", "2")
    version = "import importlib.metadata as m; print(m.version('tiny'))"
    assert output(prepare(this_build, Dependencies(("tiny",))), "-c", version) == "2"


def test_what_does_not_compile_is_one_line_that_names_it(this_build: Build, index: Path) -> None:
    sdist(index, "tiny", "2", "raise RuntimeError('no C library')")
    error = prepare(this_build, Dependencies(("tiny",))).error
    assert error == "Failed to build `tiny==2`: RuntimeError: no C library"
