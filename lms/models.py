"""Every table of the house, imported so that ``Base.metadata`` is complete (for migrations and tests)."""

from lms import files, organisation, outbox
from lms.accounts import models as accounts
from lms.audit import models as audit
from lms.catalogue import models as catalogue
from lms.certificates import models as certificates
from lms.compliance import models as compliance
from lms.compliance.comparing import models as comparing
from lms.compliance.drafts import models as drafts
from lms.compliance.equivalencies import models as equivalencies
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
