"""JSON Schemas of the two kinds of files, with which editors complete and check them. Pure data.

They say what a file may look like; what can only be judged by several fields together is said by the readers.
"""

from __future__ import annotations

from typing import Any

from .audience import NAMED
from .facts import LeaveKind
from .facts_file import MODALITIES
from .hours import Rounding
from .requirement_file import AUTHORITIES, CONFIDENCE, OBLIGATIONS
from .rules import GraceCountsAs, Recurs, Status

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TEXT: Schema = {"type": "string", "minLength": 1}
WORD: Schema = {"type": ["string", "integer"]}
DAY: Schema = {"type": "string", "format": "date"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": 36500}
AMOUNT: Schema = {"type": "number", "minimum": 0, "maximum": 10000}
NAMES: Schema = {"type": "array", "items": TEXT, "minItems": 1}


def _object(required: tuple[str, ...] = (), **fields: Schema) -> Schema:
    made: Schema = {"type": "object", "properties": fields, "additionalProperties": False}
    return made | ({"required": list(required)} if required else {})


def _one_of(values: Any) -> Schema:
    return {"enum": [str(getattr(value, "value", value)) for value in values]}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of, "minItems": 1}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


LENGTH = _object(days=COUNT, months=COUNT, years=COUNT) | {"minProperties": 1}
SHARE = _object(topics=NAMES, modalities=NAMES, amount=AMOUNT, minutes=COUNT, percent=COUNT)
HOURS = _object(
    amount=AMOUNT, minutes=COUNT, per_year=AMOUNT, hour={"enum": [50, 60]}, part_year=_one_of(("whole", "pro_rata")),
    topics=NAMES, courses=NAMES, at_least=_list(SHARE), at_most=_list(SHARE), approved=NAMES, no_repeat=FLAG,
    no_repeat_next=FLAG, no_carry_over=FLAG, rounding=_one_of(Rounding), average_over={"type": "integer", "minimum": 1, "maximum": 10},
)  # fmt: skip
SATISFIED: Schema = {
    "oneOf": [
        *(
            _object((name,), **{name: TEXT})
            for name in ("course", "attestation", "acknowledgement", "external", "licence")
        ),
        _object(("hours",), hours=HOURS),
        _object(("all",), all=_list(_ref("satisfied"))),
        _object(("any",), any=_list(_ref("satisfied"))),
    ]
}
AUDIENCE: Schema = {
    "oneOf": [
        _object(("everyone",), everyone={"const": True}),
        _object(("all",), all=_list(_ref("audience"))),
        _object(("any",), any=_list(_ref("audience"))),
        _object(("not",), **{"not": _ref("audience")}),
        _object(("supervises",), supervises=_ref("audience")),
        _object(("field", "in"), field=_one_of(NAMED), **{"in": NAMES}),
        _object(("field",), field={"const": "patient_contact"}, **{"is": FLAG}),
        _object(("field",), field={"const": "hired"}, **{"from": DAY, "before": DAY}),
        _object(("field",), field={"const": "employer_size"}, at_least=COUNT, at_most=COUNT),
    ]
}
RULE = _object(
    audience=_ref("audience"), courses=NAMES, needs=_one_of(("all", "any")), satisfied_by=_ref("satisfied"),
    first=_object(
        within=LENGTH, of=_one_of(("entering", "licence", "licence_renewal")), before={"const": "licence"}, exactly=FLAG,
        not_before=DAY, incumbents_due=DAY, opens_before=COUNT,
    ),
    recurs=_object(
        ("kind",), kind=_one_of(Recurs), every=LENGTH, early_counts=FLAG, month={"type": "integer", "minimum": 1, "maximum": 12},
        day={"type": "integer", "minimum": 1, "maximum": 31}, minimum_window=COUNT,
    ),
    again_on=_object(("within",), policies=NAMES, courses=NAMES, within=LENGTH), licence=_object(kinds=NAMES, states=NAMES),
    opens_before=COUNT, grace=COUNT, grace_counts_as=_one_of(GraceCountsAs),
    look_back={"oneOf": [_one_of(("any", "none", "term")), LENGTH]}, rejoin_within=COUNT, return_window=COUNT,
    leave=_one_of(LeaveKind), align=_one_of(("none", "end_of_month")),
)  # fmt: skip
VERSION = _object(
    ("from",), **{"from": DAY}, until=DAY, adopted_on=DAY, apply_to_running=FLAG, authority=_one_of(AUTHORITIES), citation=WORD,
    status=_one_of(Status), source=WORD, as_of=DAY, confidence=_one_of(CONFIDENCE), review_by=DAY, rule=_ref("rule"),
)  # fmt: skip

_RECORD: dict[str, Schema] = {
    "completed_on": DAY, "completed_at": TEXT, "version": COUNT, "minutes": COUNT,
    "topics": {"type": "object", "additionalProperties": COUNT}, "revoked": FLAG, "replaces": COUNT,
    "modality": _one_of(MODALITIES), "approved": NAMES, "counts_as": NAMES, "expires": DAY,
}  # fmt: skip
_STRETCH: dict[str, Schema] = {"from": DAY, "until": DAY}
_MEMBERSHIP = _object(
    ("from",), **_STRETCH, department=WORD, under=NAMES, job=WORD, profession=WORD, patient_contact=FLAG, primary=FLAG, duties=NAMES
)  # fmt: skip

_LICENCE = _object(
    ("kind", "issued"), kind=WORD, state=WORD, issued=DAY, expires=DAY, renewals={"type": "array", "items": DAY}, every=LENGTH
)  # fmt: skip


def schemas() -> dict[str, Schema]:
    """The schema of each kind of file, by its name."""
    requirement = _object(
        ("requirement", "title", "versions"), requirement=WORD, title=WORD, plain_words=WORD, jurisdiction=WORD,
        obligation=_one_of(OBLIGATIONS), versions=_list(VERSION),
    )  # fmt: skip
    facts = _object(
        ("employments",), zone=TEXT, birth_month={"type": "integer", "minimum": 1, "maximum": 12},
        employer_size=_list(_object(("from", "people"), **{"from": DAY}, people=COUNT)),
        employments=_list(_object(("from",), **_STRETCH, kind=WORD)), memberships=_list(_MEMBERSHIP), supervises=_list(_MEMBERSHIP),
        licences=_list(_LICENCE),
        assigned=_list(_object(("from", "name"), **_STRETCH, name=WORD, reason=WORD)),
        leaves=_list(_object(("from",), **_STRETCH, kind=_one_of(LeaveKind))),
        exemptions=_list(_object(("from",), **_STRETCH, reason=WORD)),
        extensions=_list(_object(("cycle", "due", "granted_on"), cycle=COUNT, due=DAY, granted_on=DAY)),
        events=_list(_object(("version", "from"), policy=WORD, course=WORD, version=COUNT, **{"from": DAY})),
        records=_list(_object(("course",), course=WORD, **_RECORD)), external=_list(_object(("name",), name=WORD, **_RECORD)),
        attestations=_list(_object(("name", "on"), name=WORD, on=DAY)),
        equivalencies=_list(_object(("counts_as", "from"), course=WORD, external=WORD, counts_as=WORD, **_STRETCH)),
        acknowledgements=_list(_object(("policy", "on"), policy=WORD, version=COUNT, on=DAY)),
    )  # fmt: skip
    defs = {"audience": AUDIENCE, "satisfied": SATISFIED, "rule": RULE}
    return {
        "requirement": {"$schema": DRAFT, "title": "A requirement", **requirement, "$defs": defs},
        "requirement-facts": {"$schema": DRAFT, "title": "The facts of one person", **facts},
    }
