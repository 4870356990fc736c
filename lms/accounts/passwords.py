"""Passwords and one-time secrets: Argon2id, what makes a password acceptable, random tokens and printable codes.

Length and a list of what guessers try first are asked for, never mixtures of characters (NIST SP 800-63B, section 3.1.1.2).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from lms.errors import N_, Invalid

SHORTEST, LONGEST = 12, 256
# OWASP's password storage cheat sheet: Argon2id with 19 MiB, two passes, one lane, so that many may sign in at once.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))
_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that looks like something else on paper
_CODE_LENGTH = 12
_TRIED_FIRST = frozenset(
    """
    passwordpassword password1234 password12345 123456789012 1234567890123 qwertyuiop123 qwertyuiop12 iloveyou1234
    letmeinletmein welcomewelcome welcome12345 welcome123456 changemechangeme changeme1234 administrator administrator1
    hospital12345 hospital1234 adminadminadmin abcdefghijkl abcd12345678 1q2w3e4r5t6y qazwsxedcrfv asdfghjkl123
    trustno1trustno1 correcthorsebatterystaple
    """.split()  # noqa: SIM905
)


def digest(secret: str) -> str:
    """What is stored instead of a random secret: its SHA-256 in hex (enough, because the secret itself is random)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_token() -> str:
    """256 random bits for a cookie or link."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """A one-time code to print, 60 random bits, such as ``K7QM-4TXP-9RWD``."""
    letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
    return "-".join(letters[at : at + 4] for at in range(0, _CODE_LENGTH, 4))


def as_typed(code: str) -> str:
    """A printed code however it was typed: any case, with or without hyphens and blanks. Longer secrets stay as they are."""
    letters = "".join(letter for letter in code.upper() if letter.isalnum())
    if len(letters) != _CODE_LENGTH:
        return code.strip()
    return "-".join(letters[at : at + 4] for at in range(0, _CODE_LENGTH, 4))


def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    return _HASHER.hash(_normal(password))


def verify(stored: str | None, password: str) -> bool:
    """Whether this is the password. Without a stored hash it takes as long and says no, so that names cannot be probed."""
    try:
        correct = _HASHER.verify(stored or _NOBODY, _normal(password)[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return correct and stored is not None


def require_acceptable(password: str, known: Iterable[str]) -> None:
    """Refuse a password that is short, among the first a guesser tries, or made of what everybody ``known`` about the person.

    Raises:
        Invalid: naming the one rule that is broken.
    """
    normal = _normal(password)
    if len(normal) < SHORTEST:
        raise Invalid(
            N_("Use at least %(count)s characters. Three or four words that do not belong together are good."),
            count=SHORTEST,
        )
    if len(normal) > LONGEST:
        raise Invalid(N_("Use at most %(count)s characters."), count=LONGEST)
    folded = normal.casefold()
    if folded in _TRIED_FIRST or len(set(folded)) < 5:
        raise Invalid(N_("This password is one of the first that guessers try. Choose another."))
    if any(len(word) > 3 and word.casefold() in folded and len(folded) - len(word) < 8 for word in known):
        raise Invalid(N_("The password is mostly your name, number or e-mail address. Choose another."))


def _normal(password: str) -> str:
    """The same letters typed on another keyboard are the same password (NIST SP 800-63B: NFKC or NFKD before hashing)."""
    return unicodedata.normalize("NFKC", password)


def setup_code(key: str) -> str:
    """The code that proves who started a fresh installation, made from its secret key: nothing needs to be stored."""
    mixed = hmac.new(key.encode(), b"attune first run", hashlib.sha256).digest()
    letters = "".join(_CODE_LETTERS[byte % len(_CODE_LETTERS)] for byte in mixed[:_CODE_LENGTH])
    return "-".join(letters[at : at + 4] for at in range(0, _CODE_LENGTH, 4))
