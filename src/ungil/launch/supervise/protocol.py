"""What the tool and a run's supervisor say to each other: one JSON object a line."""

from __future__ import annotations

from typing import Literal, TypedDict


class Request(TypedDict):
    """Sent once. The pipe then stays open: its end is the tool's end, and the tree's."""

    command: list[str]
    environ: dict[str, str]
    cwd: str | None
    stdin: str | None
    """Paths; standard input None: ``/dev/null``."""
    stdout: str
    stderr: str
    timeout_s: float | None
    sample_memory: bool
    folder: str
    """The run's temporary folder, which the supervisor removes when the tool is gone."""


class Started(TypedDict):
    """First line."""

    pid: int
    """Of the main process, which leads a session of its own."""
    group: str | None
    """Folder of the control group made for the run."""


class Report(TypedDict):
    """Second line."""

    status: int
    """Exit status, or the negative number of the signal."""
    timed_out: bool
    started_s: float
    """``time.monotonic()`` when the interpreter was started."""
    wall_s: float
    cpu_s: float
    """User and system time of every process of the tree."""
    peak_bytes: int | None
    peak_is: Literal["pss", "rss"] | None
    wait_s: float
    other_cpu_s: float
    left_behind: int


class Failure(TypedDict):
    """Instead of the first line: the program could not be started."""

    error: str
