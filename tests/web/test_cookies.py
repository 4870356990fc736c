"""The signed cookie that is known again: what is forged, changed or too old is refused all the same."""

from __future__ import annotations

import pytest
from flask import Flask
from itsdangerous import BadSignature

from lms.web.cookies import Cookies


def test_a_cookie_that_is_known_again_is_still_looked_at() -> None:
    app = Flask("test")
    app.secret_key = "one"
    cookies = Cookies()
    signer = cookies.get_signing_serializer(app)
    assert signer is not None and cookies.get_signing_serializer(app) is signer
    text = signer.dumps({"who": ["ana"]})
    text = text.decode() if isinstance(text, bytes) else text
    signer.loads(text, max_age=60)["who"].append("changed")
    assert signer.loads(text, max_age=60) == {"who": ["ana"]}
    for wrong, longest in ((text[:-1] + ("A" if text[-1] != "A" else "B"), 60), (f"x{text}", 60), (text, -1)):
        with pytest.raises(BadSignature):
            signer.loads(wrong, max_age=longest)
    app.secret_key = "another"
    anew = cookies.get_signing_serializer(app)
    assert anew is not None
    with pytest.raises(BadSignature):
        anew.loads(text, max_age=60)
