"""Checking a pack without a database: nothing but the file. Says what is wrong and where."""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lms.audit import chain
from lms.errors import N_, Message
from lms.evidence.folder import MANIFEST, sha256

LINE = re.compile(r"([0-9a-f]{64}) [ *](\S.*)")
CHAIN, ENTRIES, PACK = "audit/chain.csv", "audit/entries.json", "pack.json"


@dataclass(slots=True)
class Checked:
    """What was found: ``faults`` (none: the pack is whole), how many files and chain links were checked, and the file's own SHA-256."""

    faults: list[Message] = field(default_factory=list)
    files: int = 0
    links: int = 0
    entries: int = 0
    sha256: str = ""
    pack: Mapping[str, Any] = field(default_factory=dict)


def verify(data: bytes) -> Checked:
    """Check every file against the manifest, the audit entries against the chain, and the records against the audit entries."""
    checked = Checked(sha256=sha256(data))
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                if name in files:
                    checked.faults.append(Message(N_("%(file)s is in the pack twice."), {"file": name}))
                try:
                    files[name] = archive.read(name)
                except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
                    checked.faults.append(Message(N_("%(file)s is damaged and cannot be read."), {"file": name}))
                    files[name] = b""
    except (zipfile.BadZipFile, EOFError, OSError, ValueError):
        checked.faults.append(Message(N_("This is not a ZIP file, or its end is missing.")))
        return checked
    checked.faults += _against_manifest(files)
    checked.files = len(files) - 1
    try:
        checked.pack = json.loads(files.get(PACK, b""))
        checked.faults += _against_chain(files, checked)
        checked.faults += _against_entries(files)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        checked.faults.append(
            Message(N_("pack.json or the audit files cannot be read: they are not as Attune writes them."))
        )
    return checked


def _against_manifest(files: Mapping[str, bytes]) -> Iterator[Message]:
    if MANIFEST not in files:
        yield Message(N_("The pack has no MANIFEST."))
        return
    named: dict[str, str] = {}
    for number, line in enumerate(files[MANIFEST].decode("utf-8", "replace").splitlines(), 1):
        found = LINE.fullmatch(line)
        if found is None:
            yield Message(N_("MANIFEST line %(line)s is not a SHA-256 and a name."), {"line": number})
        else:
            named[found[2]] = found[1]
    for name, expected in named.items():
        if name not in files:
            yield Message(N_("%(file)s is missing; the MANIFEST names it."), {"file": name})
        elif sha256(files[name]) != expected:
            yield Message(N_("%(file)s was changed: its SHA-256 is not the one in the MANIFEST."), {"file": name})
    for name in files.keys() - named.keys() - {MANIFEST}:
        yield Message(N_("%(file)s was added; the MANIFEST does not name it."), {"file": name})


def _against_chain(files: Mapping[str, bytes], checked: Checked) -> Iterator[Message]:
    """The links are computed again from the first to the last, which must be the one that pack.json names."""
    contents: list[str] = []
    for number, line in enumerate(files[CHAIN].decode().splitlines()[1:], 1):
        place, content = line.split(",")
        if int(place) != number:
            yield Message(N_("audit/chain.csv: place %(place)s is missing or in another order."), {"place": number})
            return
        contents.append(content)
    before, links = chain.START, []
    for content in contents:
        before = chain.link(before, content)
        links.append(before)
    checked.links = len(links)
    told = checked.pack["audit"]
    if (len(links), before) != (told["entries"], told["last_link"]):
        yield Message(
            N_(
                "audit/chain.csv: the last link is not the one that pack.json names; a digest was changed, added or removed."
            )
        )
    entries = json.loads(files[ENTRIES])
    checked.entries = len(entries)
    if checked.entries != told["own_entries"]:
        counted = {"found": checked.entries, "told": told["own_entries"]}
        yield Message(N_("audit/entries.json holds %(found)s entries, and pack.json says %(told)s."), counted)
    people = sum(name.startswith("people/") for name in files)
    if people != checked.pack["people"]:
        counted = {"found": people, "told": checked.pack["people"]}
        yield Message(N_("people/ holds %(found)s files, and pack.json says %(told)s people."), counted)
    forgotten = {
        each["content"]["about"]: each["place"] for each in entries if each["content"]["action"] == chain.FORGET
    }
    for entry in entries:
        yield from _entry(entry, contents, links, forgotten.get(entry["content"]["about"], 0))


def _entry(entry: Mapping[str, Any], contents: list[str], links: list[str], forgotten: int) -> Iterator[Message]:
    """An entry of the pack is what its digest in the chain says. Its values are not there to be checked only where the person they are
    about was pseudonymised later, at the place ``forgotten`` of the chain (0: never): who only says so could say anything."""
    at = {"entry": entry["content"]["id"], "place": entry["place"]}
    values = {name: entry[name] for name in ("before", "after", "reason")}
    if not entry["pseudonymised"]:
        if chain.keyed(entry["salts"]["values"], values) != entry["values"]:
            yield Message(
                N_("audit/entries.json: what entry %(entry)s says (before, after or reason) was changed."), at
            )
        if chain.keyed(entry["salts"]["origin"], entry["origin_value"]) != entry["origin"]:
            yield Message(N_("audit/entries.json: where entry %(entry)s says it came from was changed."), at)
    elif entry["place"] >= forgotten:
        yield Message(
            N_("audit/entries.json: entry %(entry)s is said to be pseudonymised, and the chain does not say so."), at
        )
    place = entry["place"] - 1
    if not 0 <= place < len(contents) or (
        chain.digest(entry["content"], entry["values"], entry["origin"]) != contents[place]
        or links[place] != entry["link"]
    ):
        yield Message(N_("audit/entries.json: entry %(entry)s is not the one at place %(place)s of the chain."), at)


def _against_entries(files: Mapping[str, bytes]) -> Iterator[Message]:
    """The score of a record is the one that the audit log sealed when it was awarded."""
    awarded = {
        entry["content"]["subject"]: entry["after"]
        for entry in json.loads(files[ENTRIES])
        if entry["content"]["action"] == "record.award" and entry["after"]
    }
    for name in sorted(files):
        if not name.startswith("people/"):
            continue
        for record in json.loads(files[name])["records"]:
            sealed = awarded.get(record["id"])
            if sealed is not None and (sealed.get("course"), sealed.get("score")) != (
                record["course"],
                record["score"],
            ):
                told = {"file": name, "record": record["id"]}
                yield Message(N_("%(file)s: record %(record)s is not what the audit log says was awarded."), told)
