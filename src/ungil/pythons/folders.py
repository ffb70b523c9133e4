"""Where ungil keeps what it makes: never beside the user's files."""

from __future__ import annotations

import os
from pathlib import Path


def data() -> Path:
    """What would be missed: interpreter builds. ``$XDG_DATA_HOME/ungil`` or ``~/.local/share/ungil``."""
    return _base("XDG_DATA_HOME", ".local/share") / "ungil"


def cache() -> Path:
    """What can be made anew: environments, descriptions. ``$XDG_CACHE_HOME/ungil`` or ``~/.cache/ungil``."""
    return _base("XDG_CACHE_HOME", ".cache") / "ungil"


def pythons() -> Path:
    """The builds ungil installed, one folder each."""
    return data() / "pythons"


def _base(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "")
    # The XDG specification has relative paths ignored.
    return Path(value) if os.path.isabs(value) else Path.home() / default
