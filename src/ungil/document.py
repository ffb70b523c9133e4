"""Results to JSON and back: every document Ungil writes, and the one way to read them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import cattrs

from ungil.errors import UngilError
from ungil.version import VERSION

SCHEMA = 1
"""Raised when a field changes its meaning or goes; a new field does not raise it."""

Result = TypeVar("Result")

_converter = cattrs.Converter()


def to_json(result: Any, *, program: Sequence[str] | None, build: str | None) -> str:
    """The document of ``result`` (a frozen dataclass), indented, with a newline at its end.

    ``program`` is the command line of the user's program, ``build`` the spec of the interpreter build the document
    is about; None where there is none or more than one. A result that has a field of such a name says more there.
    """
    header = {
        "schema": SCHEMA,
        "tool": "ungil",
        "tool_version": VERSION,
        "program": None if program is None else shlex.join(program),
        "build": build,
    }
    return json.dumps({**header, **_converter.unstructure(result)}, indent=1, allow_nan=False) + "\n"


def kind_of(text: str, kinds: Mapping[str, type[Any]]) -> type[Any]:
    """Which of ``kinds``, each under a field that no other one has, a document is of.

    Raises:
        UngilError: not a document, or of none of them.
    """
    try:
        document = json.loads(text)
        return next(kind for field, kind in kinds.items() if field in document)
    except (ValueError, TypeError) as error:
        raise UngilError(f"not a report of ungil: {error}") from error
    except StopIteration:
        names = " or ".join(kind.__name__.lower() for kind in kinds.values())
        raise UngilError(f"not a {names} report of ungil") from None


def from_json(text: str, kind: type[Result]) -> Result:
    """The result a document holds.

    Raises:
        UngilError: not JSON, another schema, or not a document of this kind.
    """
    try:
        document = json.loads(text)
        schema = document["schema"]
    except (ValueError, KeyError, TypeError) as error:
        raise UngilError(f"not a report of ungil: {error}") from error
    if schema != SCHEMA:
        raise UngilError(f"the report has schema {schema}, this ungil reads {SCHEMA}")
    try:
        return _converter.structure(document, kind)
    except Exception as error:  # cattrs raises groups whose members may be any error of a constructor
        raise UngilError(f"not a {kind.__name__.lower()} report of ungil") from error
