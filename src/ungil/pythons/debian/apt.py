"""apt with a state of its own: the system's lists, packages and sources are neither read nor written."""

from __future__ import annotations

import re
import shutil
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from packaging.version import InvalidVersion, Version

from ungil.errors import UngilError
from ungil.pythons import child
from ungil.pythons.debian.archives import Archive
from ungil.pythons.step import Progress, Step

_CONFIGURATION = """\
Dir::State "{root}/state";
Dir::State::status "{root}/status";
Dir::Cache "{root}/cache";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "{root}/ungil.sources";
Dir::Etc::sourceparts "-";
APT::Update::Error-Mode "any";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""
"""Proxies, passwords and keyrings stay the system's. Its hooks go: they clean or index the system's own cache."""


@dataclass(frozen=True)
class Offer:
    """A source package that can be asked for."""

    package: str
    """``python3.14``"""
    revision: str
    """The distribution's version: ``3.14.8-1``."""
    version: Version
    """Upstream's: ``3.14.8``."""
    suite: str

    @property
    def series(self) -> tuple[int, ...]:
        """``(3, 14)``"""
        return self.version.release[:2]


class Apt:
    """apt on one archive, in a folder of its own."""

    def __init__(self, archive: Archive, root: Path, log: IO[str], progress: Progress) -> None:
        self.archive = archive
        self._root, self._log, self._progress = root, log, progress
        self._suites: tuple[str, ...] = ()
        for folder in ("state/lists/partial", "cache/archives/partial", "source"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "status").touch()
        (root / "apt.conf").write_text(_CONFIGURATION.format(root=root))

    def offers(self, suite: str) -> list[Offer]:
        """The python3.X source packages of a suite; none where the suite can't be had or fails apt's checks.

        Fetches the index (about 11 MB).
        """
        self._use((*self._suites, suite))
        status, lines = self._get(f"fetching the source index of {self.archive.family.name} {suite}", "update")
        if status:
            self._use(self._suites)
            why = next((line for line in reversed(lines) if line.startswith(("E:", "W:"))), "")
            self._progress(Step(f"{self.archive.uri} {suite} can't be used: {why[3:].strip()[:200]}", note=True))
            return []
        self._suites += (suite,)
        return self._listed(suite)

    def fetch(self, offer: Offer) -> Path | None:
        """Upstream's source as the distribution keeps it, checked by apt against the signed index; None: gone."""
        what = f"fetching the source of Python {offer.version} ({offer.package} {offer.revision})"
        arguments = ["source", "--download-only", "--tar-only", "--only-source", f"{offer.package}={offer.revision}"]
        status, _ = self._get(what, *arguments, cwd=self._root / "source")
        files = sorted((self._root / "source").glob(f"{offer.package}_*.orig.tar.*"))
        return files[0] if status == 0 and files else None

    def is_there(self, offer: Offer) -> bool:
        """Whether the archive still has what its index lists, as far as one can tell without fetching it."""
        arguments = ["source", "--print-uris", "--tar-only", "--only-source", f"{offer.package}={offer.revision}"]
        _, lines = child.run(
            ["apt-get", "-c", str(self._root / "apt.conf"), *arguments], cwd=self._root, env=child.environment()
        )
        return all(map(_answers, re.findall(r"^'(https?://[^']+)'", "\n".join(lines), re.M)))

    def _listed(self, suite: str) -> list[Offer]:
        # In one go, since apt reads all its lists anew each time; names that are not there do no harm.
        names = [f"python3.{minor}" for minor in range(10, 30)]
        command = ["apt-cache", "-c", str(self._root / "apt.conf"), "showsrc", "--only-source", *names]
        _, lines = child.run(command, cwd=self._root, env=child.environment())
        found, package = [], ""
        for line in lines:
            name, _, value = line.partition(": ")
            if name == "Package":
                package = value.strip()
            elif name == "Version" and package in names:
                version = upstream(value.strip())
                if version is not None:
                    found.append(Offer(package, value.strip(), version, suite))
        return found

    def _use(self, suites: tuple[str, ...]) -> None:
        text = self.archive.entry(suites) if suites else ""
        (self._root / "ungil.sources").write_text(text)

    def _get(self, what: str, *arguments: str, cwd: Path | None = None) -> tuple[int, list[str]]:
        def told(line: str) -> None:
            match = re.match(r"(?:dl|pm)status:\d+:([\d.]+):", line)
            if match:
                self._progress(Step(what, float(match[1]), 100.0))

        self._progress(Step(what))
        self._log.write(f"# {what}\n")
        command = ["apt-get", "-c", str(self._root / "apt.conf"), "-q", "-o", "APT::Status-Fd=1", *arguments]
        # LC_ALL, so that what goes to the log and the error line is what the world can search for.
        return child.run(command, cwd=cwd or self._root, env=child.environment(), log=self._log, on_line=told)


def _answers(uri: str) -> bool:
    try:
        with urllib.request.urlopen(urllib.request.Request(uri, method="HEAD"), timeout=5):
            return True
    except urllib.error.HTTPError:
        return False
    except OSError:  # a proxy only apt knows of, say: no answer is no proof
        return True


def upstream(revision: str) -> Version | None:
    """Upstream's version in a distribution's: 3.15.0rc1 in ``3.15.0~rc1-2``."""
    try:
        return Version(re.sub(r"^\d+:|-[^-]*$|\+(ds|dfsg)\d*", "", revision).replace("~", ""))
    except InvalidVersion:
        return None


def require_tools() -> None:
    """Raises UngilError where this is no system with apt."""
    if not Path("/etc/debian_version").exists() or not (shutil.which("apt-get") and shutil.which("apt-cache")):
        raise UngilError("this is no Debian-like system, whose source package could be built instead")
