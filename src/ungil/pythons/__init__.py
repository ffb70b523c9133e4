"""Interpreter builds: find, describe, install; and the environment a program needs on each."""

from ungil.pythons.build import Build
from ungil.pythons.dependencies import Dependencies, dependencies_of
from ungil.pythons.environment import Environment, prepare
from ungil.pythons.find import Survey, find, resolve, survey
from ungil.pythons.install import install
from ungil.pythons.step import Progress, Step
from ungil.pythons.toolchain import VARIANTS

__all__ = [
    "VARIANTS",
    "Build",
    "Dependencies",
    "Environment",
    "Progress",
    "Step",
    "Survey",
    "dependencies_of",
    "find",
    "install",
    "prepare",
    "resolve",
    "survey",
]
