"""What each way gains and costs, from this program's own runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ungil.pythons import Build
from ungil.trial import figures
from ungil.trial.result import Figure, Row, TradeOff

BUSY = "unreliable: the machine was busy"
PARALLEL = ("threads", "interpreters", "processes")


def trade_offs(rows: Sequence[Row], builds: Sequence[Build]) -> tuple[TradeOff, ...]:
    """Everything that can be said; what a pair of rows is missing for is left out."""
    facts = {build.spec: build for build in builds}
    found: list[TradeOff | None] = []
    for free, with_gil in _alike(rows):
        caveat = _how_else_they_differ(facts[free.build], facts[with_gil.build])
        found.append(_single_thread_cost(free, with_gil, caveat))
        found.append(_memory_cost(free, with_gil, caveat))
        found.append(_start_up_cost(free, with_gil, caveat))
    for row in rows:
        found.append(_scaling(row, rows))
        found.append(_initializer_sharing(row, rows))
    return tuple(each for each in found if each is not None)


def _alike(rows: Sequence[Row]) -> Iterable[tuple[Row, Row]]:
    """Each free-threaded build's one-thread row with that of the GIL build: of the same series, else of today's.

    ``serial`` where the program has pools; else the program as it is, which then is all there is to compare.
    """
    model = "serial" if any(row.model == "serial" and _ok(row) for row in rows) else "as-is"
    one = [row for row in rows if row.model == model and _ok(row) and row.variant is None]
    with_gil = {row.build: row for row in one if not row.free_threaded}
    today = next((row.build for row in rows if row.today), None)
    for row in one:
        other = with_gil.get(row.build.removesuffix("t")) or with_gil.get(today or "")
        if row.free_threaded and other is not None:
            yield row, other


def _single_thread_cost(free: Row, with_gil: Row, caveat: str | None) -> TradeOff | None:
    assert free.wall_s and with_gil.wall_s, "both rows are ok"
    ratio = figures.ratios(free.wall_s.samples, with_gil.wall_s.samples)
    pair = f"{free.model} on {free.build} against {free.model} on {with_gil.build}"
    if not (free.reliable and with_gil.reliable):
        caveat = f"{BUSY}; {caveat}" if caveat else BUSY
    if not figures.is_difference(ratio):
        noise = max(figures.relative_spread(ratio), figures.SMALLEST_DIFFERENCE)
        sentence = f"Single-threaded, {free.build} costs nothing beyond the noise of {_percent(noise)} ({pair})"
    else:
        word = "slower" if ratio.median > 1 else "faster"
        sentence = f"Single-threaded, {free.build} is {_percent(abs(ratio.median - 1))} {word} ({pair})"
    return _ratio("single-thread-cost", sentence, ratio, caveat)


def _memory_cost(free: Row, with_gil: Row, caveat: str | None) -> TradeOff | None:
    if free.peak_bytes is None or with_gil.peak_bytes is None:
        return None
    ratio = free.peak_bytes.median / with_gil.peak_bytes.median
    word = "more" if ratio > 1 else "less"
    sentence = f"{free.build} takes {_percent(abs(ratio - 1))} {word} memory ({free.model} on both)"
    return TradeOff("memory-cost", sentence, ratio, caveat=caveat)


def _start_up_cost(free: Row, with_gil: Row, caveat: str | None) -> TradeOff | None:
    if free.startup_s is None or with_gil.startup_s is None:
        return None
    free_ms, gil_ms = free.startup_s.median * 1000, with_gil.startup_s.median * 1000
    sentence = f"Start-up takes {free_ms:.0f} ms on {free.build}, {gil_ms:.0f} ms on {with_gil.build}"
    return TradeOff("start-up-cost", sentence, (free_ms - gil_ms) / 1000, unit="s", caveat=caveat)


def _scaling(row: Row, rows: Sequence[Row]) -> TradeOff | None:
    """Speed-up over serial on the same build, and how much of what its workers could give that is."""
    if row.model not in PARALLEL or not _ok(row) or not row.workers or "initializer once" in (row.variant or ""):
        return None
    serial = _find(rows, lambda other: other.model == "serial" and other.build == row.build)
    if serial is None or serial.wall_s is None or row.wall_s is None:
        return None
    speed_up = figures.ratios(serial.wall_s.samples, row.wall_s.samples)
    efficiency = speed_up.median / row.workers
    doubt = None if row.reliable and serial.reliable else BUSY
    gil = ", the GIL on" if row.gil_enabled_at_exit and row.model == "threads" else ""
    workers = f"{row.workers} worker{'s' if row.workers > 1 else ''}"
    sentence = (
        f"{row.model.capitalize()} on {row.build}{gil}: {speed_up.median:.2f}x serial "
        f"with {workers}, efficiency {_percent(efficiency)}"
    )
    return replace(_ratio("speed-up", sentence, speed_up, doubt), efficiency=efficiency)


def _initializer_sharing(row: Row, rows: Sequence[Row]) -> TradeOff | None:
    if row.variant is None or "initializer once" not in row.variant or not _ok(row):
        return None
    rest = row.variant.replace("initializer once", "").strip(", ") or None
    each = _find(rows, lambda other: (other.build, other.model, other.variant) == (row.build, row.model, rest))
    if each is None or each.peak_bytes is None or row.peak_bytes is None:
        return None
    ratio = row.peak_bytes.median / each.peak_bytes.median
    saved = (each.peak_bytes.median - row.peak_bytes.median) / 1e6
    if abs(ratio - 1) < figures.SMALLEST_DIFFERENCE:
        sentence = f"Running the initializer once saves no memory (threads on {row.build})"
    else:
        verb = "saves" if saved > 0 else "costs"
        share = _percent(abs(1 - ratio))
        sentence = f"Running the initializer once {verb} {abs(saved):.0f} MB, {share} (threads on {row.build})"
    return TradeOff("initializer-sharing", sentence, ratio)


def _how_else_they_differ(free: Build, with_gil: Build) -> str | None:
    """What beside the GIL sets two builds apart, where anything does."""
    ways = []
    if free.version != with_gil.version:
        ways.append(f"version ({free.version}, {with_gil.version})")
    for name, word in (
        ("pgo", "profile-guided optimisation"),
        ("lto", "link-time optimisation"),
        ("jit", "JIT"),
    ):
        ours, theirs = getattr(free, name), getattr(with_gil, name)
        if ours != theirs:
            ways.append(f"{word} ({_yes_no(ours)}, {_yes_no(theirs)})")
    if free.compiler != with_gil.compiler:
        ways.append(f"compiler ({free.compiler}, {with_gil.compiler})")
    elif free.tail_call != with_gil.tail_call:
        ways.append("tail-call interpreter")
    return f"the builds also differ in {', '.join(ways)}" if ways else None


def _yes_no(value: object) -> str:
    return value if isinstance(value, str) else "unknown" if value is None else "yes" if value else "no"


def _ratio(name: str, sentence: str, ratio: Figure, caveat: str | None) -> TradeOff:
    return TradeOff(name, sentence, ratio.median, ratio.low, ratio.high, caveat=caveat)


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _ok(row: Row) -> bool:
    return row.status == "ok" and row.wall_s is not None


def _find(rows: Sequence[Row], fits: Callable[[Row], bool]) -> Row | None:
    return next((row for row in rows if fits(row) and _ok(row)), None)
