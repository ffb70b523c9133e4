"""The whole way from a spec to a build that is found again: archive, compiler and CPython are scripts."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from ungil import pythons
from ungil.errors import UngilError
from ungil.pythons import uv
from ungil.pythons.debian import source
from ungil.pythons.debian.archives import DEBIAN, Archive
from ungil.pythons.step import Step

APT_GET = """\
#!/bin/sh
echo "$@" >> {log}
case "$*" in *update*)
    case "$(cat "${{2%apt.conf}}ungil.sources")" in *{unreachable}*) echo "E: Failed to fetch it" ; exit 100;; esac
    echo "dlstatus:1:50.0:Retrieving file 1 of 2";;
*--print-uris*) ;;
*source*)
    for package; do :; done
    file={pool}/${{package%=*}}_orig.tar
    [ -e $file ] || {{ echo "E: Failed to fetch $package 404"; exit 100; }}
    cp $file ${{package%=*}}_3.orig.tar.xz;;
esac
"""

APT_CACHE = """\
#!/bin/sh
cat {pool}/index
"""

CONFIGURE = """\
#!/bin/sh
echo "$@" > arguments
"""

MAKE = """\
#!/bin/sh
case "$*" in
--dry-run) echo "gcc -c one.c -o one.o"; echo "gcc -c two.c -o two.o"; exit;;
install*)
    for word in $(cat arguments); do case $word in --prefix=*) prefix=${{word#--prefix=}};; esac; done
    stage=${{2#DESTDIR=}}
    mkdir -p $stage$prefix/bin
    case "$(cat arguments)" in *--disable-gil*) built=t;; esac
    cp {answers}/python$built $stage$prefix/bin/python3$built
    exit;;
esac
{before}
echo "gcc -c one.c -o one.o"
echo "gcc -c two.c -o two.o"
{after}
"""


@dataclass
class Archives:
    """A distribution's archive made of scripts, on the machine's PATH."""

    machine: Path
    fake_python: Callable[..., Path]

    def serve(self, *versions: str, listed: tuple[str, ...] = (), unreachable: str = "no-suite") -> None:
        """``versions`` can be had; ``listed`` ones stand in the index alone."""
        pool = self.machine / "pool"
        pool.mkdir()
        index = [(f"python{'.'.join(one.split('.')[:2])}", one) for one in (*listed, *versions)]
        (pool / "index").write_text("".join(f"Package: {name}\nVersion: {one}-1\n\n" for name, one in index))
        configure = pool / "configure"
        configure.write_text(CONFIGURE)
        configure.chmod(0o755)
        for name, version in index:
            if version in versions:
                with tarfile.open(pool / f"{name}_orig.tar", "w:xz") as archive:
                    archive.add(configure, f"Python-{version}/configure")
        self.script("apt-get", APT_GET.format(log=self.machine / "apt.log", unreachable=unreachable, pool=pool))
        self.script("apt-cache", APT_CACHE.format(pool=pool))
        self.build(versions[0] if versions else "3.14.0")

    def build(self, version: str, *, before: str = "", after: str = "") -> None:
        """What make does, and which version its build says it is."""
        answers = self.machine / "answers"
        self.fake_python(answers / "python", version)
        self.fake_python(answers / "pythont", version, free_threaded=True)
        self.script("make", MAKE.format(answers=answers, before=before, after=after))

    def script(self, name: str, text: str) -> None:
        path = self.machine / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    @property
    def installed(self) -> list[str]:
        """All there is in the folder of builds, hidden things included."""
        return sorted(path.name for path in (self.machine / "data" / "ungil" / "pythons").iterdir())


@pytest.fixture
def archive(machine: Path, fake_python: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Archives:
    archive = Archives(machine, fake_python)
    archive.script("gcc", "#!/bin/sh\n")
    archive.script(
        "uv", "#!/bin/sh\necho 'error: Failed to download' >&2\necho '  cause: no route to host' >&2\nexit 1\n"
    )
    monkeypatch.setattr(uv, "executable", lambda: str(machine / "bin" / "uv"))
    monkeypatch.setattr(source, "require_tools", lambda: None)
    monkeypatch.setattr(source, "archives", lambda: [Archive(DEBIAN, "http://mirror.invalid", DEBIAN.suites, ())])
    return archive


def test_by_default_3_14_is_built_free_threaded_and_found_again(archive: Archives) -> None:
    archive.serve("3.14.8", "3.13.5", "3.15.0")
    (build,) = pythons.install()
    assert (build.spec, build.version, build.found_by, build.error) == ("3.14t", "3.14.8", "ungil", None)
    assert pythons.find() == [build]
    assert pythons.resolve("3.14t") == build
    assert archive.installed == [".lock", "cpython-3.14.8t-debian"]


def test_where_3_14_is_listed_but_not_to_be_had_it_is_3_13(archive: Archives) -> None:
    archive.serve("3.13.5", listed=("3.14.8",))
    notes: list[str] = []
    (build,) = pythons.install(progress=lambda step: notes.append(step.what) if step.note else None)
    assert build.version == "3.13.5"
    assert any("3.14.8-1 is listed by forky but not to be had" in note for note in notes)
    assert any("uv did not get it (Failed to download: no route to host)" in note for note in notes)


def test_a_suite_the_mirror_has_not_does_no_harm(archive: Archives) -> None:
    archive.serve("3.13.5", unreachable="forky")
    assert pythons.install()[0].version == "3.13.5"


def test_a_named_version_that_is_not_to_be_had_is_refused_naming_what_is(archive: Archives) -> None:
    archive.serve("3.13.5")
    with pytest.raises(
        UngilError, match=r"no source of Python 3\.14t .*`ungil pythons install 3\.13t` can be had"
    ) as refused:
        pythons.install("3.14t")
    assert "\n" not in str(refused.value)
    assert archive.installed == [".lock"]


def test_a_pair_is_two_builds_of_one_source_with_the_same_flags(archive: Archives) -> None:
    archive.serve("3.14.8")
    build, twin = pythons.install("3.14t", pair=True)
    assert (build.spec, twin.spec) == ("3.14t", "3.14")
    assert (build.version, build.flags, build.compiler) == (twin.version, twin.flags, twin.compiler)
    assert archive.installed == [".lock", "cpython-3.14.8-debian", "cpython-3.14.8t-debian"]


def test_of_a_pair_only_what_is_missing_is_built(archive: Archives) -> None:
    archive.serve("3.14.8")
    pythons.install("3.14t")
    steps: list[str] = []
    pythons.install("3.14t", pair=True, progress=lambda step: steps.append(step.what))
    assert {what for what in steps if what.startswith("building")} == {"building Python 3.14.8"}


def test_what_is_here_already_is_not_got_again(archive: Archives) -> None:
    archive.serve("3.14.8")
    first = pythons.install()
    (archive.machine / "apt.log").unlink()
    assert pythons.install() == first
    assert not (archive.machine / "apt.log").exists()


def test_progress_tells_fetching_configuring_building_and_installing(archive: Archives) -> None:
    archive.serve("3.14.8")
    steps: list[Step] = []
    pythons.install("3.14t", progress=steps.append)
    assert Step("fetching the source index of debian forky", 50.0, 100.0) in steps
    assert Step("building Python 3.14.8t", 2, 2) in steps
    order = ["asking uv", "fetching", "unpacking", "configuring", "building", "installing"]
    told = [next(word for word in order if step.what.startswith(word)) for step in steps if not step.note]
    assert list(dict.fromkeys(told)) == order


def test_apt_keeps_its_checks_and_the_systems_lists_are_not_its_own(archive: Archives) -> None:
    archive.serve("3.14.8")
    pythons.install("3.14t")
    commands = (archive.machine / "apt.log").read_text()
    assert "unauthenticated" not in commands and "insecure" not in commands.lower()
    assert all("/data/ungil/pythons/.building-" in line for line in commands.splitlines())


def test_a_failed_build_says_why_names_its_log_and_leaves_nothing(archive: Archives) -> None:
    archive.serve("3.14.8")
    archive.build("3.14.8", after="echo 'ceval.c:1:1: error: no such thing'; exit 2")
    with pytest.raises(
        UngilError, match=r"building Python 3\.14\.8t failed: ceval\.c:1:1: error: no such thing"
    ) as failed:
        pythons.install("3.14t")
    assert archive.installed == [".lock"]
    (log,) = (archive.machine / "cache" / "ungil" / "logs").iterdir()
    assert str(log) in str(failed.value)
    assert "no such thing" in log.read_text()


def test_a_build_that_is_not_what_was_asked_for_is_not_kept(archive: Archives) -> None:
    archive.serve("3.14.8")
    archive.fake_python(archive.machine / "answers" / "pythont", "3.14.8", free_threaded=False)
    with pytest.raises(UngilError, match="not the variant asked for"):
        pythons.install("3.14t")
    assert archive.installed == [".lock"]


def test_ctrl_c_ends_the_whole_build_and_leaves_nothing(archive: Archives, ended: Callable[[int], bool]) -> None:
    archive.serve("3.14.8")
    child = archive.machine / "child"
    archive.build("3.14.8", before=f"sleep 1000 & echo $! > {child}", after="sleep 1000")

    def interrupt(step: Step) -> None:
        if step.what.startswith("building") and step.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pythons.install("3.14t", progress=interrupt)
    assert ended(int(child.read_text()))
    assert archive.installed == [".lock"]


def test_what_a_killed_one_left_is_cleared_by_the_next(archive: Archives) -> None:
    archive.serve("3.14.8")
    left = archive.machine / "data" / "ungil" / "pythons" / ".building-abc" / "stage"
    left.mkdir(parents=True)
    pythons.install("3.14t")
    assert archive.installed == [".lock", "cpython-3.14.8t-debian"]


def test_a_broken_build_is_made_anew(archive: Archives) -> None:
    archive.serve("3.14.8")
    (build,) = pythons.install("3.14t")
    Path(build.executable).write_text("#!/bin/sh\nexit 1\n")
    assert pythons.find()[0].error is not None
    (again,) = pythons.install("3.14t")
    assert again == build
    assert pythons.find() == [again]


def test_a_full_disk_is_said_before_anything_is_built(archive: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.serve("3.14.8")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=5_000_000))
    with pytest.raises(UngilError, match="has 5 MB left, building Python takes"):
        pythons.install("3.14t")
    assert archive.installed == [".lock"]


def test_a_data_folder_that_cant_be_written_to_is_one_line(archive: Archives) -> None:
    archive.serve("3.14.8")
    (archive.machine / "data").write_text("a file where the folder should be")
    with pytest.raises(UngilError, match=r"Not a directory|File exists") as failed:
        pythons.install("3.14t")
    assert "\n" not in str(failed.value)


def test_headers_are_looked_for_before_anything_is_fetched(archive: Archives) -> None:
    archive.serve("3.14.8")
    archive.script("gcc", '#!/bin/sh\ncase "$(cat)" in *zlib*) exit 1;; esac\n')
    with pytest.raises(UngilError, match="apt install zlib1g-dev"):
        pythons.install("3.14t")
    assert not (archive.machine / "apt.log").exists()


def test_variants_stand_in_the_folders_name_and_are_refused_together_where_they_exclude_each_other(
    archive: Archives,
) -> None:
    archive.serve("3.14.8")
    archive.fake_python(archive.machine / "answers" / "pythont", "3.14.8", free_threaded=True, tail_call=True)
    (build,) = pythons.install("3.14", variant=("free-threaded", "tail-call"))
    assert (build.spec, build.tail_call) == ("3.14t", True)
    assert archive.installed == [".lock", "cpython-3.14.8t-tail-call-debian"]
    with pytest.raises(UngilError, match="choose one of the two"):
        pythons.install("3.14t", variant=("jit",))


def test_a_pair_is_refused_where_its_twin_cant_be(archive: Archives) -> None:
    archive.serve("3.14.8")
    with pytest.raises(UngilError, match="does not work in a free-threaded build"):
        pythons.install("3.14", variant=("jit",), pair=True)
    assert not (archive.machine / "apt.log").exists()


def test_a_series_without_the_variant_is_passed_over(archive: Archives) -> None:
    archive.serve("3.13.5", listed=("3.14.8",))
    with pytest.raises(UngilError, match="no source of any such Python to build"):
        pythons.install(variant=("tail-call",))


@pytest.mark.parametrize(
    ("spec", "variant", "words"),
    [
        ("3.12t", (), "no free-threaded build"),
        ("3.13", ("tail-call",), "no tail-call interpreter"),
        ("rubbish", (), "names no interpreter build"),
        ("/usr/bin/python3", (), "is a path"),
        ("3.14", ("fast",), "unknown variant 'fast'"),
    ],
)
def test_what_cant_be_is_refused_before_uv_is_asked(
    archive: Archives, spec: str, variant: tuple[str, ...], words: str
) -> None:
    archive.script("uv", f"#!/bin/sh\ntouch {archive.machine}/asked\nexit 1\n")
    with pytest.raises(UngilError, match=words):
        pythons.install(spec, variant=variant)
    assert not (archive.machine / "asked").exists()


def test_uvs_own_build_is_taken_where_it_can_download(archive: Archives) -> None:
    place = archive.machine / "uv" / "cpython-3.14.9" / "bin" / "python3.14t"
    archive.fake_python(archive.machine / "answers" / "uvs", "3.14.9", free_threaded=True)
    archive.script(
        "uv",
        f"""#!/bin/sh
case "$*" in
*install*3.14t*) mkdir -p {place.parent}; cp {archive.machine}/answers/uvs {place}; echo "Downloading cpython";;
*list*) [ -e {place} ] && echo '[{{"path": "{place}"}}]' || echo '[]';;
*) exit 1;;
esac
""",
    )
    steps: list[str] = []
    (build,) = pythons.install("3.14t", progress=lambda step: steps.append(step.what))
    assert (build.executable, build.found_by) == (str(place), "uv")
    assert "uv: Downloading cpython" in steps
