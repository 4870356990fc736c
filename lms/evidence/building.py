"""Putting a pack together: people in batches, the tables, the audit log, the summary on paper, and the ZIP."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy.orm import Session

from lms.compliance.rules import Rule
from lms.compliance.sentence import sentences
from lms.errors import Message
from lms.evidence import log
from lms.evidence.dossiers import dossiers, rules_used
from lms.evidence.folder import json_file, zipped
from lms.evidence.frame import Frame, frame
from lms.evidence.people import Found
from lms.evidence.scope import Scope
from lms.evidence.summary import Summary, summary_pdf
from lms.evidence.tables import tables
from lms.organisation import Organisation

BATCH = 50
"""People read at once."""

FORMAT = 2

README = """This is an evidence pack made by Attune.

Look at summary.pdf first. people/ holds one JSON file for each person with everything that is known about them here: what was asked of
them and why, what they completed, every attempt with the questions as they were shown and the answers as they were given, what was
decided about them and by whom, their certificates and licences, and the policies they acknowledged. tables/ holds the same as CSV.
requirements.json holds the rules, courses.json the versions of courses, audit/entries.json the entries of the audit log about these
people, audit/chain.csv the digest of every entry of the log, so that these entries can be seen to be where they say they are, and
nothing is told about anybody else.

To check it without Attune, unpack it and run in its folder:

    sha256sum -c MANIFEST

To check it with Attune, on any computer, without a database or a network:

    lms evidence verify FILE

Dates are days of the organisation; moments are in UTC. States are those of the day named in pack.json (as_of), worked out from what had
been written down by the moment named there (known_at). The summary is in the language named there; the other files are in English, and
what people read and wrote stands in the language in which they did.
"""


@dataclass(frozen=True, slots=True)
class Pack:
    """A finished pack: the ZIP, and how many people are in it."""

    data: bytes
    people: int


def build(
    session: Session, scope: Scope, found: Found, own: Organisation, progress: Callable[[int], None] = lambda done: None
) -> Pack:
    """The pack. The same scope on the same data gives the same bytes. ``progress`` is told how many people are done."""
    shared = frame(session, scope, own.zone, found.requirement_id)
    files: dict[str, bytes] = {}
    people: list[dict[str, Any]] = []
    for start in range(0, len(found.person_ids), BATCH):
        for person in dossiers(shared, found.person_ids[start : start + BATCH]):
            files[f"people/{_file_name(person)}.json"] = json_file(person)
            people.append(person)
        progress(len(people))
    people.sort(key=lambda person: (person["name"].casefold(), person["number"], person["id"]))
    rules = rules_used(shared, people)
    in_words = [_sentences(shared, rule["rule"]) for rule in rules]
    for rule, words in zip(rules, in_words, strict=True):
        rule["in_words"] = [str(sentence) for sentence in words]
    last = log.last_place(session, scope)
    told = log.entries(session, found.person_ids, last)
    audit = {"entries": last, "last_link": log.last_link(session, last), "own_entries": len(told)}
    pack = {
        "format": FORMAT, "organisation": own.name, "zone": own.zone, **scope.plain(), "people": len(people),
        "unknown_numbers": list(found.unknown), "audit": audit,
    }  # fmt: skip
    files |= {
        "README.txt": README.encode(),
        "pack.json": json_file(pack),
        "requirements.json": json_file(rules),
        "courses.json": json_file(_courses(shared)),
        "audit/entries.json": json_file(told),
        "audit/chain.csv": "".join(["place,digest\n", *_chain(session, last)]).encode(),
        "summary.pdf": summary_pdf(Summary(own.name, scope, people, rules, in_words, found.unknown, audit)),
        **tables(people),
    }
    return Pack(zipped(files), len(people))


def _chain(session: Session, last: int) -> Iterator[str]:
    for place, digest in log.chain_lines(session, last):
        yield f"{place},{digest}\n"


def _file_name(person: dict[str, Any]) -> str:
    """The number as far as a file may be called so, and the id, which no two people share."""
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '_', person['number'])[:60]}-{person['id']}"


def _sentences(shared: Frame, rule: dict[str, Any]) -> Sequence[Message]:
    return sentences(Rule.parse(rule), shared.department_names, shared.course_titles)


def _courses(shared: Frame) -> list[dict[str, Any]]:
    return [
        {
            "course": row.code, "title": row.title, "version": row.number, "content_sha256": row.content_hash,
            "published_at": row.published_at.astimezone(UTC).isoformat(timespec="seconds"), "change": row.change,
            "change_note": row.change_note, "minutes": row.minutes,
        }
        for row in sorted(shared.course_versions.values(), key=lambda row: (row.code, row.number))
    ]  # fmt: skip
