"""The C core, compiled for the interpreter that the program runs on, once, into the user's cache."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

from ungil.pythons import folders

_SOURCE = Path(__file__).parent.parent / "_core" / "hooks.c"
_ASK = """
import json, sys, sysconfig
print(json.dumps([sysconfig.get_config_var("CC") or "cc", sysconfig.get_path("include"), sys.implementation.cache_tag,
    sysconfig.get_config_var("SOABI") or "", sys.version, sys.platform]))
"""
_PATIENCE_S = 60.0


def core(python: str) -> tuple[str | None, str | None]:
    """Path of the compiled core for the interpreter ``python``; where there can be none, None and the reason."""
    if os.environ.get("UNGIL_CORE") == "python":
        return None, "UNGIL_CORE=python"
    try:
        source = _SOURCE.read_bytes()
        asked = subprocess.run(
            [python, "-I", "-S", "-c", _ASK], capture_output=True, text=True, timeout=_PATIENCE_S, check=True
        )
        compiler, include, tag, abi, version, platform = json.loads(asked.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return None, f"cannot ask {python} how it was built: {error}"
    if not Path(include, "Python.h").exists():
        return None, f"no {include}/Python.h: install the interpreter's development files"
    key = hashlib.sha256(b"\0".join((source, version.encode(), include.encode()))).hexdigest()[:16]
    path = folders.cache() / "core" / f"hooks-{tag}-{abi}-{key}.so"
    if path.exists():
        return str(path), None
    try:
        return _compile(compiler, include, path, platform), None
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or "").strip().splitlines()
        return None, f"the compiler fails: {lines[0] if lines else error}"
    except (OSError, subprocess.SubprocessError) as error:
        return None, f"cannot compile it: {error}"


def _compile(compiler: str, include: str, path: Path, platform: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder, path.name)
        # Not the interpreter's own flags: those may be for another compiler, or make it slow.
        shared = ["-bundle", "-undefined", "dynamic_lookup"] if platform == "darwin" else ["-shared"]
        subprocess.run(
            [*compiler.split(), *shared, "-fPIC", "-O2", f"-I{include}", str(_SOURCE), "-o", str(made)],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=True,
        )
        made.replace(path)  # whole or not at all: another ungil may be doing the same
    return str(path)
