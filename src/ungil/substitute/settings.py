"""What the inside is told about the runtime it is on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Model = Literal["as-is", "auto", "serial", "threads", "interpreters", "processes"]
MODELS: tuple[Model, ...] = ("as-is", "auto", "serial", "threads", "interpreters", "processes")


@dataclass(frozen=True)
class Settings:
    """How the program's pools are to be carried out."""

    model: Model = "as-is"
    workers: int | None = None
    """Width of every pool; None keeps the width the program asked for."""
    initializer: Literal["each", "once"] = "each"
    """Whether a pool's initializer runs in each worker, or (threads, serial) once for the pool."""
