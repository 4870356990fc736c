"""Every column that refers to a person is found by that person: removing one whom an import brought looked through each table.

Revision ID: 0033
Revises: 0032
"""

from alembic import op
from sqlalchemy import text

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

COLUMNS = {
    "accommodation": ("recorded_by", "superseded_by"),
    "angoff_panel": ("adopted_by", "begun_by"),
    "assigned_person": ("recorded_by", "superseded_by"),
    "birth_month": ("recorded_by", "superseded_by"),
    "certificate_revocation": ("revoked_by",),
    "comparison": ("asked_by",),
    "comparison_line": ("person_id",),
    "comparison_person": ("person_id",),
    "course_version": ("published_by",),
    "department_version": ("recorded_by", "superseded_by"),
    "dry_run": ("asked_by",),
    "duty_tag": ("recorded_by", "superseded_by"),
    "employer_size": ("recorded_by", "superseded_by"),
    "employment": ("recorded_by", "superseded_by"),
    "enrolment": ("enrolled_by",),
    "equivalency": ("recorded_by", "superseded_by"),
    "exemption": ("recorded_by", "superseded_by"),
    "extension": ("recorded_by", "superseded_by"),
    "extension_request": ("recorded_by", "superseded_by"),
    "failing_address": ("cleared_by",),
    "feed_problem": ("assigned_to", "solved_by"),
    "feed_source": ("saved_by",),
    "history_run": ("asked_by", "taken_by", "undone_by"),
    "import_run": ("imported_by", "undone_by"),
    "leave": ("recorded_by", "superseded_by"),
    "licence": ("recorded_by", "superseded_by"),
    "live_session": ("called_off_by", "recorded_by"),
    "membership": ("recorded_by", "superseded_by"),
    "one_time_token": ("created_by",),
    "outside_decision": ("recorded_by", "superseded_by"),
    "outside_statement": ("stated_by",),
    "policy_version": ("recorded_by", "superseded_by"),
    "record_revocation": ("revoked_by",),
    "rehearsal": ("asked_by",),
    "remark": ("replied_by",),
    "requirement_draft": ("changed_by",),
    "requirement_version": ("recorded_by", "superseded_by"),
    "role_grant": ("granted_by", "revoked_by"),
    "session_sheet": ("added_by",),
    "stored_file": ("owner_id",),
    "training_record": ("recorded_by",),
}


def upgrade() -> None:
    """Make the change."""
    for table, columns in COLUMNS.items():
        for column in columns:
            filled = text(f"{column} IS NOT NULL")
            op.create_index(f"ix_{table}_{column}", table, [column], sqlite_where=filled, postgresql_where=filled)


def downgrade() -> None:
    """Take it back."""
    for table, columns in COLUMNS.items():
        for column in columns:
            op.drop_index(f"ix_{table}_{column}", table)
