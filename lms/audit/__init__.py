"""The audit log: every change to a fact or a grant, written in the caller's transaction and sealed into a hash chain by a worker.

``actions`` writes and seals, ``queries`` reads and checks, ``chain`` holds the hashes as pure functions, ``models`` the tables.
"""

from lms.audit.actions import Actor, record
from lms.audit.models import AuditEntry
from lms.audit.queries import listed

__all__ = ["Actor", "AuditEntry", "listed", "record"]
