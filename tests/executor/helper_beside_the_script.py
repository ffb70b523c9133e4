"""A module that is found through ``sys.path[0]`` alone."""

from __future__ import annotations


def double(x: int) -> int:
    return 2 * x
