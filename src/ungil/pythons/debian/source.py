"""Which source package to build, and getting it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from packaging.version import Version

from ungil.errors import UngilError
from ungil.pythons.debian.apt import Apt, Offer, require_tools
from ungil.pythons.debian.archives import archives
from ungil.pythons.spec import PREFERRED, Spec
from ungil.pythons.step import Progress, Step
from ungil.pythons.workshop import Workshop


def fetch(wanted: Spec, possible: Callable[[Version], bool], shop: Workshop) -> tuple[Offer, Path]:
    """The best source package that can be had, and its upstream tarball in the workshop's scratch folder.

    ``possible`` says whether a version can be built as asked. Best is the preferred series (3.14), then an older, then
    a newer one; of a series its newest patch. No more suites are asked than it takes.

    Raises:
        UngilError: there is none; the message names what can be had instead.
    """
    require_tools()
    found = archives()
    if not found:
        raise UngilError("/etc/apt names no archive of Debian's or Ubuntu's to take a source package from")
    search = _Search(wanted, possible, shop.progress)
    for number, archive in enumerate(found):
        chosen = search.archive(Apt(archive, shop.scratch / f"apt{number}", shop.log, shop.progress))
        if chosen is not None:
            return chosen
        if search.seen:  # the distribution's archive has answered: another one would list the same
            break
    raise UngilError(search.nothing())


class _Search:
    """Offers seen so far, and which of them were no use."""

    def __init__(self, wanted: Spec, possible: Callable[[Version], bool], progress: Progress) -> None:
        self.seen: list[tuple[Apt, Offer]] = []
        self._wanted, self._possible, self._progress = wanted, possible, progress
        self._failed: set[str] = set()

    def archive(self, apt: Apt) -> tuple[Offer, Path] | None:
        """The best an archive has and serves."""
        for suite in apt.archive.suites:
            known = {offer.revision for _, offer in self.seen}
            new = [one for one in apt.offers(suite) if one.revision not in known and self._possible(one.version)]
            self.seen += [(apt, offer) for offer in new]
            ideal = [offer for offer in new if self._wanted.named or offer.series == PREFERRED]
            chosen = self._got(apt, ideal)
            if chosen is not None:
                return chosen
        # What nobody asked for by name should at least be a release.
        return self._got(apt, [offer for _, offer in self.seen if not offer.version.is_prerelease])

    def nothing(self) -> str:
        """Why there is nothing, and what there is."""
        suffix = "t" * self._wanted.free_threaded
        names: dict[str, None] = {}
        for apt, offer in sorted(self.seen, key=lambda one: _order(one[1])):
            name = ".".join(map(str, offer.series)) + suffix
            if name not in names and not offer.version.is_prerelease and apt.is_there(offer):
                names[name] = None
        what = f"Python {self._wanted.short}" if self._wanted.named else "any such Python"
        instead = " or ".join(f"`ungil pythons install {name}`" for name in names)
        return (
            f"the distribution's archive has no source of {what} to build{f': {instead} can be had' if names else ''}"
        )

    def _got(self, apt: Apt, offers: Iterable[Offer]) -> tuple[Offer, Path] | None:
        for offer in sorted(offers, key=_order):
            if offer.revision in self._failed or not self._wanted.admits(offer.version):
                continue
            tarball = apt.fetch(offer)
            if tarball is not None:
                return offer, tarball
            self._failed.add(offer.revision)
            what = f"{offer.package} {offer.revision} is listed by {offer.suite} but not to be had"
            self._progress(Step(what, note=True))
        return None


def _order(offer: Offer) -> tuple[object, ...]:
    newer = offer.series > PREFERRED
    return (offer.version.is_prerelease, offer.series != PREFERRED, newer, *(-part for part in offer.version.release))
