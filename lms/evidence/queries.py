"""Reads about packs: each belongs to who asked for it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.errors import N_, NotFound
from lms.evidence.models import EvidencePack
from lms.files import StoredFile


def own(session: Session, pack_id: int, person_id: int) -> EvidencePack:
    """A pack that this person asked for.

    Raises:
        NotFound: there is none, or somebody else asked for it (which is not said).
    """
    pack = session.get(EvidencePack, pack_id)
    if pack is None or pack.asked_by != person_id:
        raise NotFound(N_("There is no such pack of yours."))
    return pack


def asked(session: Session, person_id: int, size: int = 50) -> Sequence[tuple[EvidencePack, StoredFile | None]]:
    """The packs that this person asked for, the newest first, each with its file when it is built."""
    rows = session.execute(
        select(EvidencePack, StoredFile)
        .outerjoin(StoredFile, StoredFile.id == EvidencePack.file_id)
        .where(EvidencePack.asked_by == person_id)
        .order_by(EvidencePack.id.desc())
        .limit(size)
    )
    return [(row[0], row[1]) for row in rows]
