"""Index a tree of Python sources: what is defined, what is called, and which definitions are called most.

    python index_sources.py DIR

Prints the same lines whichever process finishes first.
"""

import ast
import multiprocessing
import os
import sys
import tokenize
from collections import Counter


class Index(ast.NodeVisitor):
    """What one file defines, calls and imports."""

    def __init__(self):
        self.counts = Counter()
        self.defined = Counter()
        self.called = Counter()

    def visit_FunctionDef(self, node):
        self.counts["functions"] += 1
        self.defined[node.name] += 1
        self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        self.counts["classes"] += 1
        self.defined[node.name] += 1
        self.generic_visit(node)

    def visit_Import(self, node):
        self.counts["imports"] += len(node.names)

    visit_ImportFrom = visit_Import

    def visit_Call(self, node):
        self.counts["calls"] += 1
        if isinstance(node.func, ast.Name):
            self.called[node.func.id] += 1
        elif isinstance(node.func, ast.Attribute):
            self.called[node.func.attr] += 1
        self.generic_visit(node)


def index_file(path):
    with tokenize.open(path) as file:
        text = file.read()
    index = Index()
    index.visit(ast.parse(text, path))
    index.counts["files"] += 1
    index.counts["lines"] += text.count("\n")
    return index.counts, index.defined, index.called


def sources(folder):
    for here, folders, files in os.walk(folder):
        # Tests hold files that are broken on purpose; installed packages are not part of the library.
        folders[:] = sorted(set(folders) - {"test", "tests", "idle_test", "site-packages", "dist-packages", "lib2to3"})
        for name in sorted(files):
            if name.endswith(".py"):
                yield os.path.join(here, name)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: index_sources.py DIR")
    paths = list(sources(sys.argv[1]))
    counts, defined, called = Counter(), Counter(), Counter()
    with multiprocessing.Pool() as pool:
        for one_counts, one_defined, one_called in pool.imap_unordered(index_file, paths, chunksize=8):
            counts += one_counts
            defined += one_defined
            called += one_called

    for name in ("files", "lines", "functions", "classes", "imports", "calls"):
        print(f"{counts[name]:>8} {name}")
    print("most called of what is defined here:")
    known = [(name, times) for name, times in called.items() if name in defined]
    for name, times in sorted(known, key=lambda item: (-item[1], item[0]))[:15]:
        print(f"{times:>8} {name} (defined {defined[name]}x)")
    never = sum(1 for name in defined if name not in called)
    print(f"{never} of {len(defined)} names are never called by name")


if __name__ == "__main__":
    main()
