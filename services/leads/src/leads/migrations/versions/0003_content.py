"""What was submitted can be told from what is submitted again, without being readable; campaigns are known by their normal form."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Leads of before have no digest: of them nobody can say whether they were submitted again with other content."""
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table lead add column content text, add column differing integer not null default 0")
    op.execute("insert into campaign (campaign) select lower(campaign) from campaign on conflict do nothing")
    op.execute("comment on column lead.content is 'a digest of what was submitted, keyed with the person''s key'")
    op.execute("comment on column lead.personal is 'contact, message and answers, sealed under the person''s key'")


def downgrade() -> None:
    """As it was."""
    op.execute("comment on column lead.personal is 'contact and message, sealed under the person''s key'")
    op.execute("alter table lead drop column content, drop column differing")
