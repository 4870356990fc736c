"""Why people are exempt, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.compliance.cells import Who
from lms.compliance.models import Exemption, Span
from lms.compliance.spans import State


def exempt_by_reason(session: Session, who: Who) -> dict[str, int]:
    """How many of these people are exempt for each reason that was written down, the most frequent first. Two statements."""
    where = [*replace(who, states=(State.EXEMPT,)).spans(), *who.people(Span.person_id)]
    query = select(Span.because, func.count()).where(*where).group_by(Span.because)
    by_exemption = {int(because.partition(":")[2]): people for because, people in session.execute(query)}
    counted: Counter[str] = Counter()
    for id, reason in session.execute(select(Exemption.id, Exemption.reason).where(Exemption.id.in_(by_exemption))):
        counted[reason] += by_exemption[id]
    return dict(counted.most_common())
