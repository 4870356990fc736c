"""Orders that look random and are not: ids sorted by the hash of a seed. Pure.

An order is that of SHA-256 of ``seed NUL purpose NUL id`` (UTF-8, hexadecimal), ties by id. A library's shuffle may change
between versions of Python; this cannot, so a stored seed shows an attempt again exactly as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence


def by_hash(ids: Iterable[str], seed: str, purpose: str) -> list[str]:
    """The ids in the order that the seed gives for this purpose."""

    def key(each: str) -> tuple[str, str]:
        return hashlib.sha256(f"{seed}\0{purpose}\0{each}".encode()).hexdigest(), each

    return sorted(ids, key=key)


def not_as(ids: list[str], keyed: Sequence[str]) -> list[str]:
    """The same ids, turned by one place where chance has put them in the keyed order, which would give the answer away."""
    return [*ids[1:], *ids[:1]] if ids == list(keyed) and len(ids) > 1 else ids
