"""What is measured, on disk after every round: a crash of the last row loses no earlier one."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

from ungil import document
from ungil.errors import UngilError
from ungil.trial.result import Trial

_KEPT = 20
"""Records of this many trials are kept."""


class Record:
    """A folder in the user's state directory: ``trial.json``, and the outputs of the rows that differ."""

    def __init__(self, name: str) -> None:
        """Make the folder of one trial of the program ``name``.

        Raises:
            UngilError: it cannot be made.
        """
        safe = re.sub(r"[^A-Za-z0-9._-]+", "-", os.path.basename(name)) or "program"
        trials = state_directory() / "trials"
        self.folder = trials / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{safe}"
        try:
            self.folder.mkdir(parents=True)
        except OSError as error:
            raise UngilError(f"cannot keep records in {trials}: {error.strerror} (set XDG_STATE_HOME)") from error
        _forget_old(trials)

    @property
    def path(self) -> Path:
        return self.folder / "trial.json"

    def save(self, trial: Trial, build: str) -> None:
        """Write what is known so far, whole or not at all.

        Raises:
            UngilError: the disk is full or the folder has gone.
        """
        text = document.to_json(trial, program=trial.argv, build=build)
        half = self.path.with_suffix(".part")
        try:
            half.write_text(text, encoding="utf-8")
            half.replace(self.path)
        except OSError as error:
            half.unlink(missing_ok=True)
            raise UngilError(f"cannot save the trial in {self.folder}: {error.strerror}") from error


def state_directory() -> Path:
    """Where ungil keeps what outlives a run (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "ungil"


def _forget_old(trials: Path) -> None:
    for folder in sorted(trials.iterdir())[:-_KEPT]:
        shutil.rmtree(folder, ignore_errors=True)
