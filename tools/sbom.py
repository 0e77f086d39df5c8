"""`make sbom`: a CycloneDX list of what is in each app's zip, beside it (`build/<app>/bom.cdx.json`).

It reads the zip itself, not the requirements, so that it lists what a Lambda really gets.
"""

from __future__ import annotations

import re
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot5
from packageurl import PackageURL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LICENCES = LicenseFactory()
#: Older metadata may hold the whole text of a licence where its name belongs.
MAX_LICENCE_LENGTH = 80


def packages_in(archive: Path) -> Iterator[tuple[str, str, str | None]]:
    """Name, version and licence of each package from PyPI in the zip.

    Chalice packages its runtime without metadata; its version is in the module.
    """
    for distribution in distributions(path=[str(archive)]):
        metadata = distribution.metadata
        named = next((name for name in ("License-Expression", "License") if name in metadata), None)
        yield distribution.name, distribution.version, metadata[named] if named else None
    with zipfile.ZipFile(archive) as opened:
        found = re.search(r"__version__: str = '([^']+)'", opened.read("chalice/app.py").decode())
    if not found:
        raise SystemExit(f"{archive}: chalice/app.py names no version.")
    yield "chalice", found.group(1), "Apache-2.0"


def describe(archive: Path) -> Bom:
    bom = Bom()
    app = Component(name=archive.parent.name, type=ComponentType.APPLICATION)
    bom.metadata.component = app
    for name, version, licence in packages_in(archive):
        purl = PackageURL("pypi", None, name.lower(), version)
        package = Component(name=name, version=version, type=ComponentType.LIBRARY, purl=purl, bom_ref=purl.to_string())
        if licence and len(licence) < MAX_LICENCE_LENGTH:
            package.licenses.add(LICENCES.make_from_string(licence))
        bom.components.add(package)
    bom.register_dependency(app, bom.components)
    return bom


def main(archives: Sequence[str]) -> None:
    for archive in map(Path, archives):
        bom = describe(archive)
        target = archive.with_name("bom.cdx.json")
        JsonV1Dot5(bom).output_to_file(str(target), allow_overwrite=True, indent=2)
        print(f"{target}: {len(bom.components)} packages")


if __name__ == "__main__":
    main(sys.argv[1:])
