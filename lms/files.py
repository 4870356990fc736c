"""Files: one content-addressed folder, and a row for each file that says what it is and whose it is.

Bytes are written to a temporary name, flushed to the disk and renamed, so a full disk or a killed server leaves no half file
behind. The same bytes are stored once. Nothing is served from the folder itself: an edge checks the permission first.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.db import Base
from lms.errors import N_, Invalid, NotFound
from lms.prepared import New

CHUNK = 1 << 20


class StoredFile(Base):
    """One file: SHA-256 of its bytes (hex), size in bytes, media type, the name it came with, who owns it, what it is for."""

    __tablename__ = "stored_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(index=True)
    size: Mapped[int]
    media_type: Mapped[str]
    name: Mapped[str]
    purpose: Mapped[str]  # media, certificate, import, attachment, export
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]


NEW = New(StoredFile, "sha256", "size", "media_type", "name", "purpose", "owner_id", "created_at")


class FileStore:
    """The folder. ``root`` is ``LMS_DATA_DIR/files``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """Where the bytes with this hash are."""
        return self.root / sha256[:2] / sha256

    def write(self, source: BinaryIO, limit: int | None = None) -> tuple[str, int]:
        """Copy a stream in; gives (SHA-256 in hex, size in bytes).

        Raises:
            Invalid: more than ``limit`` bytes; nothing is kept.
            OSError: the disk is full or cannot be written; nothing is kept.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        part = self.root / f".part-{secrets.token_hex(8)}"
        try:
            with part.open("wb") as out:
                while chunk := source.read(CHUNK):
                    size += len(chunk)
                    if limit is not None and size > limit:
                        raise Invalid(
                            N_("The file is larger than %(megabytes)s MB. Nothing was stored."), megabytes=limit >> 20
                        )
                    digest.update(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            target = self.path(digest.hexdigest())
            target.parent.mkdir(exist_ok=True)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return digest.hexdigest(), size

    def put(
        self,
        session: Session,
        source: BinaryIO,
        *,
        name: str,
        media_type: str,
        purpose: str,
        owner_id: int | None,
        now: datetime,
        limit: int | None = None,
    ) -> StoredFile:
        """Store a stream and its row."""
        sha256, size = self.write(source, limit)
        row = StoredFile(
            sha256=sha256,
            size=size,
            media_type=media_type,
            name=name,
            purpose=purpose,
            owner_id=owner_id,
            created_at=now,
        )
        NEW.write(session, row)
        return row

    def remove(self, hashes: Iterable[str]) -> None:
        """Remove bytes of which no row is left, after the commit that dropped the rows; what is gone already is no matter."""
        for sha256 in hashes:
            self.path(sha256).unlink(missing_ok=True)

    def where(self, file: StoredFile) -> Path:
        """Where the bytes of a stored file are.

        Raises:
            NotFound: the row is there but the bytes are not (the data folder was not restored with the database).
        """
        path = self.path(file.sha256)
        if not path.is_file():
            raise NotFound(N_("The file “%(name)s” is missing from the data folder."), name=file.name)
        return path

    def read(self, file: StoredFile) -> bytes:
        """The bytes of a stored file. Raises what :meth:`where` raises."""
        return self.where(file).read_bytes()
