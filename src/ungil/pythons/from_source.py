"""An interpreter build made here, from the distribution's source package."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from packaging.version import Version

from ungil.errors import UngilError
from ungil.pythons import compile, toolchain
from ungil.pythons.build import Build
from ungil.pythons.candidates import of_prefix
from ungil.pythons.debian import source
from ungil.pythons.describe import describe_one
from ungil.pythons.spec import Spec
from ungil.pythons.step import Progress, Step
from ungil.pythons.toolchain import VARIANTS, Toolchain, Variant, has
from ungil.pythons.workshop import Workshop, workshop


def build(wanted: Spec, variants: Sequence[Variant], pair: bool, progress: Progress) -> list[Build]:
    """The build a spec means, and its twin if a pair is asked for.

    It is upstream's source as the distribution's archive keeps it (the ``orig`` tarball), without the distribution's
    patches: these move files about for its own packaging, and a plain build is what its users compare.

    Raises:
        UngilError: something needed is missing, or a step failed.
    """
    tools = toolchain.toolchain(variants)
    if wanted.series is not None:
        toolchain.refuse(wanted.series, variants)
    with workshop(wanted.short, progress) as shop:
        offer, tarball = source.fetch(wanted, lambda version: _possible(version, variants), shop)
        progress(Step(f"unpacking {tarball.name}"))
        tree = compile.unpack(tarball, shop.scratch / "source")
        toolchain.refuse(offer.series, variants, tree)
        if tools.without:
            modules, packages = zip(*tools.without, strict=True)
            progress(Step(f"without {', '.join(modules)} (to have them: apt install {' '.join(packages)})", note=True))
        chosen = [variants, _other(variants)] if pair else [variants]
        return [_build(offer.version, one, wanted.debug, tools, tree, shop) for one in chosen]


def _possible(version: Version, variants: Sequence[Variant]) -> bool:
    try:
        toolchain.refuse_series(version.release[:2], variants)
    except UngilError:
        return False
    return True


def _other(variants: Sequence[Variant]) -> tuple[Variant, ...]:
    """The same choices with the GIL where it was without, and the other way round."""
    return tuple(name for name in VARIANTS if (name in variants) != (name == "free-threaded"))


def _build(
    version: Version, variants: Sequence[Variant], debug: bool, tools: Toolchain, tree: Path, shop: Workshop
) -> Build:
    free_threaded = "free-threaded" in variants
    label = f"{version}{'t' * free_threaded}{'d' * debug}"
    others = [name for name in variants if name != "free-threaded"]
    prefix = shop.home / "-".join(["cpython", label, *others, "debian"])
    standing = of_prefix(prefix)
    if standing:
        built, _ = describe_one(os.path.realpath(standing[0]), "ungil")
        if built.error is None and has(built, variants):
            return built
    shop.require_room()
    recipe = compile.Recipe(
        name=" ".join([f"Python {label}", *others]),
        prefix=prefix,
        compiler=tools.compiler,
        arguments=toolchain.arguments(variants, debug=debug),
        free_threaded=free_threaded,
    )
    compile.build(recipe, tree, shop.scratch / prefix.name, shop.log, shop.progress)
    built, _ = describe_one(os.path.realpath(of_prefix(prefix)[0]), "ungil")
    return built
