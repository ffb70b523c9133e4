"""Events as ``ungil run`` tells them."""

from __future__ import annotations


def in_words(event: dict[str, object]) -> str | None:
    """One line for an event; None for those that are not worth one."""
    teller = {"substituted": _substituted, "named": _named, "gil": _gil}.get(str(event["event"]))
    return teller(event) if teller else None


def _substituted(event: dict[str, object]) -> str:
    workers = event["workers"]
    width = f"{workers} worker" if workers == 1 else f"{workers} workers"
    asked = event["asked"]
    asked_for = f" (the program asked for {asked})" if asked not in (None, workers) else ""
    return f"{_place(event)}{event['pool']} is run by {event['model']}, {width}{asked_for}"


def _named(event: dict[str, object]) -> str:
    return f"{_place(event)}{event['what']}"


def _gil(event: dict[str, object]) -> str:
    change = "turned the GIL on" if event["enabled"] and event["first"] else "would turn the GIL on"
    return f"{_place(event)}{event['module']} {change}: it does not declare that it is safe without ({event['file']})"


def _place(event: dict[str, object]) -> str:
    return f"{event['path']}:{event['line']}: " if event.get("path") else ""
