"""Interpreter builds: find, describe, install; and the environment a program needs on each."""

from ungil.pythons.build import Build
from ungil.pythons.find import Survey, find, resolve, survey

__all__ = ["Build", "Survey", "find", "resolve", "survey"]
