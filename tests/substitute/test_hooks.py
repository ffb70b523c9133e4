"""Post-import hooks: what they change, and that nobody sees them."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from ungil.substitute import _hooks


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder modules are imported from; what was imported and hooked is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    _hooks.forget_all()
    for name in set(sys.modules) - before:
        del sys.modules[name]


def mark(module: ModuleType) -> None:
    module.marks = [*getattr(module, "marks", ()), module.__name__]  # type: ignore[attr-defined]  # made here


def test_a_module_is_changed_when_it_is_imported(folder: Path) -> None:
    (folder / "hooked_one.py").write_text("value = 1\n")
    _hooks.when_imported("hooked_one", mark)
    assert "hooked_one" not in sys.modules
    module = importlib.import_module("hooked_one")
    assert module.marks == ["hooked_one"] and module.value == 1


def test_from_import_sees_the_change(folder: Path) -> None:
    (folder / "hooked_two.py").write_text("class Pool: pass\n")

    class Other:
        pass

    _hooks.when_imported("hooked_two", lambda module: setattr(module, "Pool", Other))
    from hooked_two import Pool  # type: ignore[import-not-found]  # made by the test

    assert Pool is Other


def test_a_module_imported_already_is_changed_at_once(folder: Path) -> None:
    (folder / "hooked_early.py").write_text("")
    module = importlib.import_module("hooked_early")
    _hooks.when_imported("hooked_early", mark)
    assert module.marks == ["hooked_early"]


def test_a_submodule_without_its_package_and_the_other_way_round(folder: Path) -> None:
    (folder / "hooked_package").mkdir()
    (folder / "hooked_package" / "__init__.py").write_text("from . import part\n")
    (folder / "hooked_package" / "part.py").write_text("import hooked_package\n")
    _hooks.when_imported("hooked_package.part", mark)
    _hooks.when_imported("hooked_package", mark)
    package = importlib.import_module("hooked_package")
    assert package.marks == ["hooked_package"] and package.part.marks == ["hooked_package.part"]


def test_a_reload_is_changed_again(folder: Path) -> None:
    (folder / "hooked_again.py").write_text("marks = ['own']\n")
    _hooks.when_imported("hooked_again", mark)
    module = importlib.import_module("hooked_again")
    assert importlib.reload(module).marks == ["own", "hooked_again"]
    del sys.modules["hooked_again"]
    assert importlib.import_module("hooked_again").marks == ["own", "hooked_again"]


def test_a_module_that_puts_another_object_in_its_place(folder: Path) -> None:
    (folder / "hooked_trick.py").write_text(
        "import sys, types\nnew = types.ModuleType(__name__)\nnew.is_new = True\nsys.modules[__name__] = new\n"
    )
    _hooks.when_imported("hooked_trick", mark)
    module = importlib.import_module("hooked_trick")
    assert module.is_new and module.marks == ["hooked_trick"]


def test_no_trace_in_the_module(folder: Path) -> None:
    source = "import sys\nseen = (type(__loader__), type(__spec__.loader), __spec__.loader is __loader__)\n"
    (folder / "plain.py").write_text(source)
    (folder / "hooked_quietly.py").write_text(source)
    _hooks.when_imported("hooked_quietly", lambda module: None)
    plain, hooked = (importlib.import_module(name) for name in ("plain", "hooked_quietly"))
    assert hooked.seen == plain.seen
    assert type(hooked.__loader__) is type(plain.__loader__)
    assert hooked.__spec__ is not None and hooked.__spec__.loader is hooked.__loader__
    assert set(vars(hooked)) == set(vars(plain))


def test_a_spec_found_but_not_imported_looks_as_it_would(folder: Path) -> None:
    (folder / "hooked_looked_up.py").write_text("x = 1\n")
    plain = importlib.util.find_spec("hooked_looked_up")
    _hooks.when_imported("hooked_looked_up", mark)
    hooked = importlib.util.find_spec("hooked_looked_up")
    assert plain is not None and hooked is not None and plain.loader is not None and hooked.loader is not None
    assert isinstance(hooked.loader, type(plain.loader))
    assert hooked.origin == plain.origin
    assert hooked.loader.get_source("hooked_looked_up") == "x = 1\n"  # type: ignore[attr-defined]  # a file's loader


def test_a_module_in_a_zip_file(folder: Path) -> None:
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.writestr("hooked_zipped.py", "")
        archive.writestr("beside.py", "")
    sys.path.insert(0, str(folder / "archive.zip"))
    _hooks.when_imported("hooked_zipped", mark)
    try:
        assert importlib.import_module("hooked_zipped").marks == ["hooked_zipped"]
        assert not hasattr(importlib.import_module("beside"), "marks")
    finally:
        sys.path.remove(str(folder / "archive.zip"))


def test_a_failing_import_fails_as_it_would(folder: Path) -> None:
    (folder / "hooked_broken.py").write_text("1 / 0\n")
    _hooks.when_imported("hooked_broken", mark)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            importlib.import_module("hooked_broken")
    assert "hooked_broken" not in sys.modules
    _hooks.when_imported("hooked_nowhere", mark)
    with pytest.raises(ModuleNotFoundError, match="No module named 'hooked_nowhere'"):
        importlib.import_module("hooked_nowhere")


def test_several_hooks_run_in_their_order(folder: Path) -> None:
    (folder / "hooked_often.py").write_text("")
    order: list[int] = []
    for n in range(3):
        _hooks.when_imported("hooked_often", lambda module, n=n: order.append(n))
    importlib.import_module("hooked_often")
    assert order == [0, 1, 2]


def test_forgetting_leaves_the_search_as_it_was(folder: Path) -> None:
    before = list(sys.meta_path)
    _hooks.when_imported("hooked_never", mark)
    assert len(sys.meta_path) == len(before) + 1
    _hooks.forget_all()
    assert sys.meta_path == before
