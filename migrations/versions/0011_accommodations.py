"""The policy in force with each attempt, answers that came late, and accommodations, of which attempts that were granted are now one kind.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change. Attempts that were granted stay what they were: for that turn, without an end."""
    op.add_column("attempt", sa.Column("policy", sa.JSON(), nullable=True))
    op.add_column("attempt", sa.Column("deadline", sa.DateTime(timezone=True), nullable=True))
    for table, name in (("attempt", "timed_out"), ("answer", "late")):
        op.add_column(table, sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "accommodation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=True),
        sa.Column("time_percent", sa.Integer(), nullable=True),
        sa.Column("extra_minutes", sa.Integer(), nullable=True),
        sa.Column("unlimited", sa.Boolean(), nullable=False),
        sa.Column("extra_attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("from_day < to_day", name=op.f("ck_accommodation_days")),
        sa.CheckConstraint(
            "time_percent is null or (time_percent > 100 and time_percent <= 300)",
            name=op.f("ck_accommodation_percent"),
        ),
        sa.CheckConstraint(
            "extra_minutes is null or (extra_minutes > 0 and extra_minutes <= 480)",
            name=op.f("ck_accommodation_minutes"),
        ),
        sa.CheckConstraint("extra_attempts >= 0 and extra_attempts <= 5", name=op.f("ck_accommodation_attempts")),
        sa.CheckConstraint(
            "extra_attempts > 0 or unlimited or time_percent is not null or extra_minutes is not null",
            name=op.f("ck_accommodation_gives"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_accommodation_person_id_person")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_accommodation_enrolment_id_enrolment")
        ),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_accommodation_recorded_by_person")),
        sa.ForeignKeyConstraint(["superseded_by"], ["person.id"], name=op.f("fk_accommodation_superseded_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accommodation")),
    )
    op.create_index(op.f("ix_accommodation_person_id"), "accommodation", ["person_id"])
    op.create_index(op.f("ix_accommodation_enrolment_id"), "accommodation", ["enrolment_id"])
    op.execute(
        "insert into accommodation (person_id, enrolment_id, unlimited, extra_attempts, reason, from_day, to_day, recorded_at,"
        " recorded_by) select enrolment.person_id, enrolment.id, false, extra, reason, date(granted_at), '9999-12-31', granted_at,"
        " granted_by from attempt_grant join enrolment on enrolment.id = attempt_grant.enrolment_id order by attempt_grant.id"
    )
    op.drop_index(op.f("ix_attempt_grant_enrolment_id"), "attempt_grant")
    op.drop_table("attempt_grant")


def downgrade() -> None:
    """Take it back. Time that was given, and attempts for every test, have no place in the old tables and are lost."""
    op.create_table(
        "attempt_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("extra", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_attempt_grant_enrolment_id")),
        sa.ForeignKeyConstraint(["granted_by"], ["person.id"], name=op.f("fk_attempt_grant_granted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt_grant")),
    )
    op.create_index(op.f("ix_attempt_grant_enrolment_id"), "attempt_grant", ["enrolment_id"])
    op.execute(
        "insert into attempt_grant (enrolment_id, step_id, extra, reason, granted_at, granted_by)"
        " select enrolment_id, (select min(step_id) from attempt where attempt.enrolment_id = accommodation.enrolment_id"
        " and kind = 'test'), extra_attempts, reason, recorded_at, recorded_by from accommodation"
        " where enrolment_id is not null and extra_attempts > 0 and superseded_at is null and recorded_by is not null and exists"
        " (select 1 from attempt where attempt.enrolment_id = accommodation.enrolment_id and kind = 'test') order by id"
    )
    op.drop_table("accommodation")
    for table, name in (("attempt", "timed_out"), ("answer", "late")):
        op.drop_column(table, name)
    op.drop_column("attempt", "deadline")
    op.drop_column("attempt", "policy")
