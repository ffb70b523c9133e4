"""The one error a user can cause."""

from __future__ import annotations


class UngilError(Exception):
    """Something the user can mend: shown as one line on standard error, exit status 2.

    The message says what is wrong and what to do, in one line, without a trailing full stop being required.
    """

    exit_status = 2
