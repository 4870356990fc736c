"""What the small hospital is: who is in which state on the 15th of June 2026, in so many words."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from lms.clock import FOR_EVER
from lms.people.models import DepartmentVersion, Employment
from tests.compliance.hospital import NOW, TODAY, Hospital

__all__ = ["NOW", "TODAY", "House"]

RULE = {"recurs": {"kind": "rolling", "every": {"months": 12}}, "opens_before": 60, "grace": 14}


class Writer(Hospital):
    """The writer of facts, with levels of departments. While it is ``quiet`` nothing is worked out: the end does it for everybody."""

    quiet = False

    def rebuild(self, *person_ids: int) -> None:
        """Work out these people, unless everybody is worked out at the end."""
        if not self.quiet:
            super().rebuild(*person_ids)

    def place(self, code: str, kind: str, under: int | None = None) -> int:
        """A department of a kind since 2020."""
        made = self.department(code, under, code.title())
        self.session.query(DepartmentVersion).filter_by(department_id=made).update({"kind": kind})
        return made

    def employ_only(self, person_id: int, day: date) -> None:
        """Somebody without a place in the tree, so that they are in no figure."""
        self.session.add(
            Employment(person_id=person_id, kind="employee", from_day=day, to_day=FOR_EVER, recorded_at=NOW)
        )
        self.session.flush()


class House:
    """MAIN (facility) > ACUTE (division) > ED > TRIAGE, ICU; MAIN > CHAPEL directly; CLINICS (facility) > PRIMARY (division) > NORTH.

    The duty CULTURE is due 30 days after hire and then yearly, with 14 days of grace; renewal opens 60 days before.
    On the 15th of June 2026 by hand:

    ======== ========= ========= ======= ==== ======== ====== ========
    place    compliant in grace  overdue open on leave exempt due soon
    ======== ========= ========= ======= ==== ======== ====== ========
    ED       2         1         1       1                      2
    TRIAGE   1                   2
    ICU      3                                1
    CHAPEL   1
    NORTH    12                  2                             12
    ======== ========= ========= ======= ==== ======== ====== ========
    """

    def __init__(self, session: Session) -> None:
        write = self._write = Writer(session)
        write.quiet = True
        self.main = write.place("MAIN", "facility")
        self.acute = write.place("ACUTE", "division", self.main)
        self.ed = write.place("ED", "department", self.acute)
        self.triage = write.place("TRIAGE", "unit", self.ed)
        self.icu = write.place("ICU", "department", self.acute)
        self.chapel = write.place("CHAPEL", "department", self.main)
        self.clinics = write.place("CLINICS", "facility")
        self.primary = write.place("PRIMARY", "division", self.clinics)
        self.north = write.place("NORTH", "department", self.primary)
        self.compliant = self._done(self.ed, "2026-03-01")
        self.renewing = self._done(self.ed, "2025-06-25")
        self.grace = self._done(self.ed, "2025-06-10")
        self.overdue = write.hire(self.ed, "2025-01-01", job="Registrar", profession="none")
        self.newcomer = write.hire(self.ed, "2026-06-01")
        self._done(self.triage, "2026-01-10")
        for _ in range(2):
            write.hire(self.triage, "2025-02-01")
        for _ in range(3):
            self._done(self.icu, "2026-02-01")
        self.away = write.hire(self.icu, "2025-01-01")
        write.leave(self.away, date(2025, 1, 10), 900)
        self._done(self.chapel, "2026-02-01")
        for _ in range(12):
            self._done(self.north, "2025-07-01")
        for _ in range(2):
            write.hire(self.north, "2025-03-01")
        write.membership(self.compliant, self.north, date(2025, 1, 1), primary=False)
        self.culture = write.requirement("CULTURE", **RULE)
        del self._write  # whoever goes on writing has a session of their own: hospital()

    def _done(self, department: int, day: str) -> int:
        person = self._write.hire(department, "2024-06-01")
        self._write.complete(person, date.fromisoformat(day))
        return person

    def hospital(self, session: Session) -> Writer:
        """A writer in another session."""
        return Writer(session)
