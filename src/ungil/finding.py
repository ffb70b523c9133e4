"""Finding, Severity, Place: the one shape every room reports in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
Status = Literal["confirmed", "possible"]
Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True)
class Place:
    """A line of somebody's code, and what part it plays in the finding."""

    path: str
    line: int
    column: int | None = None
    role: str | None = None
    thread: str | None = None
    snippet: str | None = None
    stack: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """The thing a finding is about: a module, a lock, a package, a variable."""

    kind: str
    name: str
    made_at: str | None = None


@dataclass(frozen=True)
class Finding:
    """One thing the user should know, with the evidence for it.

    ``code`` is ``UNG1xx`` for a hazard, ``2xx`` a package or probe, ``3xx`` a race, ``4xx`` scaling, ``5xx`` live.
    """

    code: str
    name: str
    severity: Severity
    status: Status
    confidence: Confidence
    message: str
    places: tuple[Place, ...] = ()
    subject: Subject | None = None
    cause: str | None = None
    fix: str | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    fingerprint: str | None = None
