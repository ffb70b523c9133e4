"""CPython from the distribution's own source package, without touching the system's package state."""
