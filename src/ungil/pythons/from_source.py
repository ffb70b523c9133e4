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
from ungil.pythons.toolchain import Toolchain, Variant, has
from ungil.pythons.workshop import Workshop, workshop


def build(wanted: Spec, kinds: Sequence[tuple[Variant, ...]], progress: Progress) -> list[Build]:
    """The build a spec means, of each of these kinds, all of one source.

    It is upstream's source as the distribution's archive keeps it (the ``orig`` tarball), without the distribution's
    patches: these move files about for its own packaging, and a plain build is what its users compare.

    Raises:
        UngilError: something needed is missing, or a step failed.
    """
    tools = toolchain.toolchain(kinds[0])
    if wanted.series is not None:
        toolchain.refuse(wanted.series, kinds[0])
    with workshop(wanted.short, progress) as shop:
        offer, tarball = source.fetch(wanted, lambda version: _possible(version, kinds), shop)
        progress(Step(f"unpacking {tarball.name}"))
        tree = compile.unpack(tarball, shop.scratch / "source")
        toolchain.refuse(offer.series, kinds[0], tree)
        if tools.without:
            modules, packages = zip(*tools.without, strict=True)
            progress(Step(f"without {', '.join(modules)} (to have them: apt install {' '.join(packages)})", note=True))
        return [_build(offer.version, variants, wanted.debug, tools, tree, shop) for variants in kinds]


def _possible(version: Version, kinds: Sequence[tuple[Variant, ...]]) -> bool:
    try:
        for variants in kinds:
            toolchain.refuse_series(version.release[:2], variants)
    except UngilError:
        return False
    return True


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
