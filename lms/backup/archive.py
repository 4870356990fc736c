"""The archive: a ZIP file with one JSON-lines entry for each table, one entry for each stored file, and a manifest at the end.

``tables/<name>.jsonl`` holds one JSON list for each row, in the order of the manifest's columns: moments as ISO 8601 in UTC, days as
ISO 8601, JSON columns as they are. ``files/<sha256>`` holds bytes. ``manifest.json`` names every entry with its SHA-256, so that a
damaged archive is found out before anything is touched. Everything streams: memory does not grow with the archive.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

from lms.errors import N_, Invalid

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 1 << 20


@dataclass(slots=True)
class TableEntry:
    """One table: its columns in order, how many rows, and the SHA-256 of the uncompressed entry."""

    name: str
    columns: list[str]
    rows: int = 0
    sha256: str = ""


@dataclass(slots=True)
class Manifest:
    """What is in an archive. ``revision`` is the schema's; ``files`` are SHA-256; ``missing`` could not be read when it was made."""

    revision: str
    program: str
    made_at: str
    tables: list[TableEntry] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """All rows together."""
        return sum(table.rows for table in self.tables)


def write_table(archive: zipfile.ZipFile, entry: TableEntry, rows: Iterable[list[Any]]) -> Iterator[int]:
    """Write one table, giving the number of rows after every few thousand; fills in the entry's count and hash."""
    digest = hashlib.sha256()
    with archive.open(f"tables/{entry.name}.jsonl", "w", force_zip64=True) as out:
        for row in rows:
            line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            digest.update(line)
            out.write(line)
            entry.rows += 1
            if entry.rows % 5000 == 0:
                yield 5000
    entry.sha256 = digest.hexdigest()
    yield entry.rows % 5000


def write_file(archive: zipfile.ZipFile, sha256: str, source: BinaryIO) -> bool:
    """Copy one stored file in; False when its bytes are not what their name says (it is then not in the manifest)."""
    digest = hashlib.sha256()
    info = zipfile.ZipInfo(f"files/{sha256}")  # stored, not compressed: pictures and PDFs are dense already
    with archive.open(info, "w", force_zip64=True) as out:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest() == sha256


def write_manifest(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """The last entry."""
    archive.writestr(MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1))


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """What is in the archive.

    Raises:
        Invalid: it is not an archive of ours, or of a later form.
    """
    try:
        data = json.loads(archive.read(MANIFEST))
        if data["format"] > FORMAT:
            raise Invalid(N_("This backup was made by a newer Attune. Update the program first. Nothing was changed."))
        tables = [TableEntry(**table) for table in data.pop("tables")]
        manifest = Manifest(**data, tables=tables)
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid(N_("This is not a backup made by Attune: it has no manifest. Nothing was changed.")) from error
    if not all(len(name) == 64 and set(name) <= set("0123456789abcdef") for name in manifest.files):
        raise Invalid(N_("This is not a backup made by Attune: it has no manifest. Nothing was changed."))
    return manifest


def verify(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Read everything once and compare with the manifest.

    Raises:
        Invalid: an entry is missing or damaged; it is named.
    """
    expected = {f"tables/{table.name}.jsonl": table.sha256 for table in manifest.tables}
    expected |= {f"files/{sha256}": sha256 for sha256 in manifest.files}
    for name, sha256 in expected.items():
        digest = hashlib.sha256()
        try:
            with archive.open(name) as source:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
        except (KeyError, zipfile.BadZipFile, OSError, EOFError) as error:
            raise Invalid(N_("The backup is damaged at %(entry)s. Nothing was changed."), entry=name) from error
        if digest.hexdigest() != sha256:
            raise Invalid(N_("The backup is damaged at %(entry)s. Nothing was changed."), entry=name)


def read_table(archive: zipfile.ZipFile, entry: TableEntry) -> Iterator[list[Any]]:
    """The rows of one table."""
    with archive.open(f"tables/{entry.name}.jsonl") as source:
        for line in source:
            yield json.loads(line)
