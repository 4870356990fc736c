"""Building an evidence pack beside the pages: it reads at leisure, tells how far it is, and stores the file in one short transaction."""

from __future__ import annotations

from typing import Any

from lms.audit import actions as audit
from lms.errors import AttuneError
from lms.evidence import actions as evidence
from lms.evidence.models import EvidencePack
from lms.worker.bench import Bench


def build_pack(payload: dict[str, Any], bench: Bench) -> None:
    """Build a pack that was asked for. Done again after a crash it gives the same bytes, and they are stored once."""
    pack_id = payload["pack"]

    def progress(done: int) -> None:
        with bench.database.transaction() as own:
            own.get_one(EvidencePack, pack_id).done = done

    with bench.database.transaction() as session:
        while audit.seal(session, bench.clock.now()):
            pass
        if session.get_one(EvidencePack, pack_id).file_id is not None:
            return
    try:
        with bench.database.session() as session:
            made = evidence.make(session, session.get_one(EvidencePack, pack_id), progress)
    except AttuneError as error:
        with bench.database.transaction() as session:
            session.get_one(EvidencePack, pack_id).problem = str(error)
        return
    with bench.database.transaction() as session:
        evidence.keep(session, pack_id, made.data, bench.files, bench.clock.now(), "worker")
