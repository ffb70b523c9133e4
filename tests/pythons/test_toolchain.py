from __future__ import annotations

import os
from pathlib import Path

import pytest

from ungil.errors import UngilError
from ungil.pythons.toolchain import arguments, refuse, refuse_series, toolchain


def compiler(machine: Path, refuses: str = "nothing-at-all") -> None:
    """A compiler that takes everything but programs with a certain word in them."""
    gcc = machine / "bin" / "gcc"
    gcc.write_text(f'#!/bin/sh\ncase "$(cat)" in *{refuses}*) exit 1;; esac\n')
    gcc.chmod(0o755)
    make = machine / "bin" / "make"
    make.write_text("#!/bin/sh\n")
    make.chmod(0o755)


def test_without_a_compiler_all_that_is_needed_is_named_at_once(machine: Path) -> None:
    with pytest.raises(UngilError, match=r"apt install gcc make libc6-dev zlib1g-dev$"):
        toolchain(())


def test_a_missing_header_is_named_by_its_package(machine: Path) -> None:
    compiler(machine, refuses="zlib.h")
    with pytest.raises(UngilError, match=r"apt install zlib1g-dev$"):
        toolchain(())


def test_headers_one_can_do_without_are_told_with_what_is_lost(machine: Path) -> None:
    compiler(machine, refuses="ssl.h")
    assert toolchain(()).without == (("ssl", "libssl-dev"),)


def test_the_users_own_compiler_is_taken(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler(machine)
    os.rename(machine / "bin" / "gcc", machine / "bin" / "mycc")
    monkeypatch.setenv("CC", "mycc -m64")
    assert toolchain(()).compiler == ("mycc", "-m64")


def test_tail_calls_take_a_compiler_that_has_them(machine: Path) -> None:
    compiler(machine, refuses="musttail")
    with pytest.raises(UngilError, match="gcc can't build a tail-call interpreter"):
        toolchain(("tail-call",))
    (machine / "bin" / "clang-19").symlink_to("make")
    assert toolchain(("tail-call",)).compiler == ("clang-19",)


def test_what_a_series_has_not_is_refused() -> None:
    for series, variants, words in [
        ((3, 12), ("free-threaded",), "Python 3.12 has no free-threaded build"),
        ((3, 13), ("tail-call",), "Python 3.13 has no tail-call interpreter"),
        ((3, 12), ("jit",), "Python 3.12 has no JIT"),
        ((3, 14), ("jit", "free-threaded"), "does not work in a free-threaded build"),
    ]:
        with pytest.raises(UngilError, match=words):
            refuse_series(series, variants)  # type: ignore[arg-type]  # literals in a list are plain strings
    refuse_series((3, 14), ("free-threaded", "tail-call", "optimised"))


def test_the_jit_needs_the_llvm_its_source_asks_for(machine: Path) -> None:
    with pytest.raises(UngilError, match="apt install clang-19 llvm-19"):
        refuse((3, 14), ("jit",))
    source = machine / "source"
    (source / "Tools" / "jit").mkdir(parents=True)
    (source / "Tools" / "jit" / "_llvm.py").write_text('_LLVM_VERSION = "23"\n')
    with pytest.raises(UngilError, match="apt install clang-23 llvm-23"):
        refuse((3, 14), ("jit",), source)
    for tool in ("clang-23", "llvm-readobj-23"):
        (machine / "bin" / tool).write_text("#!/bin/sh\necho Debian LLVM version 23.1.0\n")
        (machine / "bin" / tool).chmod(0o755)
    refuse((3, 14), ("jit",), source)


def test_each_variant_is_one_of_configures_choices() -> None:
    assert "--disable-gil" in arguments(("free-threaded",), debug=False)
    assert "--disable-gil" not in arguments(("optimised",), debug=False)
    assert {"--enable-optimizations", "--with-lto"} <= set(arguments(("optimised",), debug=False))
    assert "--with-tail-call-interp" in arguments(("tail-call",), debug=False)
    assert "--enable-experimental-jit" in arguments(("jit",), debug=False)
    assert "--with-pydebug" in arguments((), debug=True)
