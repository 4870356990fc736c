"""The hash chain of the audit log, as pure functions: what is covered, how it is hashed, and what follows from a difference.

An entry is covered by three digests. ``content`` is the SHA-256 of what happened (who, when, which verb, to what) together with the
other two; ``values`` and ``origin`` are keyed digests (HMAC-SHA256) of what was written and of where it came from, made with salts
that are drawn from the key of the person they tell about. While the key is there the values can be checked; when it is destroyed
the digests say nothing, not even to somebody who guesses, and the chain stays whole. Each link hashes the link before it and the
content of its entry.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

START = hashlib.sha256(b"attune audit chain").hexdigest()
"""The link before the first one (SHA-256, hex)."""

FORGET = "person.pseudonymise"
"""The verb after which the values of the entries about its person are gone, and may be."""


@dataclass(frozen=True, slots=True)
class Content:
    """What happened, without anything that tells about a person: ids are numbers without a meaning of their own."""

    id: int
    at: datetime
    actor_id: int | None
    action: str
    subject_kind: str
    subject_id: int | None
    about_id: int | None

    def plain(self) -> dict[str, Any]:
        """The same as JSON values; the moment in UTC with microseconds."""
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        return {
            "id": self.id, "at": at, "actor": self.actor_id, "action": self.action, "subject_kind": self.subject_kind,
            "subject": self.subject_id, "about": self.about_id,
        }  # fmt: skip


def canonical(value: object) -> bytes:
    """JSON with sorted keys and without spaces, as UTF-8: what is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def salt(key: str, entry_id: int, part: str) -> str:
    """The salt of one part (``values`` or ``origin``) of one entry, in hex. Telling it discloses neither the key nor another salt.

    ``key`` is a person's key in hex; empty for what tells about nobody, which everybody can then check.
    """
    return hmac.new(bytes.fromhex(key), f"{part}:{entry_id}".encode(), hashlib.sha256).hexdigest()


def keyed(salt: str, value: object) -> str:
    """The keyed digest (HMAC-SHA256, hex) of a JSON value."""
    return hmac.new(bytes.fromhex(salt), canonical(value), hashlib.sha256).hexdigest()


def values_of(before: object, after: object, reason: str | None) -> dict[str, Any]:
    """The values of an entry as they are hashed."""
    return {"before": before, "after": after, "reason": reason}


def digest(content: dict[str, Any], values: str, origin: str) -> str:
    """The digest (SHA-256, hex) of an entry: its content as :meth:`Content.plain` gives it, and the two keyed digests."""
    return hashlib.sha256(canonical({**content, "values": values, "origin": origin})).hexdigest()


def link(before: str, content: str) -> str:
    """The next link: SHA-256 over the hex text of the link before, a colon, and the digest of the entry."""
    return hashlib.sha256(f"{before}:{content}".encode()).hexdigest()
