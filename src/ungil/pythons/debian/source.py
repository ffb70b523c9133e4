"""Which source package to build, and getting it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO

from packaging.version import Version

from ungil.errors import UngilError
from ungil.pythons.debian.apt import Apt, Offer, require_tools
from ungil.pythons.debian.archives import Archive, archives
from ungil.pythons.step import Progress, Step

PREFERRED = (3, 14)
"""The series taken where the user names none: the one ungil is about. 3.13 where it is not to be had."""


def fetch(
    admits: Callable[[Version], bool],
    *,
    free_threaded: bool,
    named: bool,
    wanted: str,
    folder: Path,
    log: IO[str],
    progress: Progress,
) -> tuple[Offer, Path]:
    """The best source package that can be had, and its upstream tarball below ``folder``.

    ``named`` says whether the user named a version: then the newest one admitted is best, else see ``PREFERRED``.

    Raises:
        UngilError: none; the message names what can be had instead.
    """
    require_tools()
    found = archives()
    if not found:
        raise UngilError("/etc/apt names no archive of Debian's or Ubuntu's to take a source package from")
    seen: list[tuple[Apt, Offer]] = []
    for number, archive in enumerate(found):
        apt = Apt(archive, folder / f"apt{number}", log, progress)
        chosen = _from_archive(apt, archive, admits, free_threaded, named, progress, seen)
        if chosen is not None:
            return chosen
        if seen:  # the distribution's archive has answered: another one would list the same
            break
    raise UngilError(_nothing(wanted, seen, free_threaded))


def _from_archive(
    apt: Apt,
    archive: Archive,
    admits: Callable[[Version], bool],
    free_threaded: bool,
    named: bool,
    progress: Progress,
    seen: list[tuple[Apt, Offer]],
) -> tuple[Offer, Path] | None:
    failed: set[str] = set()

    def got(offers: list[Offer]) -> tuple[Offer, Path] | None:
        for offer in sorted(offers, key=_order):
            if offer.revision in failed:
                continue
            tarball = apt.fetch(offer)
            if tarball is not None:
                return offer, tarball
            failed.add(offer.revision)
            progress(Step(f"{offer.package} {offer.revision} is listed by {offer.suite} but not to be had", note=True))
        return None

    for suite in archive.suites:
        new = [offer for offer in apt.offers(suite) if offer.revision not in {known.revision for _, known in seen}]
        seen += [(apt, offer) for offer in new if not free_threaded or offer.series >= (3, 13)]
        ideal = [offer for offer in new if admits(offer.version) and (named or offer.series == PREFERRED)]
        chosen = got([offer for offer in ideal if not free_threaded or offer.series >= (3, 13)])
        if chosen is not None:
            return chosen
    return got([offer for _, offer in seen if admits(offer.version) and not offer.version.is_prerelease])


def _order(offer: Offer) -> tuple[object, ...]:
    """Smallest is best: the preferred series, then older ones, then newer ones; of each its newest patch."""
    newer = offer.series > PREFERRED
    return (offer.version.is_prerelease, offer.series != PREFERRED, newer, *(-part for part in offer.version.release))


def _nothing(wanted: str, seen: list[tuple[Apt, Offer]], free_threaded: bool) -> str:
    series: dict[str, None] = {}
    for apt, offer in sorted(seen, key=lambda one: _order(one[1])):
        name = ".".join(map(str, offer.series)) + "t" * free_threaded
        if name not in series and not offer.version.is_prerelease and apt.is_there(offer):
            series[name] = None
    if not series:
        return f"no source package of a Python {wanted} can be had from the distribution's archive"
    what = " or ".join(f"`ungil pythons install {name}`" for name in series)
    return f"the distribution's archive has no source of Python {wanted} to build: {what} can be had"
