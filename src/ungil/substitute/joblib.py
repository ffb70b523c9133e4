"""joblib"""

from __future__ import annotations

from ungil.substitute.settings import Settings


def install(settings: Settings) -> None:
    """Not there yet."""
