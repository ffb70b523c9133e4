from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from ungil.errors import UngilError
from ungil.report.output import check_writable, write_document

as_root = os.geteuid() == 0


def test_a_file_is_written_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    write_document("old ± text that is longer\n", str(target))
    write_document("new\n", str(target))
    assert target.read_text(encoding="utf-8") == "new\n"
    assert os.listdir(tmp_path) == ["report.json"]


def test_a_dash_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    check_writable("-")
    write_document("{}\n", "-")
    assert capsys.readouterr().out == "{}\n"


def test_checking_neither_makes_nor_changes_a_file(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("kept")
    check_writable(str(tmp_path / "old"))
    check_writable(str(tmp_path / "new"))
    assert os.listdir(tmp_path) == ["old"] and (tmp_path / "old").read_text() == "kept"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("missing/report.json", "there is no directory"),
        ("file/report.json", "Not a directory"),
        (".", "it is a directory"),
        ("new/", "it names a directory"),
        ("x" * 300, "File name too long"),
        ("loop", "symbolic links"),
        ("", "without a name"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_in_one_line_beforehand_and_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("loop").symlink_to("loop")
    for write in (check_writable, lambda path: write_document("text", path)):
        with pytest.raises(UngilError, match=why) as raised:
            write(path)
        assert "\n" not in str(raised.value)
    assert sorted(os.listdir()) == ["file", "loop"]


@pytest.mark.skipif(as_root, reason="root may write anywhere")
def test_missing_permission_is_found_beforehand(tmp_path: Path) -> None:
    (tmp_path / "mine").touch(0o444)
    (tmp_path / "closed").mkdir(0o555)
    (tmp_path / "hidden").mkdir(0o000)
    for path in ("mine", "closed/new", "hidden/folder/new"):
        with pytest.raises(UngilError, match=r"no permission|Permission denied"):
            check_writable(str(tmp_path / path))


def test_a_failing_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UngilError, match=r"cannot write .*report\.html: No space left on device"):
        write_document("new", str(target))
    assert os.listdir(tmp_path) == ["report.html"] and target.read_text() == "old"


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_document("new", str(tmp_path / "report.html"))
    assert os.listdir(tmp_path) == []


def test_permissions_are_those_of_the_file_it_replaces(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    target.touch()
    target.chmod(0o640)
    write_document("text", str(target))
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "report.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    write_document("new", str(link))
    assert link.is_symlink() and target.read_text() == "new"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_document("text", str(pipe))
    reader.join(10)
    assert read == ["text"] and stat.S_ISFIFO(pipe.stat().st_mode)


def test_text_that_is_no_unicode_is_written_all_the_same(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    write_document("name \udcff", str(target))
    assert target.read_bytes() == b"name \\udcff"
