"""The distribution's archive, as the system's own apt sources name it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Family:
    """A distribution whose source packages of CPython are known to be upstream's source plus patches."""

    name: str
    component: str
    """Where python3.X stands."""
    suites: tuple[str, ...]
    """Those worth asking, the most promising first: the newer ones have the newer series, signed with the same keys."""
    known: frozenset[str]
    """Suites that show an entry to be this distribution's, whatever its mirror is called."""


DEBIAN = Family(
    "debian",
    "main",
    # testing, unstable and stable of 2026 by code name: a name keeps its meaning when the roles move on.
    ("forky", "sid", "trixie"),
    frozenset(["bullseye", "bookworm", "trixie", "forky", "duke", "sid", "oldstable", "stable", "testing", "unstable"]),
)
UBUNTU = Family(
    "ubuntu",
    "universe",
    ("devel",),
    frozenset(["jammy", "noble", "plucky", "questing", "resolute", "devel"]),
)


@dataclass(frozen=True)
class Archive:
    """One archive, ready to be asked for source packages."""

    family: Family
    uri: str
    suites: tuple[str, ...]
    """The ones worth asking, in that order; the system's own last."""
    options: tuple[tuple[str, str], ...]
    """Fields of the entry that say how to check or reach it, above all ``Signed-By``."""

    def entry(self, suites: tuple[str, ...]) -> str:
        """The deb822 paragraph of a deb-src entry."""
        fields = {
            "Types": "deb-src",
            "URIs": self.uri,
            "Suites": " ".join(suites),
            "Components": self.family.component,
            **dict(self.options),
        }
        return "".join(f"{name}: {value}\n" for name, value in fields.items())


_KEPT = {"signed-by": "Signed-By", "check-valid-until": "Check-Valid-Until", "check-date": "Check-Date"}
"""An archive the system trusts by a key of its own is checked by that key. ``Trusted: yes``, which would have apt skip
the check, is left behind."""


def archives(etc: Path = Path("/etc/apt")) -> list[Archive]:
    """The archives among the system's sources that may be the distribution's own, the likeliest first.

    What only looks like one costs a try: apt checks its signature, and it has no python3.X.
    """
    found: dict[str, Archive] = {}
    for entry in entries(etc):
        for family in (DEBIAN, UBUNTU):
            suites = [suite for suite in entry["suites"].split() if suite in family.known]
            if not suites or "main" not in entry["components"].split():
                continue
            options = tuple((name, entry[key]) for key, name in _KEPT.items() if entry.get(key))
            asked = tuple(dict.fromkeys([*family.suites, *suites]))
            for uri in entry["uris"].split():
                if _is_archive(uri):
                    found.setdefault(uri.rstrip("/"), Archive(family, uri, asked, options))
    return sorted(found.values(), key=lambda archive: _unlikely(archive.uri, archive.family.name))


def entries(etc: Path) -> Iterator[dict[str, str]]:
    """Every enabled binary or source entry below ``etc``, by lower-case field name, of either format."""
    parts = sorted((etc / "sources.list.d").glob("*")) if (etc / "sources.list.d").is_dir() else []
    for path in [etc / "sources.list", *parts]:
        try:
            text = path.read_text(errors="replace")
        except OSError:  # absent, or not for our eyes: then not for our use either
            continue
        if path.suffix == ".sources":
            yield from _deb822(text)
        elif path.suffix == ".list":
            yield from _one_line(text)


def _deb822(text: str) -> Iterator[dict[str, str]]:
    for paragraph in re.split(r"\n[ \t]*\n", "\n".join(line for line in text.splitlines() if line[:1] != "#")):
        entry: dict[str, str] = {}
        name = ""
        for line in paragraph.splitlines():
            if line[:1] in (" ", "\t") and name:
                entry[name] += "\n" + line
            elif ":" in line:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                entry[name] = value.strip()
        enabled = entry.get("enabled", "yes").lower() not in ("no", "false", "0", "off", "without", "disable")
        if enabled and {"deb", "deb-src"} & set(entry.get("types", "").split()) and entry.get("uris"):
            yield {"suites": "", "components": "", **entry}


def _one_line(text: str) -> Iterator[dict[str, str]]:
    for line in text.splitlines():
        match = re.match(
            r"\s*deb(?:-src)?\s+(?:\[(?P<options>[^]]*)\]\s*)?(?P<uri>\S+)\s+(?P<suite>\S+)(?P<rest>[^#]*)", line
        )
        if match:
            options = (option.partition("=") for option in (match["options"] or "").split())
            yield {
                **{name.lower(): value.replace(",", " ") for name, _, value in options},
                "uris": match["uri"],
                "suites": match["suite"],
                "components": match["rest"],
            }


def _is_archive(uri: str) -> bool:
    return not uri.startswith("cdrom:") and not re.search(r"(-security|/security)(\.|/|$)|//security\.", uri)


def _unlikely(uri: str, family: str) -> tuple[bool, bool]:
    """Smallest first: the project's own hosts, then mirrors that keep its path, then the rest."""
    host, path = urlsplit(uri).hostname or "", urlsplit(uri).path.rstrip("/")
    return (not host.endswith((f".{family}.org", f".{family}.com")), not path.endswith(f"/{family}"))
