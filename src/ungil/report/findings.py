"""One finding, as a compiler would show it: its places in the source, what happened there, why, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from ungil.finding import Finding, Frame, Place, Severity, Status, Step
from ungil.report.layout import indented
from ungil.report.source import RULE, Mark, SourceWriter, excerpts, gutter

FOLD = 12
"""A stack deeper than this is folded on the terminal; the JSON document has all of it."""

SEVERITIES: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}


class FindingWriter(SourceWriter):
    """The lines of findings."""

    def finding(self, finding: Finding, sentence: str | None, again: str | None) -> Iterator[Text]:
        """``sentence``: what this kind of finding is; ``again``: the command line that shows it once more."""
        style = SEVERITIES[finding.severity]
        head = f"{finding.severity}[{finding.code}]"
        note = finding.severity == "note"
        kind = "" if note else f" {finding.name}, {finding.status}"
        said = self.say(f"{head}{kind}: {finding.message}", "bold")
        said.stylize(style, 0, len(head))
        yield indented(said, 0, self.console)
        if sentence and not note:
            yield self.wrapped(sentence, margin=2)
        shown = excerpts(Mark(place, of_place(place), number == 0) for number, place in enumerate(finding.places))
        wide = gutter(shown)
        for number, excerpt in enumerate(shown):
            yield from self.excerpt(excerpt, wide, ":::" if number else "-->")
        evidence = finding.evidence
        if not note:
            yield self._detail(wide, finding.status, _outcome(finding))
        if finding.steps:
            yield self._detail(wide, "in this order")
            for number, step in enumerate(finding.steps, 1):
                place = f" ({step.path}:{step.line})" if step.path else ""
                yield self._item(wide, of_step(step) + place, f"{number}.")
        if cycle := evidence.get("cycle"):
            yield self._detail(wide, "in a circle", " → ".join((*cycle, cycle[0])))
        for threads, stack in _stacks(finding.places):
            yield self._detail(wide, f"stack of {threads}, innermost first")
            for line in _folded(stack):
                yield self._item(wide, line)
        for name, title in (("traceback", "the exception"), ("output", "the program's last words")):
            if text := evidence.get(name):
                yield self._detail(wide, title)
                for line in text.splitlines() if isinstance(text, str) else text:
                    yield Text(" " * (wide + 5)) + self.say(line)
        subject = finding.subject
        if subject and subject.made_at:
            yield self._detail(wide, f"{subject.kind} {subject.name} was made at", _frame(subject.made_at))
        if finding.cause:
            yield self._detail(wide, "cause", finding.cause)
        if finding.fix and not note:
            yield self._detail(wide, "fix", finding.fix)
        if again:
            # Not wrapped: it is there to be copied.
            yield Text.assemble((" " * (wide + 1) + "= ", RULE), ("again: ", "bold"), self.say(again))

    def _detail(self, wide: int, name: str, text: str = "") -> Text:
        said = self.say(f"{name}: {text}" if text else f"{name}:")
        said.stylize("bold", 0, len(name) + 1)
        return self._behind(" " * (wide + 1) + "=", said, wide + 3)

    def _item(self, wide: int, text: str, mark: str = "") -> Text:
        indent = " " * (wide + 5)
        return self._behind(indent + mark, self.say(text), wide + 5 + (len(mark) + 1 if mark else 0))

    def _behind(self, mark: str, text: Text, margin: int) -> Text:
        whole = indented(text, margin, self.console, mark)
        whole.stylize(RULE, 0, len(mark))
        return whole


def of_place(place: Place) -> str:
    """``Thread-1 reads 41, holding no lock``."""
    parts = [part for part in (place.thread, _with_value(place.role or "", place.value)) if part]
    said = " ".join(parts) or "here"
    if place.locks is None:
        return said
    return f"{said}, holding {' and '.join(place.locks) or 'no lock'}"


def _outcome(finding: Finding) -> str:
    evidence = finding.evidence
    said: str = evidence.get("outcome") or evidence.get("doubt") or _OTHERWISE[finding.status]
    facts = []
    if (tried := evidence.get("tried")) and (seen := evidence.get("shown")) is not None:
        facts.append(f"in {seen} of {tried} run{'' if tried == 1 else 's'}")
    if strategy := evidence.get("strategy"):
        facts.append(f"schedule: {strategy}")
    if (seed := evidence.get("seed")) is not None:
        facts.append(f"seed {seed}")
    return said + (f" ({', '.join(facts)})" if facts else "")


_OTHERWISE: dict[Status, str] = {"confirmed": "it was made to happen", "possible": "it was not made to happen"}


def of_step(step: Step) -> str:
    """``Thread-1 reads 41``."""
    return f"{step.thread} {_with_value(step.text, step.value)}"


def _with_value(text: str, value: str | None) -> str:
    return text if value is None or value in text else f"{text} {value}".strip()


def _frame(frame: Frame) -> str:
    return f"{frame.path}:{frame.line}" + (f" in {frame.function}" if frame.function else "")


def _stacks(places: Sequence[Place]) -> Iterator[tuple[str, tuple[Frame, ...]]]:
    """Each stack that says more than its place does, with the threads that had it."""
    threads: dict[tuple[Frame, ...], dict[str, None]] = {}
    for place in places:
        if len(place.stack) > 1:
            threads.setdefault(place.stack, {})[place.thread or "the thread"] = None
    for stack, names in threads.items():
        yield " and ".join(names), stack


def _folded(stack: Sequence[Frame]) -> Iterator[str]:
    left_out = len(stack) - FOLD
    if left_out <= 1:
        yield from map(_frame, stack)
        return
    half = FOLD // 2
    yield from map(_frame, stack[:half])
    yield f"… {left_out} more, see --json"
    yield from map(_frame, stack[-half:])
