from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from ungil.pythons.debian.apt import upstream
from ungil.pythons.debian.archives import Archive, archives

DEB822 = """\
# the distribution
Types: deb
# http://snapshot.debian.org/archive/debian/20250520T000000Z
URIs: http://deb.debian.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.debian.org/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""

VENDORS = {
    "docker.list": "deb [arch=amd64 signed-by=/d.asc] https://download.docker.com/linux/debian bookworm stable\n",
    "pgdg.list": "deb http://apt.postgresql.org/pub/repos/apt bookworm-pgdg main\n",
    "node.sources": "Types: deb\nURIs: https://deb.nodesource.com/node_20.x\nSuites: nodistro\nComponents: main\n",
    "flat.list": "deb http://unreachable.invalid/flat ./\n",
    "rubbish.sources": "this is no source\n\n: nor this\n",
    "left-over.list.save": "deb http://old.invalid/debian bookworm main\n",
}


def etc(folder: Path, sources_list: str = "", **parts: str) -> Path:
    (folder / "sources.list.d").mkdir(parents=True)
    if sources_list:
        (folder / "sources.list").write_text(sources_list)
    for name, text in parts.items():
        (folder / "sources.list.d" / name).write_text(text)
    return folder


def only(found: list[Archive]) -> Archive:
    assert [archive.uri for archive in found] == [found[0].uri]
    return found[0]


def test_the_archive_of_a_deb822_file_keeps_its_mirror_and_its_key(tmp_path: Path) -> None:
    archive = only(archives(etc(tmp_path, **{"debian.sources": DEB822})))
    assert archive.entry(("forky", "sid")) == (
        "Types: deb-src\nURIs: http://deb.debian.org/debian\nSuites: forky sid\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    )
    assert archive.suites == ("forky", "sid", "trixie", "bookworm")


def test_the_archive_of_a_one_line_file_keeps_its_mirror_and_its_key(tmp_path: Path) -> None:
    line = "deb [arch=amd64 signed-by=/k.gpg] http://mirror.example.org/pub/debian/ bookworm main contrib # ours\n"
    archive = only(archives(etc(tmp_path, line)))
    assert archive.uri == "http://mirror.example.org/pub/debian/"
    assert "Signed-By: /k.gpg\n" in archive.entry(("forky",))


def test_other_vendors_do_not_matter(tmp_path: Path) -> None:
    assert only(archives(etc(tmp_path, **VENDORS, **{"debian.sources": DEB822}))).uri == "http://deb.debian.org/debian"


def test_without_an_archive_of_the_distribution_there_is_none(tmp_path: Path) -> None:
    assert archives(etc(tmp_path, **VENDORS)) == []
    assert archives(tmp_path / "absent") == []


def test_a_vendor_that_looks_like_the_archive_comes_after_it(tmp_path: Path) -> None:
    vendor = "deb [signed-by=/m.gpg] https://mirror.vendor.example/repo/11/debian bookworm main\n"
    found = archives(etc(tmp_path, vendor, **{"debian.sources": DEB822}))
    assert [archive.uri for archive in found] == [
        "http://deb.debian.org/debian",
        "https://mirror.vendor.example/repo/11/debian",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "# deb http://deb.debian.org/debian bookworm main\n",
        "deb cdrom:[Debian GNU/Linux 12]/ bookworm main\n",
        "deb http://security.debian.org/debian-security bookworm main\n",
        "deb http://deb.debian.org/debian bookworm contrib non-free\n",
    ],
)
def test_what_is_off_or_has_no_main_is_no_archive(tmp_path: Path, text: str) -> None:
    assert archives(etc(tmp_path, text)) == []


def test_a_disabled_paragraph_is_no_archive(tmp_path: Path) -> None:
    assert archives(etc(tmp_path, **{"debian.sources": DEB822.replace("Suites:", "Enabled: no\nSuites:")})) == []


def test_a_key_inside_the_entry_is_kept_whole(tmp_path: Path) -> None:
    key = "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEY865UxYJKwYB\n -----END PGP PUBLIC KEY BLOCK-----"
    text = DEB822.replace(" /usr/share/keyrings/debian-archive-keyring.gpg", key)
    assert f"Signed-By: {key}\n" in only(archives(etc(tmp_path, **{"debian.sources": text}))).entry(("forky",))


@pytest.mark.parametrize(
    "parts",
    [
        {"d.list": "deb [trusted=yes allow-insecure=yes] http://deb.debian.org/debian bookworm main\n"},
        {"d.sources": DEB822.replace("Suites:", "Trusted: yes\nAllow-Insecure: yes\nSuites:")},
    ],
)
def test_apt_is_never_told_to_skip_its_checks(tmp_path: Path, parts: dict[str, str]) -> None:
    entry = only(archives(etc(tmp_path, **parts))).entry(("forky",)).lower()
    assert "trusted" not in entry and "insecure" not in entry


def test_ubuntu_has_its_sources_in_universe(tmp_path: Path) -> None:
    text = DEB822.replace("deb.debian.org/debian", "archive.ubuntu.com/ubuntu").replace("bookworm", "noble")
    archive = only(archives(etc(tmp_path, **{"ubuntu.sources": text.replace("main", "main universe")})))
    assert archive.suites == ("devel", "noble")
    assert "Components: universe\n" in archive.entry(archive.suites)


@pytest.mark.parametrize(
    ("revision", "version"),
    [
        ("3.14.8-1", "3.14.8"),
        ("3.13.5-2+deb13u1", "3.13.5"),
        ("3.15.0~rc1-2", "3.15.0rc1"),
        ("1:3.14.0+ds1-1~bpo12+1", "3.14.0"),
    ],
)
def test_upstreams_version_is_read_from_the_distributions(revision: str, version: str) -> None:
    assert upstream(revision) == Version(version)
