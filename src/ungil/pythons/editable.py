"""A local package in an environment, its own files used where they are and none written beside them.

Build backends write where they build (``*.egg-info``, ``build/``), and installing a copy would have tracebacks and
findings name the copy's lines. So a copy is installed as editable, and what it left in the environment is then pointed
at the user's own files. Where the build made files of its own (extension modules, a generated version), the copy stays
in use instead.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

_SKIPPED = frozenset(
    [
        ".git",
        ".hg",
        ".svn",
        ".venv",
        "venv",
        ".tox",
        ".nox",
        "node_modules",
        "__pycache__",
        ".mypy_cache",
        ".pytest_cache",
    ]
)
_PACKAGING = ("pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in", "uv.lock")


def install(
    package: Path, copy: Path, site_packages: Path, build: Callable[[Path], str | None]
) -> tuple[str | None, bool]:
    """Install ``package`` by ``build(copy)``, which says why it could not; returns that, and if the copy is used."""
    copy_tree(package, copy)
    before = _files(copy)
    error = build(copy)
    if error is not None:
        return error, False
    made = {path for path in _files(copy) - before if ".egg-info" not in path and "__pycache__" not in path}
    if made or not _repoint(site_packages, str(copy), str(package)):
        return None, True
    shutil.rmtree(copy)
    return None, False


def copy_tree(folder: Path, copy: Path) -> None:
    """A project's files: those git tracks or would track, else all but the usual by-products."""
    for name in sorted(_listed(folder)):
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / name, target)  # not copy2: uv takes unchanged times for a build it has done before
    git = folder / ".git"
    if git.exists():
        # A version may be taken from it. Reading is all git does then: GIT_OPTIONAL_LOCKS is off for builds.
        (copy / ".git").symlink_to(git.resolve(), target_is_directory=True)


def packaging_stamp(folder: Path) -> str:
    """Changes when the package has to be installed anew though its copy is not in use."""
    texts = [(folder / name).read_bytes() for name in _PACKAGING if (folder / name).is_file()]
    names = [sorted(os.listdir(place)) for place in (folder, folder / "src") if place.is_dir()]
    shown = [[name for name in some if name not in _SKIPPED and not name.startswith(".")] for some in names]
    return hashlib.sha256(repr((texts, shown)).encode()).hexdigest()


def stamp(folder: Path) -> str:
    """Changes when any file of the package does."""
    found = []
    for name in sorted(_listed(folder)):
        facts = os.stat(folder / name)
        found.append((name, facts.st_size, facts.st_mtime_ns))
    return hashlib.sha256(repr(found).encode()).hexdigest()


def _listed(folder: Path) -> set[str]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=folder,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout.split("\0")
        names = {name for name in listed if name and (folder / name).is_file()}
        if names:
            return names
    except (OSError, subprocess.SubprocessError):
        pass  # no git, or none of its working trees
    return _files(folder)


def _files(folder: Path) -> set[str]:
    found: set[str] = set()
    for place, folders, names in os.walk(folder):
        folders[:] = [
            name
            for name in folders
            if name not in _SKIPPED and not os.path.exists(os.path.join(place, name, "pyvenv.cfg"))
        ]
        found.update(os.path.relpath(os.path.join(place, name), folder) for name in names)
    return {name for name in found if (folder / name).is_file()}


def _repoint(site_packages: Path, copy: str, package: str) -> bool:
    """Have every mention of the copy name the package instead; False, and nothing changed, where that can't be."""
    if any(character in package for character in "'\"\\\n") or not package.isprintable():
        return False  # the path would need quoting, differently in each file
    changed: dict[Path, str] = {}
    for path in [*site_packages.glob("*.pth"), *site_packages.glob("*.py"), *site_packages.glob("*/direct_url.json")]:
        text = path.read_text(encoding="utf-8")
        if copy in text:
            changed[path] = text.replace(copy, package)
    for path, text in changed.items():
        # Written anew, since uv may have linked the file into its cache.
        path.unlink()
        path.write_text(text, encoding="utf-8")
    return bool(changed)
