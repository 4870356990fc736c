"""Every table of the house, imported so that ``Base.metadata`` is complete (for migrations and tests)."""

from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint

from lms import files, organisation, outbox
from lms.accounts import models as accounts
from lms.audit import models as audit
from lms.catalogue import models as catalogue
from lms.certificates import models as certificates
from lms.compliance import models as compliance
from lms.compliance.comparing import models as comparing
from lms.compliance.drafts import models as drafts
from lms.compliance.equivalencies import models as equivalencies
from lms.db import Base
from lms.evidence import models as evidence
from lms.learning import models as learning
from lms.notices import models as notices
from lms.people import models as people
from lms.policies import models as policies
from lms.records import models as records
from lms.records.history import models as history
from lms.records.outside import models as outside
from lms.reports.saved import models as saved

__all__ = [
    "accounts", "audit", "catalogue", "certificates", "comparing", "compliance", "drafts", "equivalencies", "evidence", "files", "history",
    "learning", "notices", "organisation",
    "outbox", "outside", "people", "policies", "records", "saved",
]  # fmt: skip


def _index_references() -> None:
    """Whoever removes a person whom an import brought has every table asked that refers to people, each by an index: without one,
    each person would cost a look through all completions. Most of these columns are empty in most rows, and those are left out."""
    for table in Base.metadata.tables.values():
        unique = [each for each in table.constraints if isinstance(each, UniqueConstraint | PrimaryKeyConstraint)]
        firsts = {next(iter(each.columns)).name for each in (*table.indexes, *unique) if len(each.columns)}
        for column in table.columns:
            if column.name not in firsts and any(
                key.column.table is people.Person.__table__ for key in column.foreign_keys
            ):
                Index(None, column, sqlite_where=column.is_not(None), postgresql_where=column.is_not(None))


_index_references()
