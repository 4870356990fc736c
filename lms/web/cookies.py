"""Flask's signed cookies, whose signature is worked out once: a browser sends the same cookie with every answer it saves."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any, cast

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer


class Remembering(URLSafeTimedSerializer):
    """Knows again what it has found rightly signed, text by text; how old that is, is asked every time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._opened = lru_cache(maxsize=1024)(self._open)

    def loads(  # type: ignore[override]
        self,
        s: str | bytes,
        max_age: int | None = None,
        return_timestamp: bool = False,
        salt: str | bytes | None = None,
    ) -> Any:
        """The values, made anew.

        Raises:
            itsdangerous.BadSignature: the text is not signed by this application, or too old.
        """
        if max_age is not None and not return_timestamp and salt is None:
            try:
                payload, signed_at = self._opened(s)
            except BadSignature:
                pass  # told by what is below, which also knows earlier keys
            else:
                if 0 <= int(time.time()) - signed_at <= max_age:
                    return self.load_payload(payload)
        return super().loads(s, max_age, return_timestamp, salt)

    def _open(self, s: str | bytes) -> tuple[bytes, int]:
        signer = cast(TimestampSigner, self.make_signer())
        payload, moment = signer.unsign(s, return_timestamp=True)
        return payload, int(moment.timestamp())


class Cookies(SecureCookieSessionInterface):
    """Puts the signer together once for each secret key instead of for each request."""

    def __init__(self) -> None:
        self._made: tuple[object, Remembering] | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """What signs and reads the cookie; None without a secret key."""
        if self._made is None or self._made[0] != app.secret_key:
            plain = super().get_signing_serializer(app)
            if plain is None:
                return None
            made = Remembering(
                plain.secret_keys, salt=plain.salt, serializer=plain.serializer, signer_kwargs=plain.signer_kwargs
            )
            self._made = app.secret_key, made
        return self._made[1]
