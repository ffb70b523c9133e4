"""Which accesses of a function belong together: the judging half of ``windows``."""

from __future__ import annotations

import sys

from ungil.race.inside.sites import METHODS
from ungil.race.inside.window_values import NAMES, Access, Conditions, Loop, Value, is_constant, root_of

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Sequence

READS_ALL = ("iterate", "consume")
OF_STRINGS = frozenset(dir(str)) - METHODS | {"count", "index"}
_MOST_MATCHES = 12
"""How many earlier readings of one place an access is paired with: the latest."""
_FAR = 30
"""Lines: beyond, what is only loosely related is not paired."""


class Relations:
    """The accesses of a function, and the windows found between them."""

    def __init__(self, foreign: set[str]) -> None:
        """
        Args:
            foreign: Names of modules that are not the program's.
        """
        self.foreign = foreign
        self.local: set[str] = set()
        self.everywhere = False
        """Whether the variables are those of the module."""
        self.accesses: list[Access] = []
        self.conditions = Conditions()
        self.loops: list[Loop] = []
        self.found: dict[tuple[str, Access, Access], int] = {}
        """How far-fetched each is."""
        self._taken_by: dict[str, list[Access]] = {}
        self._names_in: dict[str, frozenset[str]] = {}

    def _is_local(self, place: str | None) -> bool:
        """Whether no other function of the module can mean this place by this name."""
        if place is None:
            return True
        root = root_of(place)
        return root in self.foreign or (root in self.local and not self.everywhere)

    def _same_place(self, first: Access, act: Access) -> int | None:
        """How far-fetched it is that both are about the same place; None: they are not."""
        if first.kind != act.kind:
            return None
        if first.kind == "name":
            return 0 if first.name == act.name else None
        if first.kind == "attribute":
            if first.name != act.name:
                return None
            return 0 if first.object is not None and first.object == act.object else 60
        if first.kind != "content" or first.object is None or first.object != act.object:
            return None
        if first.key is None or act.key is None:
            return 3
        if first.key == act.key:
            return 0
        return None if is_constant(first.key) and is_constant(act.key) else 10

    def _updated(self, first: Access, act: Access) -> int | None:
        if first.called or act.called:
            return self._hidden(first, act)
        if first.kind == "content" and act.kind != "content" and first.object == act.place:
            return 5  # copied, changed, put in its place
        return self._same_place(first, act)

    def _hidden(self, first: Access, act: Access) -> int | None:
        """As ``_same_place`` where one of them is a call at least."""
        if first.kind == "function" or act.kind == "function":
            one, other = (first, act) if first.kind == "function" else (act, first)
            if other.kind == "function":
                return 20 if one.name != other.name else None
            if other.kind == "call" or self._is_local(other.place):
                return None
            return 40
        if first.object is None or act.object is None:
            return None
        if first.kind == act.kind == "call":
            if first.name in OF_STRINGS and act.name in OF_STRINGS:
                return None
            if first.object == act.object:
                return 0
        one, other = (first, act) if first.kind == "call" else (act, first)
        if one.object in other.holders:
            return 10 if one.object == other.object else 30
        if other.kind == "call" and other.object in one.holders:
            return 30
        return None

    def _found(self, kind: str, first: Access, act: Access, far: int) -> None:
        far += abs(act.line - first.line)
        window = (kind, first, act)
        if far < self.found.get(window, sys.maxsize):
            self.found[window] = far

    def _depends_on(self, act: Access, kind: str, readings: frozenset[int]) -> None:
        """``act`` writes, or goes by, a value that came about by these readings."""
        for number in readings:
            first = self.accesses[number]
            if first is act:
                continue
            far = self._updated(first, act)
            if far is not None:
                self._found(kind, first, act, far)

    def _guarded(self, act: Access, *, use: bool = False, far: int = 0) -> None:
        """``act`` is done, or not, by what was found at the conditions it stands under."""
        conditions = self.conditions
        for key in act.keys:
            for first in conditions.find(key, _MOST_MATCHES):
                if first is not act and (related := self._same_or_hidden(first, act)) is not None:
                    self._found("check", first, act, related + far)
            if use:
                for first in conditions.find_earlier(key):
                    if first is not act and (related := self._same_place(first, act)) is not None:
                        self._found("check", first, act, related + far + 15)
        if not conditions.stack:
            return
        # Calls whose result was tested, and what was tested before a call that may change it.
        keys = [f"({prefix}" for prefix in act.holders]
        if act.kind == "function":
            keys.append("<")
        elif act.kind == "call":
            keys.append(f"<{act.object}")
        elif not self._is_local(act.place):
            keys.append("()")
        for key in keys:
            for first in conditions.find(key, 4):
                if first is act or not (first.called or act.called):
                    continue
                related = self._hidden(first, act)
                if related is not None and (not related or abs(first.line - act.line) <= _FAR):
                    self._found("check", first, act, related + far)

    def _same_or_hidden(self, first: Access, act: Access) -> int | None:
        return self._hidden(first, act) if first.called and act.called else self._same_place(first, act)

    def _taken(self, access: Access) -> None:
        """What was read is perhaps kept, shown, sent, …"""
        for key in access.keys:
            taken = self._taken_by.setdefault(key, [])
            if access not in taken:
                taken.append(access)
                del taken[:-_MOST_MATCHES]

    def _emptied(self, act: Access) -> None:
        """``act`` begins anew: what was taken before is what there was, if nothing came in between."""
        found = [first for key in act.keys for first in self._taken_by.get(key, ())]
        if act.kind != "content" and act.place is not None:
            found += self._taken_by.get(f"[{act.place}", ())
        for first in found:
            if not first.passing and first is not act and (far := self._updated(first, act)) is not None and far < 60:
                self._found("update", first, act, far + 10)

    def _together(self, values: Sequence[Value]) -> None:
        """These values meet in one expression."""
        before = values[0].readings
        for value in values[1:]:
            if before and value.readings:
                for first in self._latest(before, 10):
                    for act in self._latest(value.readings, 10):
                        far = self._agreeing(first, act)
                        if far is not None:
                            one, other = (first, act) if first.number < act.number else (act, first)
                            self._found("together", one, other, far)
            before = before | value.readings

    def _latest(self, readings: frozenset[int], most: int) -> list[Access]:
        return [self.accesses[number] for number in sorted(readings)[-most:]]

    def _agreeing(self, first: Access, act: Access) -> int | None:
        """Whether two readings are of the same attribute of two objects, or of two places of one."""
        if first is act or first.kind != act.kind or first.called:
            return None
        if first.kind == "name":
            return None if first.name == act.name else 20
        if first.object is None or act.object is None:
            return None
        if first.kind == "attribute":
            if first.name == act.name:
                return None if first.object == act.object else 5
            return 5 if first.object == act.object else None
        if first.object == act.object:
            return None if first.key is None or act.key is None or first.key == act.key else 10
        one, other = first.object.rpartition("."), act.object.rpartition(".")
        return 15 if first.op == act.op and one[0] == other[0] and one[0] else None

    def _gathered(self, readings: frozenset[int], far: int = 0) -> None:
        """A value of these readings is added to what the loop gathers: each time round it is of another object."""
        for loop in self.loops[-2:]:
            for number in readings:
                access = self.accesses[number]
                if access.order <= loop.first or access.called or access.op in READS_ALL or access.op == "next":
                    continue
                if access.kind == "name" or access.site is None:
                    continue
                source = access.object or ""
                if access.key is not None:
                    source = f"{source} {access.key}"
                if not loop.assigned.isdisjoint(self._names(source)):
                    self._found("together", access, access, far)

    def _names(self, source: str) -> frozenset[str]:
        names = self._names_in.get(source)
        if names is None:
            names = self._names_in[source] = frozenset(NAMES.findall(source))
        return names
