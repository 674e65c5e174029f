"""The organisation: units, people, memberships, roles, absences, substitutions, and what was ever changed of them."""

from alembic import op

revision = "0002"
down_revision = "0001"

SQL = (
    """
    create table organisation (
        only_one boolean default true not null,
        version bigint default 0 not null,
        structure bigint default 0 not null,
        market integer default 0 not null,
        primary key (only_one),
        constraint organisation_only_one check (only_one)
    )
    """,
    """
    create table organisation_change (
        n bigint generated always as identity,
        changed_at timestamptz not null,
        by text not null,
        second text,
        what text not null,
        item text not null,
        before jsonb,
        after jsonb,
        primary key (n)
    )
    """,
    "create index organisation_change_item on organisation_change (what, item, n)",
    "comment on table organisation_change is 'append only'",
    """
    create table vocabulary (
        name text not null,
        items jsonb not null,
        version integer default 1 not null,
        primary key (name)
    )
    """,
    """
    create table unit (
        id text not null,
        kind text not null,
        parent text,
        name text not null,
        zone text,
        calendar text,
        settings jsonb default '{}' not null,
        from_at timestamptz not null,
        until_at timestamptz,
        version integer default 1 not null,
        primary key (id),
        constraint unit_parent_check check (parent <> id)
    )
    """,
    "create index unit_parent on unit (parent)",
    """
    create table person (
        id text not null,
        kind text not null,
        name text,
        zone text,
        calendar text,
        languages text[] default '{}' not null,
        skills text[] default '{}' not null,
        suspended boolean default false not null,
        left_at timestamptz,
        access bigint default 0 not null,
        version integer default 1 not null,
        primary key (id),
        constraint person_kind_check check (kind in ('person', 'machine'))
    )
    """,
    """
    create table subject (
        issuer text not null,
        subject text not null,
        person text not null,
        until_at timestamptz,
        primary key (issuer, subject)
    )
    """,
    "create index subject_person on subject (person)",
    """
    create table membership (
        id uuid not null,
        person text not null,
        unit text not null,
        rank text not null,
        from_at timestamptz not null,
        until_at timestamptz,
        takes_leads boolean default true not null,
        weight integer default 1 not null,
        open_max integer,
        day_max integer,
        source text not null,
        version integer default 1 not null,
        primary key (id),
        constraint membership_weight_check check (weight between 0 and 1000),
        constraint membership_interval_check check (from_at <= until_at)
    )
    """,
    "create index membership_person on membership (person)",
    "create index membership_unit on membership (unit)",
    """
    create table role_grant (
        id uuid not null,
        person text not null,
        role text not null,
        unit text,
        from_at timestamptz not null,
        until_at timestamptz,
        granted_by text not null,
        second text,
        version integer default 1 not null,
        primary key (id)
    )
    """,
    "create index role_grant_person on role_grant (person)",
    """
    create table absence (
        id uuid not null,
        person text not null,
        from_at timestamptz not null,
        until_at timestamptz,
        kind text not null,
        source text not null,
        version integer default 1 not null,
        primary key (id)
    )
    """,
    "create index absence_person on absence (person)",
    """
    create table substitution (
        id uuid not null,
        absent text not null,
        substitute text not null,
        unit text not null,
        from_at timestamptz not null,
        until_at timestamptz,
        ends_with_absence boolean not null,
        ordered_by text not null,
        ended_why text,
        version integer default 1 not null,
        primary key (id),
        constraint substitution_person_check check (absent <> substitute)
    )
    """,
    "create index substitution_absent on substitution (absent)",
    "create index substitution_substitute on substitution (substitute)",
    """
    create table proposal (
        id uuid not null,
        what text not null,
        person text not null,
        unit text,
        terms jsonb not null,
        proposed_by text not null,
        proposed_at timestamptz not null,
        lapses_at timestamptz not null,
        state text not null,
        decided_by text,
        decided_at timestamptz,
        primary key (id),
        constraint proposal_second_check check (proposed_by <> decided_by or state <> 'confirmed')
    )
    """,
    "create index proposal_open on proposal (proposed_at) where state = 'open'",
    """
    create table break_glass (
        id uuid not null,
        unit text not null,
        asker text not null,
        code text not null,
        reason text not null,
        hours integer not null,
        asked_at timestamptz not null,
        lapses_at timestamptz not null,
        granter text,
        from_at timestamptz,
        until_at timestamptz,
        primary key (id),
        constraint break_glass_second_check check (asker <> granter),
        constraint break_glass_hours_check check (hours between 1 and 4)
    )
    """,
    "create index break_glass_asker on break_glass (asker)",
    """
    create table calendar (
        id text not null,
        version integer not null,
        zone text not null,
        week jsonb not null,
        exceptions jsonb not null,
        published_at timestamptz not null,
        by text not null,
        primary key (id, version)
    )
    """,
    "comment on table calendar is 'append only'",
    """
    create table move (
        id uuid not null,
        person text not null,
        from_unit text,
        to_unit text,
        rank text,
        at timestamptz not null,
        book text not null,
        state text not null,
        ordered_by text not null,
        ended jsonb not null,
        begun uuid,
        primary key (id),
        constraint move_book_check check (book in ('handover', 'take_along', 'queue'))
    )
    """,
    "create index move_person on move (person)",
    """
    create table roster (
        id uuid not null,
        members jsonb not null,
        primary key (id)
    )
    """,
    "comment on table roster is 'append only'",
    "insert into organisation default values",
    "alter table decision add column roster uuid",
)


def upgrade() -> None:
    """Makes the tables, empty: the service takes in the market file that is in force when it first looks at its members."""
    for statement in SQL:
        op.execute(statement)
