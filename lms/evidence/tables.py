"""The same facts as tables, for spreadsheets. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lms.evidence.folder import Cell, csv_file

People = Sequence[Mapping[str, Any]]

ATTESTATION = ("id", "name", "course", "version", "language", "signed_as", "made_on", "made_at", "statement")
ASSIGNMENT = (
    "requirement", "title", "rule_version", "rule_version_from", "state", "due", "satisfied_on", "valid_until", "why_assigned",
    "why_this_state",
)  # fmt: skip
RECORD = (
    "id", "course", "title", "version", "content_sha256", "language", "completed_on", "score", "pass_mark", "minutes", "how",
    "department_then", "job_then", "profession_then", "recorded_at",
)  # fmt: skip
ATTEMPT = (
    "id", "course", "version", "step", "kind", "number", "language", "started_at", "finished_at", "score", "pass_mark", "passed",
    "deadline", "ended_by",
)  # fmt: skip
DECISION = (
    "kind",
    "requirement",
    "from",
    "to",
    "due",
    "cycle",
    "step",
    "attempts",
    "time_percent",
    "extra_minutes",
    "without_limit",
    "effect",
    "reason",
    "decided_by",
    "recorded_at",
)
HELD = {
    "licences": ("id", "kind", "state", "licence_number", "term", "from", "to", "renew_by", "held_on_the_day", "recorded_at",
                 "recorded_by"),
    "duties": ("id", "duty", "from", "to", "recorded_at", "recorded_by"),
    "acknowledgements": (
        "id", "policy", "title", "version", "version_from", "language", "document", "document_sha256", "acknowledged_on", "acknowledged_at",
    ),
    "outside_training": (
        "id", "state", "title", "provider", "finished_on", "minutes", "expires_on", "certificate_number", "document_sha256", "attested",
        "handed_in_at", "reason", "decided_by", "decided_at",
    ),
    "equivalencies": (
        "id", "done_as", "counts_as", "for", "from", "to", "reason", "rests_on", "document_sha256", "recorded_at", "recorded_by",
    ),
}  # fmt: skip
"""The parts of :data:`lms.evidence.holdings.PARTS` with their columns."""
PERSON = ("number", "source", "name", "department", "job", "profession", "employed_from", "employed_to")
ANSWER = ("number", "attempt", "item", "language", "question", "answered_at", "answer", "earned", "arrived_late")
CERTIFICATE = ("number", "record", "issued_on", "valid_until", "language", "replaces")


def tables(people: People) -> dict[str, bytes]:
    """``tables/*.csv``: people, assignments, records, attempts, answers, decisions, attestations, certificates, :data:`HELD`."""
    return {
        "tables/people.csv": csv_file(PERSON, map(_person, people)),
        "tables/assignments.csv": _table(people, "assignments", ASSIGNMENT),
        "tables/records.csv": _table(people, "records", RECORD, ("revoked_at", "revoked_reason"), _revoked),
        "tables/attempts.csv": _table(people, "attempts", ATTEMPT),
        "tables/answers.csv": csv_file(ANSWER, _answers(people)),
        "tables/decisions.csv": _table(people, "decisions", DECISION),
        "tables/attestations.csv": _table(people, "attestations", ATTESTATION),
        "tables/certificates.csv": _table(people, "certificates", CERTIFICATE, ("revoked_at", "revoked_reason"), _revoked),
        **{f"tables/{part}.csv": _table(people, part, names) for part, names in HELD.items()},
    }  # fmt: skip


def _table(people: People, part: str, names: Sequence[str], more: Sequence[str] = (), extra: Any = None) -> bytes:
    rows = (
        [person["number"], *(each.get(name) for name in names), *(extra(each) if extra else ())]
        for person in people
        for each in person[part]
    )
    return csv_file(("number", *names, *more), rows)


def _person(person: Mapping[str, Any]) -> list[Cell]:
    held = person["on_the_day"] or {}
    last = person["employments"][-1] if person["employments"] else {}
    return [
        person["number"], person["source"], person["name"], held.get("department"), held.get("job"), held.get("profession"),
        last.get("from"), last.get("to"),
    ]  # fmt: skip


def _revoked(row: Mapping[str, Any]) -> list[Cell]:
    revoked = row["revoked"] or {}
    return [revoked.get("at"), revoked.get("reason")]


def _answers(people: People) -> Iterator[list[Cell]]:
    for person in people:
        for attempt in person["attempts"]:
            for asked in attempt.get("questions", ()):
                given = asked["answers"]
                counting = [each for each in given if not each["arrived_late"]]
                last = (counting or given)[-1] if given else {}
                yield [
                    person["number"], attempt["id"], asked["item"], asked["language"], asked["question"], last.get("at"),
                    last.get("in_words"), asked["earned"], last.get("arrived_late"),
                ]  # fmt: skip
            for scene in attempt.get("scenes", ()):
                yield [
                    person["number"], attempt["id"], scene["scene"], attempt["language"], scene["text"], scene["at"],
                    scene["in_words"], None, None,
                ]  # fmt: skip
