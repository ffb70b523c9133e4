"""The kinds of findings that ``ungil race`` has, each with what it means and what helps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One code, and what there is to say of it wherever it is found."""

    code: str
    name: str
    title: str
    sentence: str
    """What it is, in one sentence."""
    why: str
    """How it comes about, and what looks like it but is none."""
    fix: str


_KINDS = (
    Kind(
        "UNG301",
        "lost-update",
        "Lost update",
        "A value is computed from an older one and stored after another thread has stored its own, which is lost.",
        "`x.n += 1` reads, adds and stores: three steps, and another thread can store in between. The same holds "
        "for `d[k] += 1`, for a global, and for a value that is read, worked on and written back some lines later.",
        "Hold one lock from the read to the store, in every place that changes the value; or let one thread own it.",
    ),
    Kind(
        "UNG302",
        "check-then-act",
        "Check, then act",
        "What was checked is no longer true when it is acted on: another thread changed it in between.",
        "`if k not in d: d[k] = make()` makes two; `if q: q.pop()` pops from an empty list. Each step is atomic, "
        "the two together are not.",
        "Hold one lock over check and act; or use one operation that does both: `setdefault`, `pop` with a default, "
        "`get_nowait` with its exception.",
    ),
    Kind(
        "UNG303",
        "iteration-mutation",
        "Change during iteration",
        "A container is changed by one thread while another iterates over it.",
        "A dict or set raises RuntimeError, a list skips or repeats items. `sum(d.values())` and comprehensions "
        "iterate too.",
        "Hold one lock over the iteration and every change; or iterate over a copy made under that lock, or by "
        "`d.copy()`.",
    ),
    Kind(
        "UNG304",
        "shared-iterator",
        "Shared iterator",
        "Several threads take items from one iterator or generator, which is not made for it.",
        "A generator that is resumed while it runs raises ValueError, and on free-threaded 3.14 and earlier can "
        "crash the interpreter; other iterators give items twice or not at all.",
        "Give each thread its own iterator, put the items into a queue.Queue, or call `next` under a lock.",
    ),
    Kind(
        "UNG305",
        "torn-read",
        "Torn read",
        "Values that belong together are read one by one, while another thread changes them: they do not agree.",
        "A sum over accounts during a transfer, a pair of fields of which one is old and one is new.",
        "Read them under the lock under which they are changed; or keep them in one immutable object and replace that.",
    ),
    Kind(
        "UNG306",
        "publish-before-ready",
        "Published before it is ready",
        "An object is made visible to other threads before it is complete, and one of them uses it half-made.",
        "`self.cache = {}` followed by filling it; `ready = True` before the data it announces. Data first, flag "
        "last is right.",
        "Build it in a local variable and store it last; or hold a lock until it is complete, on both sides.",
    ),
    Kind(
        "UNG307",
        "inconsistent-locks",
        "Inconsistent locks",
        "The same thing is guarded by different locks, or by one in some places and none in others.",
        "Two locks that are not the same exclude nobody; a lock that only one side takes neither; a semaphore that "
        "lets two in is no lock.",
        "Decide which one lock guards it, and take that one wherever it is touched.",
    ),
    Kind(
        "UNG308",
        "lock-order-inversion",
        "Locks taken in opposite order",
        "Two threads take the same locks in opposite order: each can end up waiting for the one the other holds.",
        "It takes an unlucky moment: each holds its first lock and waits for its second. A further lock that both "
        "hold all the while rules it out.",
        "Take them in one order everywhere (by id, by account number), or take one lock for both.",
    ),
    Kind(
        "UNG309",
        "deadlock",
        "Deadlock",
        "Threads wait for each other in a circle, and none can go on.",
        "Each holds what the next one waits for: a lock, or its own end (`join`), a result, room in a queue.",
        "Take locks in one order everywhere; do not wait for a thread, a result or a queue while holding a lock it "
        "needs.",
    ),
    Kind(
        "UNG310",
        "missed-signal",
        "Missed signal",
        "A thread is notified before it waits, and then waits for a notification that has already been given.",
        "`Condition.notify` wakes only who waits at that moment; nobody remembers it.",
        "Keep the state in a variable, changed and checked under the condition's lock: `while not ready: "
        "cond.wait()`; or use an Event, which remembers.",
    ),
    Kind(
        "UNG311",
        "wait-without-loop",
        "Wait without its loop",
        "A thread goes on after `Condition.wait` though what it waited for is not true.",
        "Between the notification and the moment the lock is had again another thread may have taken it all; "
        "`notify_all` wakes more than there is for.",
        "Use `cond.wait_for(predicate)`, or `while not predicate: cond.wait()`.",
    ),
    Kind(
        "UNG312",
        "changed-after-submit",
        "Changed after it was handed over",
        "An argument is changed by its caller after it was given to another thread, which sees it before or after.",
        "`submit(f, items)` and `Thread(args=(items,))` pass the object itself, not a copy; a list that is cleared "
        "and used again is the same list.",
        "Hand over a copy, or a new object each time.",
    ),
    Kind(
        "UNG313",
        "uncaught-exception",
        "Exception in some schedules",
        "In some schedules the program raises an exception that nothing catches; in others it does not.",
        "Only the order in which threads ran was different.",
        "See the order in which things happened: what the exception tells of was changed by another thread before.",
    ),
    Kind(
        "UNG314",
        "hang",
        "Hang",
        "In some schedules the program does not end: every thread waits, and nothing can wake them.",
        "Not in a circle, which would be a deadlock: what they wait for was never done, or was done before.",
        "See what each thread waits for; make sure that it is done in every order, and on every way out.",
    ),
    Kind(
        "UNG315",
        "failed-check",
        "Different outcome in some schedules",
        "In some schedules the program fails a check of its own, or ends with another exit status.",
        "Only the order in which threads ran was different.",
        "See the order in which things happened before the check.",
    ),
    Kind(
        "UNG316",
        "crash",
        "Crash",
        "In some schedules the interpreter itself crashes.",
        "Pure Python should never do that: it is a fault of the interpreter or of an extension, which sharing an "
        "object between threads brings out.",
        "Do not share that object between threads without a lock; report it to whoever makes what crashes.",
    ),
)

KINDS: dict[str, Kind] = {kind.code: kind for kind in _KINDS}
