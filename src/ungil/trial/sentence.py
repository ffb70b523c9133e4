"""The words of a verdict: its sentence, the reasons it follows from, the command to type next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ungil.launch import GilChange
from ungil.trial import figures
from ungil.trial.command import Command
from ungil.trial.result import Row, Verdict, VerdictCode
from ungil.trial.ways import (
    MEMORY_DIFFERENCE,
    as_fast,
    faster,
    forced,
    is_better,
    is_free,
    memory_ratio,
    peak,
    slower,
    time_ratio,
    usable,
    wall,
    way,
)

MUCH_LEANER = 0.75
"""A way that takes at most three quarters of the best one's memory is named beside it ..."""
STILL_FAST = 2.0
"""... if it takes no more than twice its time, and is faster than serial."""


def nothing_to_compare_with(today: Row) -> Verdict:
    """Today's row is not usable."""
    why = today.reason or "it was not run"
    return Verdict("cannot-tell", f"Cannot tell: the program does not run as it is today ({why})")


@dataclass(frozen=True)
class Facts:
    """What a verdict is worded from."""

    rows: Sequence[Row]
    candidates: Sequence[Row]
    """The usable rows that count for the choice."""
    today: Row
    best: Row
    command: Command

    def verdict(self, code: VerdictCode) -> Verdict:
        sentence = {
            "move-to-threads": self._move,
            "use-interpreters": self._use_interpreters,
            "stay-with-processes": self._stay_with_processes,
            "stay-serial": self._stay_serial,
            "gil-turned-on": self._gil_turned_on,
            "not-safe": self._not_safe,
            "no-difference": self._no_difference,
            "cannot-tell": self._cannot_tell,
        }[code]()
        return Verdict(code, sentence, tuple(self._reasons()), self._next(code))

    # --- one sentence a code ---

    def _move(self) -> str:
        threads = "free threads" if is_free(self.best) else "threads"
        return f"Move to {threads} on {_place(self.best)}: {self._against_today(self.best)}{self._beside()}"

    def _use_interpreters(self) -> str:
        return f"Use concurrent interpreters on {_place(self.best)}: {self._against_today(self.best)}{self._beside()}"

    def _stay_with_processes(self) -> str:
        serial = self._serial()
        beside = self._beside(named=serial is None)
        over_serial = f"{_times(time_ratio(serial, self.best).median)} today's serial" if serial else None
        if beside:
            return f"Processes are fastest{f' ({over_serial})' if over_serial else ''}{beside}"
        if self.best is not self.today and is_better(self.best, self.today):
            return f"Stay with processes, on {_place(self.best)}: {self._against_today(self.best)}"
        why = [over_serial] if over_serial else []
        threads = self._best_of("threads")
        if threads is not None and slower(threads, self.best):
            why.append(f"threads on {_place(threads)} take {_times(time_ratio(threads, self.best).median)} the time")
        return f"Stay with processes: {', '.join(why) or 'nothing else is faster or leaner'}"

    def _stay_serial(self) -> str:
        if way(self.today) == "as-is" and all(row.model == "as-is" for row in self.candidates):
            if self.best is self.today:
                return f"Stay on {self.today.build}: the program runs on one thread, and no other build is faster"
            return f"Stay serial, on {_place(self.best)}: {self._against_today(self.best)}"
        gain = "" if self.best is self.today else f" ({self._against_today(self.best)})"
        return f"Parallel running does not pay: stay serial{gain}"

    def _gil_turned_on(self) -> str:
        changes = [change for row in self.rows for change in row.gil_enabled_by]
        modules = list(dict.fromkeys(f"`{change.module.split('.')[0]}`" for change in changes)) or ["an extension"]
        verb = "turns" if len(modules) == 1 else "turn"
        return f"Not yet: {_and(modules[:3])} {verb} the GIL back on{self._until_then()}"

    def _not_safe(self) -> str:
        tried = [row for row in self.rows if row.free_threaded and row.status in ("differs", "failed", "timeout")]
        row = next((row for row in tried if row.model == "threads"), tried[0])
        under = "threads" if row.model == "threads" else f"{row.build} as it is"
        what = {"differs": "the output differs", "failed": "it fails", "timeout": "it hangs"}[row.status]
        return f"Not safe as it is: {what} under {under}{self._until_then()}"

    def _no_difference(self) -> str:
        noise = max((figures.relative_spread(time_ratio(row, self.today)) for row in self.candidates), default=0)
        noise = max(noise, figures.SMALLEST_DIFFERENCE)
        return f"No difference beyond the noise (±{_percent(noise)}): stay as you are"

    def _cannot_tell(self) -> str:
        return "Cannot tell: this machine was busy"

    # --- parts of sentences ---

    def _against_today(self, row: Row) -> str:
        """``1.9x faster than today with 61 % less memory``."""
        if faster(row, self.today):
            time = f"{_times(1 / time_ratio(row, self.today).median)} faster than today"
        elif slower(row, self.today):
            time = f"{_times(time_ratio(row, self.today).median)} slower than today"
        elif as_fast(row, self.today):
            time = "as fast as today"
        else:
            time = "no clear difference in time from today"
        ratio = memory_ratio(row, self.today)
        if abs(ratio - 1) < MEMORY_DIFFERENCE:
            return time
        return f"{time} with {_percent(abs(1 - ratio))} {'less' if ratio < 1 else 'more'} memory"

    def _beside(self, named: bool = True) -> str:
        """The way that disagrees with the best one: far leaner, a little slower.

        ``named`` is False where the sentence has already said what speeds are measured against.
        """
        serial = self._serial()
        rows = [
            row
            for row in self.candidates
            if way(row) in ("threads", "interpreters", "processes")
            and 0 < peak(row) <= MUCH_LEANER * peak(self.best)
            and wall(row) <= STILL_FAST * wall(self.best)
            and (serial is None or faster(row, serial))
        ]
        if not rows:
            return ""
        row = min(rows, key=wall)
        less = _percent(1 - memory_ratio(row, self.best))
        base, name = (serial, "today's serial") if serial else (self.today, "today")
        speed = _times(time_ratio(base, row).median)
        return f"; {way(row)} on {_place(row)} take {less} less memory at {speed}" + (f" {name}" if named else "")

    def _until_then(self) -> str:
        sure = self.best.reliable and self.today.reliable
        if self.best is self.today or not sure or not faster(self.best, self.today):
            return "; until then stay as you are"
        return f"; until then {way(self.best)} on {_place(self.best)}: {self._against_today(self.best)}"

    def _serial(self) -> Row | None:
        return next((row for row in self.candidates if row.model == "serial" and row.build == self.today.build), None)

    def _best_of(self, name: str) -> Row | None:
        """The fastest row of that way; of threads, one of free threads where there is any: that is what is asked."""
        rows = [row for row in self.candidates if way(row) == name]
        free = [row for row in rows if is_free(row)] if name == "threads" else []
        return min(free or rows, key=wall, default=None)

    # --- reasons ---

    def _reasons(self) -> list[str]:
        reasons = []
        for row in dict.fromkeys([self.best, *filter(None, map(self._best_of, ("threads", "interpreters", "serial")))]):
            if row is not self.today:
                doubt = "" if row.reliable else " (unreliable: the machine was busy)"
                reasons.append(f"{_row(row)}: {self._against_today(row)}{doubt}")
        reasons += _grouped((row.reason or row.status, row) for row in self.rows if row.status != "ok")
        reasons += _grouped(
            (f"the GIL was turned on by the import of {change.module}{_at(change)}", row)
            for row in self.rows
            if not forced(row)
            for change in row.gil_enabled_by
        )
        if not (self.today.reliable and self.best.reliable):
            reasons.append(self._how_busy())
        if not any(row.free_threaded for row in self.rows):
            reasons.append("no free-threaded build was tried")
        return reasons

    def _how_busy(self) -> str:
        row = self.today if not self.today.reliable else self.best
        assert row.other_cpu_s and row.wait_s and row.wall_s, "only timed rows are found unreliable"
        return (
            f"during {_row(row)} ({row.wall_s.median:.2f} s) others used {row.other_cpu_s.median:.2f} s of CPU, "
            f"and tasks waited {row.wait_s.median:.2f} s for a core"
        )

    # --- what to type ---

    def _next(self, code: VerdictCode) -> str:
        free_tried = any(row.free_threaded for row in self.rows)
        if code == "not-safe":
            return self.command.run(next(row for row in self.rows if row.free_threaded and not usable(row)))
        if code == "gil-turned-on" and not any(map(forced, self.rows)):
            return self.command.trial("--gil", "off")
        if not free_tried and (self.best is self.today or code in ("no-difference", "cannot-tell")):
            return "ungil pythons install 3.14t"
        if code in ("no-difference", "cannot-tell"):
            return self.command.trial("--budget", "600")
        return self.command.run(self.best)


def _grouped(said: Iterable[tuple[str, Row]]) -> list[str]:
    """What is said of several rows is said once, with all of them before it."""
    rows: dict[str, dict[str, None]] = {}
    for text, row in said:
        rows.setdefault(text, {})[_row(row)] = None
    return [f"{', '.join(names)}: {text}" for text, names in rows.items()]


def _at(change: GilChange) -> str:
    return f" at {change.path}:{change.line}" if change.path else ""


def _row(row: Row) -> str:
    return f"{row.model} on {row.build}" + (f" ({row.variant})" if row.variant else "")


def _place(row: Row) -> str:
    return row.build + (f" ({row.variant})" if row.variant else "")


def _times(ratio: float) -> str:
    return f"{ratio:.2f}x" if ratio < 1.095 else f"{ratio:.1f}x"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
