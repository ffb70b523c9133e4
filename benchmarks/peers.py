"""Where the peers of a benchmark are installed."""

from __future__ import annotations

from pathlib import Path


def of_build(folder: Path | None, spec: str | None) -> Path | None:
    """``folder`` has the peers, or one folder with them for each build."""
    if folder is None:
        return None
    inner = folder / (spec or "")
    return (inner if inner.is_dir() else folder).resolve()
