"""Campaigns, budget lines, spend, and a ledger that is never rewritten."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = (
    """
    create table campaign (
        campaign text primary key,
        key text not null unique,
        known boolean not null,
        version int not null check (version >= 0),
        name text,
        channel text,
        segment text,
        starts_at timestamptz,
        ends_at timestamptz,
        currency char(3),
        planned_at timestamptz,
        first_seen_at timestamptz not null,
        check (known = (currency is not null and name is not null))
    )
    """,
    """
    create table budget_line (
        campaign text not null references campaign,
        line text not null,
        currency char(3) not null,
        item text not null,
        owner text not null,
        planned boolean not null,
        budget bigint not null check (budget >= 0),
        committed bigint not null check (committed >= 0),
        incurred bigint not null check (incurred >= 0),
        available bigint not null generated always as (budget - committed - incurred) stored,
        unmatched bigint not null check (unmatched >= 0),
        postings int not null check (postings >= 0),
        primary key (campaign, line, currency)
    ) with (fillfactor = 70)
    """,
    """
    create table spend (
        sender text not null,
        spend_id text not null,
        campaign text not null,
        line text,
        amount bigint not null check (amount >= 0),
        currency char(3) not null,
        kind text not null,
        source text not null,
        note_box text,
        occurred_at timestamptz not null,
        conflicting boolean not null default false,
        counted_at timestamptz not null,
        primary key (sender, spend_id)
    )
    """,
    """
    create table ledger_posting (
        id bigint generated always as identity primary key,
        campaign text not null,
        line text not null,
        currency char(3) not null,
        posting int not null check (posting > 0),
        kind text not null,
        amount bigint not null check (amount <> 0),
        sender text,
        spend_id text,
        posted_at timestamptz not null,
        foreign key (campaign, line, currency) references budget_line,
        foreign key (sender, spend_id) references spend,
        unique (campaign, line, currency, posting),
        unique (sender, spend_id),
        constraint ledger_posting_of_a_sender check ((sender is null) = (spend_id is null))
    )
    """,
    "create index ledger_posting_newest on ledger_posting (campaign, id)",
    """
    create table ledger_entry (
        posting_id bigint not null references ledger_posting,
        account text not null check (account in ('funding', 'available', 'committed', 'incurred')),
        amount bigint not null check (amount <> 0),
        primary key (posting_id, account)
    )
    """,
)

# An account book is corrected by another posting, never by an eraser; the database sees to it, whoever is at the keyboard.
NEVER_REWRITTEN = (
    """
    create function ledger_is_never_rewritten() returns trigger language plpgsql as $$
    begin
        raise exception '% is never rewritten: post a correction', tg_table_name using errcode = 'integrity_constraint_violation';
    end $$
    """,
    """
    create trigger never_rewritten before update or delete or truncate on ledger_posting
        for each statement execute function ledger_is_never_rewritten()
    """,
    """
    create trigger never_rewritten before update or delete or truncate on ledger_entry
        for each statement execute function ledger_is_never_rewritten()
    """,
)

# Checked once per statement, over what it added: a debit never gets in without its credit.
BALANCED = (
    """
    create function ledger_is_balanced() returns trigger language plpgsql as $$
    begin
        if exists (select from added group by posting_id having sum(amount) <> 0 or count(*) <> 2) then
            raise exception 'debits and credits of a posting differ' using errcode = 'integrity_constraint_violation';
        end if;
        return null;
    end $$
    """,
    """
    create trigger balanced after insert on ledger_entry referencing new table as added
        for each statement execute function ledger_is_balanced()
    """,
)


def upgrade() -> None:
    """Makes the tables, and what the database itself sees to."""
    for statement in (*TABLES, *NEVER_REWRITTEN, *BALANCED):
        op.execute(statement)
