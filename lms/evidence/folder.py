"""The pack as a file: names and bytes in, one ZIP out, always the same bytes; and the manifest that ``sha256sum -c`` reads. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

MANIFEST = "MANIFEST"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The only moment in the ZIP: the earliest one that the format knows, so that it says nothing."""

Cell = str | int | float | date | bool | None


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files and their manifest as a ZIP: in the order of their names, the manifest first, without moments."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, data in [(MANIFEST, manifest(files)), *sorted(files.items())]:
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, data)
    return out.getvalue()


def manifest(files: Mapping[str, bytes]) -> bytes:
    """One line for each file: SHA-256 in hex, two spaces, the name; in the order of the names."""
    return "".join(f"{sha256(data)}  {name}\n" for name, data in sorted(files.items())).encode()


def sha256(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def json_file(value: object) -> bytes:
    """Readable JSON, with keys in the order in which they were given."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def csv_file(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Comma-separated text in UTF-8; text that a spreadsheet would take for a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode()


def _cell(value: Cell) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    return value
