"""The rules: from the rows of a trial to one verdict.

Read from the top; the first that applies decides.

1. ``cannot-tell``: today's own row failed, so there is nothing to compare with; or a row that decides was disturbed,
   because others held the cores (then only 3 and 4, which are no question of time, can still be told).
2. The best row is better than today, and is on free threads, or on interpreters: ``move-to-threads``,
   ``use-interpreters``.
3. ``not-safe``: free threads were tried, and no such row gave today's output.
4. ``gil-turned-on``: they gave it, but in every such row the GIL came back.
5. Otherwise it is the best row that says where to stay: ``stay-with-processes``, ``stay-serial``; or nothing differs
   from today beyond the noise: ``no-difference``.

*Best* is the fastest; among rows as fast (the difference lies inside the noise) the leanest; among those as lean the
one that changes least for the user. *Better* is faster or, when as fast, leaner. Where time and memory disagree, the
sentence says so (see ``sentence.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

from ungil.trial import sentence
from ungil.trial.command import Command
from ungil.trial.result import Row, Verdict, VerdictCode
from ungil.trial.ways import (
    MEMORY_DIFFERENCE,
    as_fast,
    forced,
    is_better,
    is_free,
    peak,
    slower,
    usable,
    wall,
    way,
)

PARALLEL = ("threads", "interpreters", "processes")


def judge(rows: Sequence[Row], command: Command) -> Verdict:
    """The verdict on a program; ``command`` makes the one to type next."""
    today = next(row for row in rows if row.today)
    candidates = [row for row in rows if usable(row) and not forced(row)]
    if today not in candidates:
        return sentence.nothing_to_compare_with(today)
    best = _best(candidates, today)
    said = sentence.Facts(rows, candidates, today, best, command)
    in_the_way = _in_the_way(rows, today)
    if not (today.reliable and best.reliable):
        # What is wrong with an output, or who turned the GIL on, is no question of time.
        return said.verdict(in_the_way or "cannot-tell")
    code = _code_of_best(candidates, today, best)
    if code not in ("move-to-threads", "use-interpreters"):
        code = in_the_way or code
    return said.verdict(code)


def _best(candidates: Sequence[Row], today: Row) -> Row:
    fastest = min(candidates, key=wall)
    alike = [row for row in candidates if as_fast(row, fastest)]
    leanest = min(peak(row) for row in alike)
    as_lean = [row for row in alike if peak(row) <= leanest * (1 + MEMORY_DIFFERENCE)]
    return min(as_lean, key=lambda row: (_change(row, today), wall(row)))


def _change(row: Row, today: Row) -> int:
    """How much the row would change for the user: nothing, the model, the build, both."""
    return 2 * (row.build != today.build) + (row.model != "as-is")


def _code_of_best(candidates: Sequence[Row], today: Row, best: Row) -> VerdictCode:
    if best is today or not is_better(best, today):
        return _nothing_better(candidates, today)
    if way(best) == "threads" or (way(best) == "as-is" and is_free(best) and _runs_in_parallel(best)):
        return "move-to-threads"
    if way(best) == "interpreters":
        return "use-interpreters"
    return "stay-with-processes" if way(best) == "processes" else "stay-serial"


def _nothing_better(candidates: Sequence[Row], today: Row) -> VerdictCode:
    others = [row for row in candidates if row is not today]
    serial = [row for row in candidates if way(row) in ("serial", "as-is") and row.build == today.build]
    parallel_pays = any(slower(row, today) for row in serial)
    if way(today) == "processes" and parallel_pays:
        return "stay-with-processes"
    if not parallel_pays and any(slower(row, today) for row in others):
        return "stay-serial"
    return "no-difference"


def _runs_in_parallel(row: Row) -> bool:
    """More CPU than wall time: threads of its own ran at once."""
    return row.cpu_s is not None and row.cpu_s.median > 1.2 * wall(row)


def _in_the_way(rows: Sequence[Row], today: Row) -> VerdictCode | None:
    """What keeps free threads from being the answer, whether or not they would have been the fastest."""
    # The program as it is counts where its own workers are threads, or where it may start threads by hand.
    own_threads = way(today) in ("threads", "as-is")
    tried = [
        row
        for row in rows
        if row.free_threaded
        and not forced(row)
        and row.status != "unavailable"
        and (row.model == "threads" or (row.model == "as-is" and own_threads))
    ]
    worked = [row for row in tried if usable(row)]
    if tried and not worked:
        return "not-safe"
    if worked and all(row.gil_enabled_at_exit for row in worked):
        return "gil-turned-on"
    return None
