"""Evidence packs: ask for one, see how far it is, take it away. For HR and auditors, within their departments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.access import Permission, scope
from lms.audit import actions as audit
from lms.compliance import queries as compliance
from lms.errors import N_, AttuneError, Invalid, NotFound
from lms.evidence import actions, queries
from lms.evidence.models import EvidencePack
from lms.evidence.scope import Scope, scope_of
from lms.evidence.summary import title
from lms.files import StoredFile
from lms.people.pasted import entries
from lms.people.queries import tree
from lms.web.page import LANGUAGES, actor, commit, house, locale, needs, now, session, tell, today, viewer
from lms.web.sending import send_kept
from lms.web.words import gettext, ngettext

blueprint = Blueprint("evidence", __name__, url_prefix="/evidence")


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was sent, or as it begins."""

    requirement: str = ""
    department: str = ""
    numbers: str = ""
    as_of: str = ""


@blueprint.get("")
@needs(Permission.EVIDENCE_BUILD)
def index() -> ResponseReturnValue:
    """What was asked for, and the form."""
    return _page(Typed(as_of=today().isoformat(), **_begun()))


@blueprint.post("", endpoint="build")
@needs(Permission.EVIDENCE_BUILD)
def build() -> ResponseReturnValue:
    """Ask for a pack. A small one is there at once."""
    form = request.form
    typed = Typed(*(form.get(name, "").strip()[:200_000] for name in ("requirement", "department", "numbers", "as_of")))
    by = actor()
    try:
        wanted = Scope(
            _day(typed.as_of), now(), typed.requirement, typed.department, entries(typed.numbers), _language()
        )
        pack = actions.ask(session(), wanted, scope(viewer(), Permission.EVIDENCE_BUILD), by)
    except AttuneError as error:
        session().rollback()
        return _page(typed, tell(error.message)), 422
    if pack.people <= actions.SMALL:
        while audit.seal(session(), now()):
            pass
        actions.keep(session(), pack.id, actions.make(session(), pack).data, house().files, now(), by.origin)
    else:
        actions.ask_worker(session(), pack, now())
    commit()
    return redirect(url_for("evidence.show", pack_id=pack.id), 303)


@blueprint.get("/<int:pack_id>")
@needs(Permission.EVIDENCE_BUILD)
def show(pack_id: int) -> ResponseReturnValue:
    """One pack: what it is about, how far it is, and the file."""
    pack = queries.own(session(), pack_id, viewer().person_id)
    stored = session().get(StoredFile, pack.file_id) if pack.file_id else None
    wanted = scope_of(pack.scope)
    return render_template(
        "evidence/show.html",
        pack=pack,
        wanted=wanted,
        title=title(wanted, gettext, ngettext),
        stored=stored,
        name=_file_name(pack),
        language=LANGUAGES[wanted.language],
    )


@blueprint.get("/<int:pack_id>/file")
@needs(Permission.EVIDENCE_BUILD)
def file(pack_id: int) -> ResponseReturnValue:
    """The ZIP, for who asked."""
    pack = queries.own(session(), pack_id, viewer().person_id)
    stored = session().get(StoredFile, pack.file_id) if pack.file_id else None
    if stored is None:
        raise NotFound(N_("This pack is not ready yet."))
    return send_kept(stored)


def _page(typed: Typed, problem: str = "") -> str:
    day = today()
    nodes = tree(session(), day)
    roots = scope(viewer(), Permission.EVIDENCE_BUILD)
    seen = nodes.nodes.keys() if roots is None else nodes.subtree(roots)
    indent = "\u2003"
    return render_template(
        "evidence/index.html",
        typed=typed,
        problem=problem,
        requirements=[
            ("", gettext("No requirement in particular")),
            *((code, version.title) for version, code in compliance.requirements(session(), day)),
        ],
        departments=[
            ("", gettext("No department in particular")),
            *((node.code, indent * level + node.name) for level, node in nodes.walk() if node.id in seen),
        ],
        packs=[
            (pack, stored, title(scope_of(pack.scope), gettext, ngettext))
            for pack, stored in queries.asked(session(), viewer().person_id)
        ],
    )


def _begun() -> dict[str, str]:
    """What a link from another page has filled in."""
    return {name: request.args.get(name, "").strip()[:200] for name in ("requirement", "department", "numbers")}


def _language() -> str:
    """The language of the summary: the reader's."""
    return tag if (tag := locale()) in LANGUAGES else "en"


def _file_name(pack: EvidencePack) -> str:
    return actions.file_name(scope_of(pack.scope))


def _day(typed: str) -> date:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise Invalid(N_("Write the day as 2026-06-30.")) from None
    if day > today():
        raise Invalid(N_("The day is still to come; evidence is of what has been."))
    return day
