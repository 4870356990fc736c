"""Documents that stand behind what was decided about somebody: taken in with a form, and opened by whoever may see the person."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from lms.access import Permission
from lms.errors import N_, NotFound
from lms.files import StoredFile
from lms.people.documents import MOST, PURPOSE, kind_of, safe_name
from lms.records.outside import papers
from lms.web.page import house, needs, now, session
from lms.web.people.person_page import found
from lms.web.sending import send_kept

blueprint = Blueprint("documents", __name__, url_prefix="/people")


@blueprint.get("/<int:person_id>/documents/<int:file_id>")
@needs(Permission.PEOPLE_VIEW)
def file(person_id: int, file_id: int) -> ResponseReturnValue:
    """A document about a person."""
    found(person_id, Permission.PEOPLE_VIEW)
    stored = session().get(StoredFile, file_id)
    if stored is None or stored.owner_id != person_id or stored.purpose != PURPOSE:
        raise NotFound(N_("There is no such document about this person."))
    return send_kept(stored)


def kept(upload: Any, person_ids: Iterable[int]) -> dict[int, int]:
    """The document of a form, stored for each of these people: its id by person; nothing where no file was chosen.

    The bytes are stored once, however many people; the row of each person goes with that person.

    Raises:
        Invalid: it is empty, too large, or neither a PDF, a picture nor text.
    """
    if not upload or not upload.filename:
        return {}
    head = upload.stream.read(MOST + 1)
    media_type = kind_of(head)
    upload.stream.seek(0)
    ids = list(person_ids)
    found: dict[int, int] = {}
    first: StoredFile | None = None
    for person_id in ids:
        if first is None:
            first = house().files.put(
                session(), upload.stream, name=safe_name(upload.filename), media_type=media_type, purpose=PURPOSE,
                owner_id=person_id, now=now(), limit=MOST,
            )  # fmt: skip
            found[person_id] = first.id
            continue
        row = StoredFile(
            sha256=first.sha256, size=first.size, media_type=media_type, name=first.name, purpose=PURPOSE, owner_id=person_id,
            created_at=now(),
        )  # fmt: skip
        session().add(row)
        session().flush()
        found[person_id] = row.id
    return found


def proof(upload: Any, purpose: str, owner_id: int | None) -> StoredFile | None:
    """A certificate, sheet or other paper that a form sent, stored under its own name; None where no file was chosen.

    Raises:
        Invalid: it is empty, too large, or neither a PDF nor a picture.
    """
    if not upload or not upload.filename:
        return None
    data = upload.stream.read(papers.MOST + 1)
    return house().files.put(
        session(), io.BytesIO(data), name=safe_name(upload.filename), media_type=papers.kind_of(data), purpose=purpose,
        owner_id=owner_id, now=now(),
    )  # fmt: skip


def sent() -> Any:
    """The document that came with the page of a list."""
    return request.files.get("document")


def kept_for(form: Any, person_id: int) -> int | None:
    """The document of a form about one person, stored; None where no file was chosen.

    Raises:
        Invalid: see :func:`kept`.
    """
    return kept(form.document.data, [person_id]).get(person_id)
