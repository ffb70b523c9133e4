"""Which windows are found in which source."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

from ungil.race.inside.rewrite import instrument
from ungil.race.inside.sites import IDLE, Sites
from ungil.race.inside.windows import MOST_CALL_PAIRS, MOST_PAIRS, CallPair, Pair, Span, find_pairs


class Found:
    """The windows of a source, as text with lines: ``update x.n:2 -> x.n:3``; of one site twice ``update x.n:1``."""

    def __init__(self, source: str) -> None:
        self.source = textwrap.dedent(source).strip("\n")
        self.lines = self.source.split("\n")
        module = instrument(self.source, "m.py", Sites(), lambda site, role: IDLE[role])
        self.sites, self.pairs, self.calls = module.sites, module.pairs, module.calls
        everything: list[Pair | CallPair] = [*self.pairs, *self.calls]
        self.texts = {self.text(pair): pair for pair in everything}

    def text(self, pair: Pair | CallPair) -> str:
        if isinstance(pair, Pair):
            first, act = self.site(pair.first), self.site(pair.act)
        else:
            first = self.span(pair.first, pair.first_site)
            act = self.span(pair.act, pair.act_site)
        kind = pair.kind if isinstance(pair, Pair) else f"call-{pair.kind}"
        return f"{kind} {first}" if pair.first == pair.act else f"{kind} {first} -> {act}"

    def site(self, index: int) -> str:
        site = self.sites[index]
        assert site.index == index
        assert site.line == site.end_line
        text = self.lines[site.line - 1][site.column : site.end_column]
        if site.op in ("truth", "iterate", "consume"):
            text = f"{site.op}({text})"
        elif site.op == "call":
            text = text[: text.index("(")] + "()"
        return f"{text}:{site.line}"

    def span(self, span: Span, site: int | None) -> str:
        assert span.line == span.end_line
        text = self.lines[span.line - 1][span.column : span.end_column]
        if site is not None:
            assert self.sites[site].line == span.line
            text = f"[{text}]"
        return f"{text}:{span.line}"


# Source, and windows that have to be found in it. Lines count from 1.
UPDATES: list[tuple[str, list[str]]] = [
    ("x.n += 1", ["update x.n:1"]),
    ("d[k] += 1", ["update d[k]:1"]),
    ("d[a:b] += e", ["update d[a:b]:1"]),
    ("v = x.n; v += 1; x.n = v", ["update x.n:1 -> x.n:1"]),
    ("x.n = x.n + 1", ["update x.n:1 -> x.n:1"]),
    ("v = x.n\nw = f(v)\nx.n = w", ["update x.n:1 -> x.n:3"]),
    ("x.n, y = x.n + 1, 0", ["update x.n:1 -> x.n:1"]),
    ("a.x, b.x = b.x, a.x", ["update b.x:1 -> a.x:1", "update a.x:1 -> b.x:1"]),
    ("me = self.it\nme.n = self.it.n + 1", ["update self.it.n:2 -> me.n:2"]),
    ("n = self.n\nfor _ in range(3):\n    n = n + 1\nself.n = n", ["update self.n:1 -> self.n:4"]),
    ("while on:\n    self.n = n\n    n = self.n + 1", ["update self.n:3 -> self.n:2"]),
    ("if a:\n    v = x.n\nelse:\n    v = 0\nx.n = v", ["update x.n:2 -> x.n:5"]),
    ("if (v := x.n) is not None:\n    x.n = v + 1", ["update x.n:1 -> x.n:2", "check x.n:1 -> x.n:2"]),
    ("d[k] = d.get(k, 0) + 1", ["update d.get():1 -> d[k]:1"]),
    ("d[k] = d[k] + [1]", ["update d[k]:1 -> d[k]:1"]),
    ("d.update(n=d['n'] + 1)", ["update d['n']:1 -> d.update():1"]),
    ("q.append(q.popleft())", ["update q.popleft():1 -> q.append():1"]),
    ("q.append(q[-1] + 1)", ["update q[-1]:1 -> q.append():1"]),
    ("self.xs = [x for x in self.xs if x]",
     ["update self.xs:1 -> self.xs:1", "update iterate(self.xs):1 -> self.xs:1"]),
    ("xs = list(self.xs)\nxs.append(1)\nself.xs = xs", ["update self.xs:1 -> self.xs:3"]),
    ("self.top = max(self.top, n)", ["update self.top:1 -> self.top:1"]),
    ("class A:\n    n = 0\n    def f(self):\n        A.n += 1\n        self.m = type(self).m + 1",
     ["update A.n:4", "update type(self).m:5 -> self.m:5"]),
    ("def f():\n    global g\n    g += 1", ["update g:3"]),
    ("def f():\n    global g\n    x = g\n    g = x + 1", ["update g:3 -> g:4"]),
    ("def f():\n    n = 0\n    def h():\n        nonlocal n\n        n += 1", ["update n:5"]),
    ("def f():\n    n = 0\n    def h():\n        nonlocal n\n        v = n\n        n = v + 1", ["update n:5 -> n:6"]),
    ("def f(x, acc=[]):\n    acc[0] = acc[0] + x\n    acc[1] += x", ["update acc[0]:2 -> acc[0]:2", "update acc[1]:3"]),
    ("def f(self):\n    old = self.xs\n    self.xs = []\n    return old", ["update self.xs:2 -> self.xs:3"]),
    ("def f(self):\n    old, self.n = self.n, 0\n    return old", ["update self.n:2 -> self.n:2"]),
    ("total = sum(self.xs)\nself.xs = []", ["update self.xs:1 -> self.xs:2", "update consume(self.xs):1 -> self.xs:2"]),
    ("for x in q:\n    show(x)\nq.clear()", ["update iterate(q):1 -> q.clear():3"]),
    ("send(self.n)\nself.n = 0", ["update self.n:1 -> self.n:2"]),
    ("match x.n:\n    case v:\n        x.n = v + 1", ["update x.n:1 -> x.n:3"]),
    ("with a as b:\n    v = x.n\n    x.n = v + 1", ["update x.n:2 -> x.n:3"]),
    ("async def f():\n    v = self.n\n    await g()\n    self.n = v + 1", ["update self.n:2 -> self.n:4"]),
]  # fmt: skip

CHECKS: list[tuple[str, list[str]]] = [
    ("if k not in d:\n    d[k] = v", ["check k not in d:1 -> d[k]:2"]),
    ("if k not in d:\n    d[k] = v\nreturn_(d[k])", ["check k not in d:1 -> d[k]:3"]),
    ("if k in d:\n    del d[k]", ["check k in d:1 -> d[k]:2"]),
    ("if k in d.keys():\n    d.pop(k)", ["check k in d.keys():1 -> d.pop():2"]),
    ("if d.get(k) is None:\n    d[k] = v", ["check d.get():1 -> d[k]:2"]),
    ("v = d.get(k)\nif v is None:\n    v = d[k] = f()", ["check d.get():1 -> d[k]:3"]),
    ("def f():\n    try:\n        return d[k]\n    except KeyError:\n        d[k] = v", ["check d[k]:3 -> d[k]:5"]),
    ("def f():\n    try:\n        return d[k]\n    except KeyError:\n        pass\n    d[k] = v",
     ["check d[k]:3 -> d[k]:6"]),
    ("def f():\n    with suppress(KeyError):\n        return d[k]\n    d[k] = v", ["check d[k]:3 -> d[k]:4"]),
    ("try:\n    x = d[k]\nexcept KeyError:\n    x = d[k] = f()", ["check d[k]:2 -> d[k]:4"]),
    ("if self.x is None:\n    self.x = f()", ["check self.x:1 -> self.x:2"]),
    ("def f(self):\n    if self.x is not None:\n        return self.x\n    self.x = g()\n    return self.x",
     ["check self.x:2 -> self.x:3", "check self.x:2 -> self.x:4", "check self.x:2 -> self.x:5"]),
    ("def f(self):\n    if self.x is None:\n        self.x = g()\n    return self.x", ["check self.x:2 -> self.x:4"]),
    ("def f(self):\n    with a:\n        if self.x:\n            return\n    self.x = g()",
     ["check self.x:3 -> self.x:5"]),
    ("if q:\n    q.pop()", ["check truth(q):1 -> q.pop():2"]),
    ("if not q:\n    raise E\nq.pop()", ["check truth(q):1 -> q.pop():3"]),
    ("while len(q) > 0:\n    q.popleft()", ["check len(q):1 -> q.popleft():2"]),
    ("while True:\n    if not q:\n        break\n    q.pop()", ["check truth(q):2 -> q.pop():4"]),
    ("while True:\n    if not q:\n        continue\n    q.pop()", ["check truth(q):2 -> q.pop():4"]),
    ("i = len(q) - 1\nq[i]", ["check len(q):1 -> q[i]:2"]),
    ("q[len(q) - 1] = 0", ["check len(q):1 -> q[len(q) - 1]:1"]),
    ("heap.remove(min(heap))", ["check consume(heap):1 -> heap.remove():1"]),
    ("for k in list(d):\n    del d[k]", ["check consume(d):1 -> d[k]:2"]),
    ("for k, v in d.items():\n    d[k] = v + 1", ["update iterate(d.items()):1 -> d[k]:2"]),
    ("if q:\n    return_(sum(q) / len(q))", ["check truth(q):1 -> consume(q):2", "check truth(q):1 -> len(q):2"]),
    ("if self.conn:\n    self.conn.send()", ["check self.conn:1 -> self.conn:2"]),
    ("if self.conn is not None and self.conn.open:\n    pass", ["check self.conn:1 -> self.conn:1"]),
    ("x = self.conn.name if self.conn else None", ["check self.conn:1 -> self.conn:1"]),
    ("y = self.limit\nif self.limit is not None and n > self.limit:\n    pass", ["check self.limit:2 -> self.limit:2"]),
    ("assert self.conn\nself.conn.send()", ["check self.conn:1 -> self.conn:2"]),
    ("match self.x:\n    case None:\n        self.x = f()", ["check self.x:1 -> self.x:3"]),
    ("if (n := len(q)) > 0:\n    q[n - 1]", ["check len(q):1 -> q[n - 1]:2"]),
    ("if v := d.get(k):\n    pass\nelse:\n    d[k] = f()", ["check d.get():1 -> d[k]:4"]),
    ("acct = self.accounts[i]\nif acct.balance >= n:\n    acct.balance -= n",
     ["check acct.balance:2 -> acct.balance:3"]),
    ("q = self.q\nif q:\n    self.q.pop()", ["check truth(q):2 -> self.q.pop():3"]),
    ("d = self.d\nif k not in d:\n    self.d[k] = v", ["check k not in d:2 -> self.d[k]:3"]),
    ("missing = False\nif k not in d:\n    missing = True\nif missing:\n    d[k] = v",
     ["check k not in d:2 -> d[k]:5"]),
    ("while self.busy:\n    sleep()\nself.busy = True", ["check self.busy:1 -> self.busy:3"]),
    ("for a in xs:\n    if a.free:\n        break\na.free = False", ["check a.free:2 -> a.free:4"]),
    ("if any(x.id == i for x in xs):\n    xs.append(i)", ["check iterate(xs):1 -> xs.append():2"]),
    ("def f():\n    global g\n    if g is None:\n        g = h()\n    return g",
     ["check g:3 -> g:4", "check g:3 -> g:5"]),
    ("def f(x, acc=[]):\n    if x not in acc:\n        acc.append(x)", ["check x not in acc:2 -> acc.append():3"]),
    ("node.next and node.next.value", ["check node.next:1 -> node.next:1"]),
    ("[q.pop() for _ in range(9) if q]", ["check truth(q):1 -> q.pop():1"]),
    ("lambda: q.pop() if q else None", ["check truth(q):1 -> q.pop():1"]),
    ("if hi - len(q) > 0:\n    next(q)", ["check len(q):1 -> next(q):2"]),
]  # fmt: skip

TOGETHER: list[tuple[str, list[str]]] = [
    ("sum(a.balance for a in accounts)", ["together a.balance:1"]),
    ("sum([d[k] for k in d])", ["together d[k]:1"]),
    ("sum(len(q) for q in queues)", ["together len(q):1"]),
    ("any(w.busy for w in workers)", ["together w.busy:1"]),
    ("a.balance + b.balance", ["together a.balance:1 -> b.balance:1"]),
    ("x = a.balance\ny = b.balance\nprint(x + y)", ["together a.balance:1 -> b.balance:2"]),
    ("lo, hi = self.lo, self.hi", ["together self.lo:1 -> self.hi:1"]),
    ("lo = self.lo\nhi = self.hi\nspan = hi - lo", ["together self.lo:1 -> self.hi:2"]),
    ("f(self.lo, key=self.hi)", ["together self.lo:1 -> self.hi:1"]),
    ("if self.lo > self.hi:\n    pass", ["together self.lo:1 -> self.hi:1"]),
    ("self.buffer[self.head]", ["together self.buffer:1 -> self.head:1"]),
    ("print(f'{p.x},{p.y}')", ["together p.x:1 -> p.y:1"]),
    ("d['a'] + d['b']", ["together d['a']:1 -> d['b']:1"]),
    ("len(self.ready) + len(self.done)", ["together len(self.ready):1 -> len(self.done):1"]),
    ("for a in accounts:\n    total += a.balance", ["together a.balance:2"]),
    ("for i in range(n):\n    a = accounts[i]\n    total = total + a.balance", ["together a.balance:3"]),
    ("for a in accounts:\n    out.append(a.balance)", ["together a.balance:2"]),
    ("def f():\n    for w in workers:\n        if w.busy:\n            return False\n    return True",
     ["together w.busy:3"]),
    ("t = a.x\nt += b.x", ["together a.x:1 -> b.x:2"]),
]  # fmt: skip

CALLS: list[tuple[str, list[str]]] = [
    ("counter.set(counter.get() + 1)", ["call-update counter.get():1 -> counter.set(counter.get() + 1):1"]),
    ("n = counter.get(); counter.set(n + 1)", ["call-update counter.get():1 -> counter.set(n + 1):1"]),
    ("c = self.counter\nc.set(self.counter.get() + 1)",
     ["call-update self.counter.get():2 -> c.set(self.counter.get() + 1):2"]),
    ("if not box.empty():\n    box.take()", ["call-check box.empty():1 -> box.take():2"]),
    ("while not box.empty():\n    box.take()", ["call-check box.empty():1 -> box.take():2"]),
    ("if acct.balance() >= n:\n    acct.withdraw(n)", ["call-check acct.balance():1 -> acct.withdraw(n):2"]),
    ("if acct.balance >= n:\n    acct.withdraw(n)", ["call-check [acct.balance]:1 -> acct.withdraw(n):2"]),
    ("if acct.can(n):\n    acct.balance -= n", ["call-check acct.can(n):1 -> [acct.balance]:2"]),
    ("acct.put(acct.balance + 1)", ["call-update [acct.balance]:1 -> acct.put(acct.balance + 1):1"]),
    ("def f(self):\n    if not self.has(k):\n        self.items[k] = v",
     ["call-check self.has(k):2 -> [self.items[k]]:3"]),
    ("def f(self):\n    if self.has(k):\n        return\n    self.put(k)",
     ["call-check self.has(k):2 -> self.put(k):4"]),
    ("def f(r):\n    try:\n        return r.find(k)\n    except E:\n        r.add(k)",
     ["call-check r.find(k):3 -> r.add(k):5"]),
    ("if len(box) > 0:\n    box.take()", ["call-check [len(box)]:1 -> box.take():2"]),
    ("def has(k):\n    return k in D\ndef put(k):\n    D[k] = 1\nif has(7):\n    put(7)",
     ["call-check has(7):5 -> put(7):6"]),
    ("def get():\n    return D[0]\ndef put(v):\n    D[0] = v\nput(get() + 1)",
     ["call-update get():5 -> put(get() + 1):5"]),
    ("def has(k):\n    return k in D\ndef f(k):\n    if not has(k):\n        D[k] = 1",
     ["call-check has(k):4 -> [D[k]]:5"]),
    ("class A:\n    @property\n    def free(self):\n        return self.n\nif a.free:\n    a.take()",
     ["call-check a.free:5 -> a.take():6"]),
    ("class A:\n    @property\n    def n(self):\n        return self.m\n    @n.setter\n    def n(self, n):\n"
     "        self.m = n\na.n += 1\na.n = a.n + 1",
     ["call-update a.n:8", "call-update a.n:9 -> a.n:9"]),
    ("class A:\n    def __getitem__(self, k):\n        return 1\nif k in a:\n    a[k]\na[k] = a[k] + 1",
     ["call-check k in a:4 -> a[k]:5", "call-update a[k]:6 -> a[k]:6"]),
]  # fmt: skip


def test_of_each_thing_gone_through() -> None:
    found = Found("for x in xs:\n    sum(ys)\n    [z for z in zs]")
    assert list(found.texts) == ["iterate iterate(xs):1", "iterate consume(ys):2", "iterate iterate(zs):3"]


@pytest.mark.parametrize(
    ("source", "windows"), [*UPDATES, *CHECKS, *TOGETHER, *CALLS], ids=lambda value: value if type(value) is str else ""
)
def test_found(source: str, windows: list[str]) -> None:
    found = Found(source)
    assert [window for window in windows if window not in found.texts] == [], "\n".join(found.texts)


@pytest.mark.parametrize(
    "source",
    [
        "x.n = 1",
        "x.n = y.m + 1",
        "d['a'] = d['b']",
        "d[k] = e[k] + 1",
        "q.append(1)\nq.append(2)",
        "def f(x):\n    y = x + 1\n    return y",
        "import os\nif not os.path.exists(p):\n    os.path.mkdir(p)",
        "import os\nif not os.path.exists(p):\n    os.mkdir(p)",
        "from os import path\nif not path.exists(p):\n    path.make(p)",
        "import shelf\nif not shelf.has(p):\n    shelf.put(p)",
        "def double(x):\n    return 2 * x\ndef half(x):\n    return x // 2\nhalf(double(3))",
        "if line.startswith('#'):\n    line.strip()",
        "', '.join(map(str, ', '.split(x)))",
        "a.x\nb.x",
        "n = self.n\nn = 0\nself.n = n",
        "self.q.put(1)\nself.q = None",
    ],
)
def test_not_found(source: str) -> None:
    found = Found(source)
    assert [text for text in found.texts if not text.startswith("iterate")] == []


@pytest.mark.parametrize(
    ("source", "not_found"),
    [
        # What was read once, into a local variable, is not read again.
        ("conn = self.conn\nif conn:\n    conn.send()", "check self.conn:1"),
        # Looked at again, under the lock.
        ("if self.x is None:\n    with lock:\n        if self.x is None:\n            self.x = f()",
         "check self.x:1 -> self.x:3"),
        # The flag and what is done while it is not set are different things.
        ("while not self.stop:\n    self.n += 1", "check self.stop:1"),
        ("for _ in range(3):\n    total += self.n", "together self.n:2"),
        ("if self.a:\n    pass\nelse:\n    self.b = 1", "check self.a:1"),
    ],
)  # fmt: skip
def test_no_window(source: str, not_found: str) -> None:
    assert [text for text in Found(source).texts if text.startswith(not_found)] == []


def test_call_windows_name_the_module_and_the_site() -> None:
    found = Found("if acct.balance >= n:\n    acct.withdraw(n)")
    (pair,) = [pair for pair in found.calls if pair.kind == "check"]
    assert pair.path == "m.py"
    assert pair.first == Span(1, 3, 1, 15)
    assert pair.act == Span(2, 4, 2, 20)
    assert pair.first_site is not None
    assert found.sites[pair.first_site].name == "balance"
    assert pair.act_site is None


def test_columns_of_calls_are_those_of_code_objects() -> None:
    source = "é = c.get(); c.set(é)"
    tree = ast.parse(source)
    _, (pair,) = find_pairs(tree, {}, "m.py")
    code: Any = compile(source, "m.py", "exec")  # on 3.10 it has none
    positions = set(code.co_positions()) if hasattr(code, "co_positions") else pytest.skip("3.11 and up")
    for line, column, end_line, end_column in (pair.first, pair.act):
        assert (line, end_line, column, end_column) in positions


def test_each_function_has_its_own_variables() -> None:
    found = Found("def f():\n    v = x.n\n    def g(v):\n        x.n = v")
    assert not found.pairs


def test_windows_come_in_the_order_of_the_source() -> None:
    found = Found("def f(x):\n    x.n += 1\n    if x.m:\n        x.m = 1\ndef g(x):\n    x.o += 1")
    assert found.pairs == sorted(found.pairs, key=lambda pair: (pair.first, pair.act))


def far_apart(count: int) -> str:
    return "".join(f"if self.n == {number}:\n    self.n = {number}\n" for number in range(count))


def one_condition(count: int) -> str:
    return "if d:\n" + "".join(f"    d[k{number}] = d[n{number}]\n" for number in range(count))


def nested_loops(count: int) -> str:
    return "".join(f"{'  ' * depth}for x{depth} in y.n:\n" for depth in range(count)) + "  " * count + "x.n = y.n"


def long_sum(count: int) -> str:
    return "z = " + " + ".join(f"self.a{number}" for number in range(count))


def nested_calls(count: int) -> str:
    return "v = self.n\n" + "v = f(v, self.n)\n" * count


def calls(count: int) -> str:
    return "if box.full():\n    return_()\n" + "".join(f"if box.a{i}():\n    box.b{i}()\n" for i in range(count))


@pytest.mark.parametrize(
    ("make", "count"),
    [
        (far_apart, 1000),
        (one_condition, 1000),
        (nested_loops, 15),
        (long_sum, 200),
        (nested_calls, 1000),
        (calls, 800),
    ],
)
def test_neither_time_nor_number_explodes(make: Callable[[int], str], count: int) -> None:
    found = Found(make(count))
    assert len([pair for pair in found.pairs if pair.kind != "iterate"]) <= MOST_PAIRS
    assert len(found.calls) <= MOST_CALL_PAIRS


def test_near_ones_are_kept() -> None:
    found = Found(one_condition(1000) + "if self.x is None:\n    self.x = f()\n")
    assert "check self.x:1002 -> self.x:1003" in found.texts
