"""What was known then and what is known now of everybody, worked out once and kept.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "comparison",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("worked", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("changed_rules", sa.JSON(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_comparison_asked_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison")),
    )
    op.create_index("ix_comparison_question", "comparison", ["day", "known_on"])
    op.create_table(
        "comparison_cell",
        _comparison("comparison_cell"),
        sa.Column("requirement_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("then", sa.Integer(), nullable=False),
        sa.Column("now", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "comparison_id", "requirement_id", "department_id", "state", name=op.f("pk_comparison_cell")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "comparison_person",
        _comparison("comparison_person"),
        _person("comparison_person"),
        sa.Column("then_department", sa.Integer(), nullable=True),
        sa.Column("now_department", sa.Integer(), nullable=True),
        sa.Column("learnt", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("comparison_id", "person_id", name=op.f("pk_comparison_person")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "comparison_line",
        _comparison("comparison_line"),
        _person("comparison_line"),
        sa.Column("requirement_id", sa.Integer(), nullable=False),
        sa.Column("then_state", sa.SmallInteger(), nullable=True),
        sa.Column("then_due", sa.Date(), nullable=True),
        sa.Column("now_state", sa.SmallInteger(), nullable=True),
        sa.Column("now_due", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("comparison_id", "person_id", "requirement_id", name=op.f("pk_comparison_line")),
        sqlite_with_rowid=False,
    )


def _comparison(table: str) -> sa.Column[int]:
    name = op.f(f"fk_{table}_comparison_id_comparison")
    return sa.Column("comparison_id", sa.Integer(), sa.ForeignKey("comparison.id", name=name), nullable=False)


def _person(table: str) -> sa.Column[int]:
    name = op.f(f"fk_{table}_person_id_person")
    return sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id", name=name), nullable=False)


def downgrade() -> None:
    """Undo it."""
    for table in ("comparison_line", "comparison_person", "comparison_cell", "comparison"):
        op.drop_table(table)
