"""Bugs that others have published, in the releases they are in: each is confirmed, in the line that has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).with_name("cases")
MODULES = {"PyDispatcher": "pydispatch"}
"""Where a package's own module has another name."""
MISSED = {
    "pykka_tell": "a message that nobody reads breaks nothing that is seen",
    "urllib3_pool": "not met within the time",
}
BUDGET_S = "120"

pytestmark = [pytest.mark.network, pytest.mark.slow]


def headers(script: Path) -> dict[str, str]:
    lines = script.read_text(encoding="utf-8").splitlines()
    return dict(line[2:].split(": ", 1) for line in lines if line.startswith(("# package: ", "# line: ")))


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(
            script,
            id=script.stem,
            marks=[pytest.mark.xfail(reason=MISSED[script.stem], strict=False)] if script.stem in MISSED else [],
        )
        for script in sorted(FOLDER.glob("*.py"))
    ],
)
def test_a_published_bug_is_confirmed(script: Path, tmp_path: Path, need: Callable[[str], str]) -> None:
    said = headers(script)
    package = said["package"].partition("==")[0]
    options = ["--python", need("3.14t"), "--with", said["package"], "--include", MODULES.get(package, package)]
    result = tmp_path / "race.json"
    options += ["--no-project", "--seed", "1", "--budget", BUDGET_S, "--json", str(result)]
    done = subprocess.run(
        [sys.executable, "-m", "ungil", "race", *options, str(script)],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=tmp_path,
        env=os.environ,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    path, _, line = said["line"].partition(": ")
    findings = json.loads(result.read_text(encoding="utf-8"))["findings"]
    confirmed = [place for found in findings if found["status"] == "confirmed" for place in found["places"]]
    assert any(place["path"].endswith(path) and line in (place["snippet"] or "") for place in confirmed), done.stdout
