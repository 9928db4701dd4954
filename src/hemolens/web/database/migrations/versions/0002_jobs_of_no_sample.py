"""Jobs that belong to no sample, and tell what they have found: learning from the corrections of several."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told", sa.JSON(), nullable=True))
        batch_op.alter_column("sample_id", existing_type=sa.String(length=32), nullable=True)
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.alter_column("sample_id", existing_type=sa.String(length=32), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM job WHERE sample_id IS NULL")
    op.execute("DELETE FROM event WHERE sample_id IS NULL")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.alter_column("sample_id", existing_type=sa.String(length=32), nullable=False)
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.alter_column("sample_id", existing_type=sa.String(length=32), nullable=False)
        batch_op.drop_column("told")
