"""Sites: the places in the source where the program touches something that threads may share.

Which node of the program's tree each site belongs to (the keys of what ``rewrite`` hands to ``windows``):

============================================  ===================================================================
op                                            node
============================================  ===================================================================
``read`` ``write`` ``delete`` ``update``      the ``Attribute`` (of ``x.n += 1`` too: the target)
``item-*`` ``slice-*``                        the ``Subscript``
``call``, ``next`` of ``x.__next__()``        the ``Attribute`` of ``x.m`` in ``x.m(...)``
``len`` ``next``                              the ``Call``
``truth``                                     the expression tested (``Name``, ``Attribute``, ``Subscript``, ``Call``,
                                              ``NamedExpr``); of ``bool(x)`` the argument
``contains``                                  the ``Compare``
``iterate``                                   the ``For`` or ``comprehension``
``consume``                                   the argument
``global-*`` ``cell-*``                       the ``Name``; where there is none the ``alias``, ``FunctionDef``,
                                              ``ClassDef`` or ``ExceptHandler`` that binds it
============================================  ===================================================================

The lines and columns of a site are those of its node, but of ``call`` those of the whole call, of ``iterate`` those of
what is iterated.
"""

from __future__ import annotations

TYPE_CHECKING = False  # instead of the import of typing, which takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeAlias

    Hook: TypeAlias = Callable[..., Any]
    MakeHook: TypeAlias = Callable[["Site", str], Hook]

_MUTATING = (
    # list, deque, bytearray
    "append appendleft clear extend extendleft insert pop popleft remove reverse rotate sort "
    # dict, OrderedDict, Counter
    "popitem setdefault update move_to_end subtract "
    # set
    "add difference_update discard intersection_update symmetric_difference_update "
    # generator
    "send throw close __next__"
)
_READING = (
    "copy count index get items keys values elements most_common total "
    "difference intersection isdisjoint issubset issuperset symmetric_difference union"
)

MUTATING_METHODS = frozenset(_MUTATING.split())
"""Methods that change their object (``pop`` and ``setdefault`` read it as well)."""
METHODS = MUTATING_METHODS | frozenset(_READING.split())
"""Methods of the built-in containers and of generators: calls of these names have a site."""


class Site:
    """One place in the source where the program touches something shared."""

    __slots__ = ("column", "end_column", "end_line", "function", "index", "line", "name", "op", "path")

    def __init__(
        self,
        index: int,
        path: str,
        line: int,
        column: int,
        end_line: int,
        end_column: int,
        function: str,
        op: str,
        name: str | None,
    ) -> None:
        self.index = index
        """The number of the site in this process; -1 before it has one."""
        self.path = path
        self.line, self.column = line, column
        self.end_line, self.end_column = end_line, end_column
        """Columns count characters, from 0."""
        self.function = function
        """The qualified name of the function it stands in, or ``<module>``."""
        self.op = op
        self.name = name
        """The name of the attribute, global, cell or method, as it is at run time (mangled); of an item the source of
        its key, where that is short; of ``consume`` the function."""

    def row(self) -> tuple[Any, ...]:
        """All of it, in the order of the arguments: ``Site(*site.row())`` is the same."""
        return (
            self.index,
            self.path,
            self.line,
            self.column,
            self.end_line,
            self.end_column,
            self.function,
            self.op,
            self.name,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Site) and self.row() == other.row()

    def __hash__(self) -> int:
        return hash((self.path, self.line, self.column, self.op))

    def __repr__(self) -> str:
        name = "" if self.name is None else f" {self.name!r}"
        return f"<site {self.index}: {self.op}{name} at {self.path}:{self.line}:{self.column} in {self.function}>"


class Sites:
    """Every site of the process, by index.

    Needs no lock: the locks of a program under test are watched.
    """

    def __init__(self) -> None:
        self._all: list[Site] = []
        self._claims: dict[int, list[Site]] = {}

    def add(self, sites: list[Site]) -> None:
        """Give these sites, of one module, the next free indices, one after the other."""
        if not sites:
            return
        while self._claims.setdefault(first := len(self._all), sites) is not sites:
            pass  # another thread is just adding there
        for index, site in enumerate(sites, first):
            site.index = index
        self._all.extend(sites)

    def __getitem__(self, index: int) -> Site:
        return self._all[index]

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Site]:
        return iter(self._all)


# What a hook of each role does for the program: nothing. Hooks are pickled as these.


def receiver(thing: Any) -> Any:
    return thing


def receiver_key(thing: Any, key: Any) -> Any:
    return thing


def update_marked(mark: Any, value: Any) -> Any:
    return value


def cell_mark(function: Callable[[], Any]) -> None:
    return None


def each() -> bool:
    return True


IDLE: dict[str, Hook] = {
    "receiver": receiver,
    "receiver-key": receiver_key,
    "key": receiver,
    "update": receiver,
    "each": each,
    "value": receiver,
    "update-marked": update_marked,
    "cell-value": update_marked,
    "cell-mark": cell_mark,
}
"""Of each role the hook that watches nothing."""
