"""Building a requirement: as a form that reads back as sentences, or as text. Drafts live beside what is in force."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from lms.access import Permission, may
from lms.compliance.drafts import actions, queries
from lms.compliance.drafts.doubting import Judged, judge
from lms.compliance.drafts.models import RequirementDraft
from lms.compliance.drafts.parts import GROUPS
from lms.compliance.drafts.sheet import Document, Sheet, blank, read_sheet, sheet_of
from lms.compliance.drafts.text import FILE, MAX_BYTES, document_from, text_of
from lms.compliance.models import Requirement, RequirementVersion
from lms.compliance.queries import requirement_versions
from lms.compliance.rule_words import SERIES
from lms.errors import Invalid, Problem
from lms.web.page import actor, commit, needs, roll_back, say, session, tell, today, viewer
from lms.web.requirements import rule_choices as choices
from lms.web.requirements.rehearsals import begin
from lms.web.requirements.rule_choices import offer, said, said_in_form, words_of

blueprint = Blueprint("drafts", __name__, url_prefix="/requirements")

EXAMPLES = {
    "duty": _l("Tags as they are given to people, such as interpreter."),
    "assigned": _l("The code of an assignment: ASSIGNED-12."),
    "licence": _l("Kinds, or kind and state: RN; RN:CA."),
    "licence_state": _l("Postal codes: CA; NV."),
    "acknowledgement": _l("The code of the policy."),
    "attestation": _l("What people attest, in a word or two."),
    "external": _l("What the outside training is called."),
}
DUE = (
    "first.not_before", "first.incumbents_due", "first.opens_before", "recurs.minimum_window", "grace_counts_as", "look_back",
    "licence.kinds", "licence.states", "again.policies", "again.courses", "again.within",
)  # fmt: skip
ABSENCE = ("leave", "return_window", "rejoin_within", "align")
BEHIND = ("authority", "citation", "status", "source", "as_of", "review_by", "confidence", "apply_to_running")


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.REQUIREMENT_EDIT)
def new() -> ResponseReturnValue:
    """Begin a requirement. What is sent is kept as a draft from the first press of a button."""
    if request.method == "GET":
        return _page(blank(today().isoformat()), None, url_for("drafts.new"))
    sheet = read_sheet(_sent(), {})
    return _work(actions.begin(session(), sheet.document(), actor()), sheet)


@blueprint.route("/<int:requirement_id>/version", methods=["GET", "POST"])
@needs(Permission.REQUIREMENT_EDIT)
def version(requirement_id: int) -> ResponseReturnValue:
    """Begin a new version of a requirement; what was required before its first day stays as it was."""
    code, versions = requirement_versions(session(), requirement_id)
    sheet = sheet_of(version_document(code, max(versions, key=lambda each: each.number)))
    sheet.values["from"] = today().isoformat()
    here = url_for("drafts.version", requirement_id=requirement_id)
    if request.method == "GET":
        return _page(sheet, None, here, code)
    sent = read_sheet(_sent(), sheet.kept)
    sent.values["code"] = code
    return _work(actions.begin(session(), sent.document(), actor(), requirement_id=requirement_id), sent)


@blueprint.route("/drafts/<int:draft_id>", methods=["GET", "POST"])
@needs(Permission.DRAFT_VIEW, to_send=Permission.REQUIREMENT_EDIT)
def edit(draft_id: int) -> ResponseReturnValue:
    """Go on with a draft. Who may only read finds what it says, and its rehearsal."""
    if not may(viewer(), Permission.REQUIREMENT_EDIT):
        return redirect(url_for("rehearsals.show", draft_id=draft_id))
    draft = queries.draft(session(), draft_id)
    shown = sheet_of(draft.document)
    if request.method == "GET":
        return _page(shown, draft, url_for("drafts.edit", draft_id=draft_id), _code_of(draft))
    return _work(draft, read_sheet(_sent(), shown.kept))


@blueprint.route("/drafts/<int:draft_id>/text", methods=["GET", "POST"])
@needs(Permission.DRAFT_VIEW, to_send=Permission.REQUIREMENT_EDIT)
def text(draft_id: int) -> ResponseReturnValue:
    """The same draft as text, for those who would rather write; each fault has its line."""
    draft = queries.draft(session(), draft_id)
    written, faults, status = text_of(draft.document), [], 200
    if request.method == "POST":
        upload = request.files.get("file")
        written = request.form.get("text", "").replace("\r\n", "\n")
        if upload is not None and upload.filename:
            written = upload.stream.read(MAX_BYTES + 1).decode("utf-8", "replace")
        try:
            document = document_from(written)
            if (code := _code_of(draft)) is not None:
                document["requirement"] = code
            actions.save(session(), draft, document, actor())
        except Invalid as refused:
            roll_back()
            draft = queries.draft(session(), draft_id)
            faults, status = list(refused.problems) or [Problem(refused.message)], 422
        else:
            commit()
            say(gettext("The draft says what the text says."), "done")
            return redirect(url_for("drafts.edit", draft_id=draft_id), 303)
    numbered = [(each.line, tell(each.message), tell(each.remedy) if each.remedy else "") for each in faults]
    page = render_template("drafts/text.html", draft=draft, written=written, faults=numbered, most=MAX_BYTES)
    return page, status


@blueprint.get("/drafts/<int:draft_id>/rule.yaml")
@needs(Permission.DRAFT_VIEW)
def file(draft_id: int) -> ResponseReturnValue:
    """The draft as a file."""
    draft = queries.draft(session(), draft_id)
    headers = {"Content-Disposition": f"attachment; filename={FILE}"}
    return Response(text_of(draft.document), mimetype="application/yaml", headers=headers)


@blueprint.post("/drafts/<int:draft_id>/discard")
@needs(Permission.REQUIREMENT_EDIT)
def discard(draft_id: int) -> ResponseReturnValue:
    """Throw a draft away."""
    actions.discard(session(), queries.draft(session(), draft_id), actor())
    commit()
    say(gettext("The draft is thrown away. Nothing else has changed."), "done")
    return redirect(url_for("requirements.index"), 303)


def version_document(code: str, version: RequirementVersion) -> Document:
    """A published version as a document."""
    about = {name: value for name, value in version.about.items() if value and name not in ("library",)}
    running = {"apply_to_running": True} if version.apply_to_running else {}
    stated = {"from": version.from_day.isoformat(), **running, **about, "rule": version.rule}
    return {"requirement": code, "title": version.title, "versions": [stated]}


def _code_of(draft: RequirementDraft) -> str | None:
    """The code of the requirement of which this is to be a version."""
    if draft.requirement_id is None:
        return None
    return session().get_one(Requirement, draft.requirement_id).code


def _sent() -> dict[str, list[str]]:
    return {name: list(values)[:2000] for name, values in request.form.lists()}


def _work(draft: RequirementDraft, sheet: Sheet) -> ResponseReturnValue:
    """Keep what was sent, and do what the button said."""
    code = _code_of(draft)
    if code is not None:
        sheet.values["code"] = code
    verb, _, target = request.form.get("do", "check").partition(":")
    place: str | None = None
    if verb == "add":
        place = sheet.add(target, request.form.get(f"new:{target}", ""))
    elif verb == "remove":
        place = sheet.remove(target)
    actions.save(session(), draft, sheet.document(), actor())
    here = url_for("drafts.edit", draft_id=draft.id)
    if verb in ("check", "rehearse"):
        judged = judge(session(), draft.document, draft.requirement_id, today())
        commit()
        if judged.refused:
            return _page(sheet, draft, here, code, judged), 422
        if verb == "rehearse":
            return begin(draft)
        return redirect(f"{here}#read-back", 303)
    commit()
    anchor = f"#f-{place}" if place and place.count(".") else f"#f-{place}.kind" if place else ""
    return redirect(here + anchor, 303)


def _page(
    sheet: Sheet, draft: RequirementDraft | None, action: str, code: str | None = None, judged: Judged | None = None
) -> str:
    """The form. Faults are shown once something was to be read back; the sentences whenever it can be read."""
    there = offer(today())
    checked = judged is not None
    if judged is None and draft is not None:
        judged = judge(session(), draft.document, draft.requirement_id, today())
    told = [said(each) for each in judged.told] if judged else []
    faults, listed = _placed(sheet, judged.refused if judged else ())
    readable = judged is not None and judged.stated is not None and judged.stated.data is not None
    return render_template(
        "drafts/form.html",
        action=action, draft=draft, of=code, sheet=sheet, faults=faults, listed=listed, checked=checked, told=told,
        sentences=words_of(judged.stated.data, there) if readable and judged and judged.stated and judged.stated.data else [],
        words=_words(), offer=there, opened=_opened(sheet, faults if checked else {}),
    )  # fmt: skip


def _placed(sheet: Sheet, problems: Iterable[Problem]) -> tuple[dict[str, list[str]], list[tuple[str, str | None]]]:
    """The faults by the field in which they stand, and as a list with the field that each leads to."""
    faults: dict[str, list[str]] = {}
    listed: list[tuple[str, str | None]] = []
    for problem in problems:
        place, told = sheet.place(problem.where or ""), said_in_form(problem, sheet) or said(problem)
        if place is not None:
            faults.setdefault(place, []).append(told)
        listed.append((told, _field(sheet, place)))
    return faults, listed


def _field(sheet: Sheet, place: str | None) -> str | None:
    """The id of the field that a fault at this place leads to."""
    if place is None or place not in ("satisfied", "audience"):
        return f"f-{place}" if place else None
    return "f-satisfied.courses" if place == "satisfied" and sheet.satisfied.kind == "courses" else f"f-{place}.kind"


def _opened(sheet: Sheet, faults: dict[str, list[str]]) -> SimpleNamespace:
    """Which of the folded parts of the form say something that is not as usual, and begin open."""
    of = sheet.value("first.of") not in ("", "entering")

    def some(names: Iterable[str]) -> bool:
        return any(sheet.value(name) or name in faults for name in names)

    return SimpleNamespace(
        due=of or some(DUE) or sheet.value("recurs.early") == "no", absence=some(ABSENCE), behind=some(BEHIND)
    )


def _words() -> SimpleNamespace:
    """Everything that can be chosen."""
    labels = dict(choices.CONDITIONS) | dict(choices.THINGS)
    labels |= {
        "everyone": gettext("Everyone"),
        "at_least": gettext("At least this part"),
        "at_most": gettext("At most this part counts"),
    }
    return SimpleNamespace(
        audience=choices.AUDIENCE, groups=GROUPS, conditions=choices.CONDITIONS, labels=labels, examples=EXAMPLES,
        what=choices.WHAT, things=choices.THINGS, units=choices.UNITS, first=choices.FIRST, recurs=choices.RECURS,
        early=choices.EARLY, grace_as=choices.GRACE_AS, look_back=choices.LOOK_BACK, leave=choices.LEAVE, align=choices.ALIGN,
        authority=choices.AUTHORITY, status=choices.STATUS, confidence=choices.CONFIDENCE, measures=choices.MEASURES,
        share_measures=choices.SHARE_MEASURES, hour=choices.HOUR, part_year=choices.PART_YEAR, rounding=choices.ROUNDING,
        modalities=choices.MODALITIES, flags=choices.FLAGS, months=choices.months(), series={kind.value for kind in SERIES},
        shares=[("at_least", gettext("Ask for at least a part")), ("at_most", gettext("Count at most a part"))],
    )  # fmt: skip
