"""No more mail of this kind: by the link in a mail's header (RFC 8058), without signing in. The link is the key."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from lms.errors import N_, NotFound
from lms.notices import choices
from lms.notices.models import Mail
from lms.web.page import commit, csrf, now, public, session

blueprint = Blueprint("unsubscribe", __name__, url_prefix="/unsubscribe")


@blueprint.get("/<secret>")
@public
def ask(secret: str) -> ResponseReturnValue:
    """Ask first: programs that look at the links in mails must not change anything."""
    return render_template("account/unsubscribe.html", mail=_mail(secret), secret=secret, done=False)


@blueprint.post("/<secret>")
@csrf.exempt  # type: ignore[untyped-decorator]
@public
def stop(secret: str) -> ResponseReturnValue:
    """The recipient wants no more of it; said twice, it is said once. A mail program sends this by itself, so it has no token of a form."""
    mail = _mail(secret)
    choices.refuse(session(), mail, now())
    commit()
    return render_template("account/unsubscribe.html", mail=mail, secret=secret, done=True)


def _mail(secret: str) -> Mail:
    found = choices.by_secret(session(), secret)
    if found is None:
        raise NotFound(
            N_("This link does not work any more. You can say what you want to be written about under My account.")
        )
    return found
