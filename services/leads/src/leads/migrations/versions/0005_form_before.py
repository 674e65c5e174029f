"""Lead forms: what each asks and where it stands, by version."""

from alembic import op

revision = "0005"
down_revision = "0004"

SQL = (
    """
    create table form (
        form text not null,
        version int not null,
        state text not null,
        paused boolean not null,
        content jsonb not null,
        author text not null,
        at timestamptz not null,
        edit int not null,
        history jsonb not null,
        primary key (form, version)
    )
    """,
    "comment on table form is 'lead forms by version'",
    "comment on column form.paused is 'an active one that takes nothing for now'",
    "comment on column form.edit is 'the number of the form''s change that made it so'",
    "comment on column form.history is 'what was done to it, by whom and when'",
    "create unique index form_active on form (form) where state = 'active'",
)


def upgrade() -> None:
    """Makes the table."""
    for statement in SQL:
        op.execute(statement)
