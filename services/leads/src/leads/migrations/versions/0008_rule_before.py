"""The rules that leads are judged and answered by are data: a table, with those of before as its first versions. And what is done to
many leads at once has its tables."""

from alembic import op

revision = "0008"
down_revision = "0007"

SQL = (
    """
    create table rule (
        kind text not null,
        version int not null,
        state text not null,
        content jsonb not null,
        author text not null,
        at timestamptz not null,
        edit int not null,
        history jsonb not null,
        tried jsonb,
        primary key (kind, version)
    )
    """,
    "comment on table rule is 'the rules that leads are judged and answered by, by version'",
    "comment on column rule.edit is 'how often it was changed'",
    "comment on column rule.history is 'what was done to it, by whom and when'",
    "comment on column rule.tried is 'the last look at what it would have decided, asked for or done'",
    "create unique index rule_active on rule (kind) where state = 'active'",
    """
    create table job (
        job_id uuid not null primary key,
        person text not null,
        said jsonb not null,
        digest text not null,
        state text not null,
        rows int not null,
        position int not null,
        counts jsonb not null,
        asked_at timestamptz not null,
        done_at timestamptz
    )
    """,
    "comment on table job is 'what is done to many leads'",
    "comment on column job.person is 'who asked for it; it is done in his name, with the rights that he has then'",
    "comment on column job.said is 'what is done'",
    "comment on column job.digest is 'of what was asked for, to tell it from another request under the same key'",
    "comment on column job.position is 'so many rows are done'",
    "comment on column job.counts is 'how many rows ended with which status'",
    "create index job_open on job (asked_at) where state in ('waiting', 'running')",
    "create index job_over on job (done_at) where done_at is not null",
    """
    create table job_row (
        job_id uuid not null,
        n int not null,
        lead_id uuid not null,
        seen int,
        answer jsonb,
        primary key (job_id, n)
    )
    """,
    "comment on table job_row is 'the leads that it is done to'",
    "comment on column job_row.seen is 'the last entry of its timeline that who asked had read'",
    "comment on column job_row.answer is 'what became of it; null as long as it was not its turn'",
)
# What each version says, word for word; the last of a kind is in force.
FIRST = (
    (
        "scorecard",
        1,
        "archived",
        (
            '{"terms": [{"name": "brought by a salesperson", "points": 25, "fact": "source", "among": '
            '["sales"]}, {"name": "called us", "points": 20, "fact": "source", "among": ["phone"]}, {"name": '
            '"imported from a known system", "points": 20, "fact": "source", "among": ["import"]}, {"name": '
            '"answered a campaign", "points": 10, "fact": "source", "among": ["campaign"]}, {"name": "wrote on '
            'the web site", "points": 5, "fact": "source", "among": ["web"]}, {"name": "has a phone number", '
            '"points": 15, "fact": "phone", "among": [true]}, {"name": "has an e-mail address", "points": 10, '
            '"fact": "email", "among": [true]}, {"name": "writes from a company\'s address", "points": 10, '
            '"fact": "company_mail", "among": [true]}, {"name": "names a company", "points": 10, "fact": '
            '"company", "among": [true]}, {"name": "is known by another system", "points": 10, "fact": '
            '"external_id", "among": [true]}, {"name": "wrote a few words", "points": 5, "fact": "message", '
            '"among": ["short"]}, {"name": "wrote what they need", "points": 15, "fact": "message", "among": '
            '["long", "medium"]}, {"name": "names a product", "points": 10, "fact": "product", "among": [true]}, '
            '{"name": "country is known", "points": 5, "fact": "country", "among": [true]}, {"name": "expects to '
            'spend", "points": 10, "fact": "amount", "among": ["some"]}, {"name": "expects to spend a lot", '
            '"points": 20, "fact": "amount", "among": ["large"]}, {"name": "likely to buy", "points": 15, '
            '"attribute": "likelihood", "at_least": 70}, {"name": "wants it soon", "points": 15, "attribute": '
            '"timeframe", "among": ["now", "this_month", "this_quarter"]}, {"name": "wants it much later", '
            '"points": -20, "attribute": "timeframe", "among": ["later", "next_year"]}, {"name": "seeks a job", '
            '"points": -20, "attribute": "purpose", "among": ["job"], "ends_it": true}, {"name": "wants to sell '
            'to us", "points": -20, "attribute": "purpose", "among": ["supplier"], "ends_it": true}, {"name": '
            '"has a link in the message", "points": -5, "fact": "links", "at_least": 1, "spam": 20}, {"name": '
            '"has many links in the message", "points": -20, "fact": "links", "at_least": 3, "spam": 40}, '
            '{"name": "repeats itself", "points": -20, "fact": "repeated", "among": [true], "spam": 50}], '
            '"grades": [["A", 70], ["B", 50], ["C", 25], ["D", 0]], "dispositions": {"A": "near_term", "B": '
            '"near_term", "C": "nurture", "D": "needs_qualifier"}, "likelihood": {"A": 60, "B": 35, "C": 15, '
            '"D": 5}, "large": {"EUR": 1000000, "USD": 1000000, "GBP": 900000, "CHF": 1000000, "BRL": 5500000, '
            '"CNY": 7500000, "INR": 90000000, "IRR": 500000000000, "JPY": 1500000}, "doubtful_at": 30, '
            '"not_genuine_at": 60}'
        ),
    ),
    (
        "scorecard",
        2,
        "archived",
        (
            '{"terms": [{"name": "brought by a salesperson", "points": 25, "fact": "source", "among": '
            '["sales"]}, {"name": "called us", "points": 20, "fact": "source", "among": ["phone"]}, {"name": '
            '"imported from a known system", "points": 20, "fact": "source", "among": ["import"]}, {"name": '
            '"answered a campaign", "points": 10, "fact": "source", "among": ["campaign"]}, {"name": "wrote on '
            'the web site", "points": 5, "fact": "source", "among": ["web"]}, {"name": "has a phone number", '
            '"points": 15, "fact": "phone", "among": [true]}, {"name": "has an e-mail address", "points": 10, '
            '"fact": "email", "among": [true]}, {"name": "writes from a company\'s address", "points": 10, '
            '"fact": "company_mail", "among": [true]}, {"name": "names a company", "points": 10, "fact": '
            '"company", "among": [true]}, {"name": "is known by another system", "points": 10, "fact": '
            '"external_id", "among": [true]}, {"name": "wrote a few words", "points": 5, "fact": "message", '
            '"among": ["short"]}, {"name": "wrote what they need", "points": 15, "fact": "message", "among": '
            '["long", "medium"]}, {"name": "names a product", "points": 10, "fact": "product", "among": [true]}, '
            '{"name": "country is known", "points": 5, "fact": "country", "among": [true]}, {"name": "expects to '
            'spend", "points": 10, "fact": "amount", "among": ["some"]}, {"name": "expects to spend a lot", '
            '"points": 20, "fact": "amount", "among": ["large"]}, {"name": "likely to buy", "points": 15, '
            '"attribute": "likelihood", "at_least": 70, "as_written": true}, {"name": "wants it soon", "points": '
            '15, "attribute": "timeframe", "among": ["now", "this_month", "this_quarter"], "as_written": true}, '
            '{"name": "wants it much later", "points": -20, "attribute": "timeframe", "among": ["later", '
            '"next_year"], "as_written": true}, {"name": "seeks a job", "points": -20, "attribute": "purpose", '
            '"among": ["job"], "ends_it": true, "as_written": true}, {"name": "wants to sell to us", "points": '
            '-20, "attribute": "purpose", "among": ["supplier"], "ends_it": true, "as_written": true}, {"name": '
            '"has a link in the message", "points": -5, "fact": "links", "at_least": 1, "spam": 20}, {"name": '
            '"has many links in the message", "points": -20, "fact": "links", "at_least": 3, "spam": 20}, '
            '{"name": "has five links or more", "points": -20, "fact": "links", "at_least": 5, "spam": 30}, '
            '{"name": "repeats itself", "points": -20, "fact": "repeated", "among": [true], "spam": 50}], '
            '"grades": [["A", 70], ["B", 50], ["C", 25], ["D", 0]], "dispositions": {"A": "near_term", "B": '
            '"near_term", "C": "nurture", "D": "needs_qualifier"}, "likelihood": {"A": 60, "B": 35, "C": 15, '
            '"D": 5}, "large": {"EUR": 1000000, "USD": 1000000, "GBP": 900000, "CHF": 1000000, "BRL": 5500000, '
            '"CNY": 7500000, "INR": 90000000, "IRR": 500000000000, "JPY": 1500000}, "doubtful_at": 30, '
            '"not_genuine_at": 60}'
        ),
    ),
    (
        "scorecard",
        3,
        "active",
        (
            '{"terms": [{"name": "brought by a salesperson", "points": 25, "fact": "source", "among": '
            '["sales"]}, {"name": "called us", "points": 20, "fact": "source", "among": ["phone"]}, {"name": '
            '"imported from a known system", "points": 20, "fact": "source", "among": ["import"]}, {"name": '
            '"answered a campaign", "points": 10, "fact": "source", "among": ["campaign"]}, {"name": "wrote on '
            'the web site", "points": 5, "fact": "source", "among": ["web"]}, {"name": "has a phone number", '
            '"points": 15, "fact": "phone", "among": [true]}, {"name": "has an e-mail address", "points": 10, '
            '"fact": "email", "among": [true]}, {"name": "writes from a company\'s address", "points": 10, '
            '"fact": "company_mail", "among": [true]}, {"name": "names a company", "points": 10, "fact": '
            '"company", "among": [true]}, {"name": "is known by another system", "points": 10, "fact": '
            '"external_id", "among": [true]}, {"name": "wrote a few words", "points": 5, "fact": "message", '
            '"among": ["short"]}, {"name": "wrote what they need", "points": 15, "fact": "message", "among": '
            '["long", "medium"]}, {"name": "names a product", "points": 10, "fact": "product", "among": [true]}, '
            '{"name": "country is known", "points": 5, "fact": "country", "among": [true]}, {"name": "expects to '
            'spend", "points": 10, "fact": "amount", "among": ["some"]}, {"name": "expects to spend a lot", '
            '"points": 20, "fact": "amount", "among": ["large"]}, {"name": "likely to buy", "points": 15, '
            '"attribute": "likelihood", "at_least": 70, "as_written": true}, {"name": "wants it soon", "points": '
            '15, "attribute": "timeframe", "among": ["now", "this_month", "this_quarter"], "as_written": true}, '
            '{"name": "wants it much later", "points": -20, "attribute": "timeframe", "among": ["later", '
            '"next_year"], "as_written": true}, {"name": "seeks a job", "points": -20, "attribute": "purpose", '
            '"among": ["job"], "ends_it": true, "as_written": true}, {"name": "wants to sell to us", "points": '
            '-20, "attribute": "purpose", "among": ["supplier"], "ends_it": true, "as_written": true}, {"name": '
            '"has a link in the message", "points": -5, "fact": "links", "at_least": 1, "spam": 20}, {"name": '
            '"has many links in the message", "points": -20, "fact": "links", "at_least": 3, "spam": 20}, '
            '{"name": "has five links or more", "points": -20, "fact": "links", "at_least": 5, "spam": 30}, '
            '{"name": "repeats itself", "points": -20, "fact": "repeated", "among": [true], "spam": 50}, '
            '{"name": "filled the trap", "points": 0, "signal": "trap_filled", "spam": 40}, {"name": "was sent '
            'too fast", "points": 0, "signal": "sent_too_fast", "spam": 20}, {"name": "does not say when it was '
            'shown", "points": 0, "signal": "token_missing", "spam": 10}], "grades": [["A", 70], ["B", 50], '
            '["C", 25], ["D", 0]], "dispositions": {"A": "near_term", "B": "near_term", "C": "nurture", "D": '
            '"needs_qualifier"}, "likelihood": {"A": 60, "B": 35, "C": 15, "D": 5}, "large": {"EUR": 1000000, '
            '"USD": 1000000, "GBP": 900000, "CHF": 1000000, "BRL": 5500000, "CNY": 7500000, "INR": 90000000, '
            '"IRR": 500000000000, "JPY": 1500000}, "doubtful_at": 30, "not_genuine_at": 60}'
        ),
    ),
    (
        "response",
        1,
        "active",
        (
            '{"promises": [{"within": "2h", "steps": [{"after": "1h"}, {"after": "4h", "to": "manager"}, '
            '{"after": "1d", "does": "take_back", "to": null}]}, {"within": "5d", "steps": [{"after": "1d"}], '
            '"kind": "imported"}, {"within": "1d", "steps": [{"after": "4h"}, {"after": "1d", "to": "manager"}], '
            '"kind": "material"}, {"within": "1d", "steps": [{"after": "4h"}, {"after": "1d", "to": "manager"}], '
            '"kind": "sample"}, {"within": "1d", "steps": [{"after": "4h"}, {"after": "1d", "to": "manager"}], '
            '"kind": "quotation"}, {"within": "1d", "steps": [{"after": "4h"}, {"after": "1d", "to": '
            '"manager"}], "kind": "technical_advice"}, {"within": "1d", "steps": [{"after": "4h"}, {"after": '
            '"1d", "to": "manager"}], "kind": "document"}], "kinds": {"material": false, "sample": false, '
            '"quotation": true, "technical_advice": false, "document": true, "call_back": false, "asked_again": '
            'false, "follow_up": false, "other": false}}'
        ),
    ),
    (
        "waiting",
        1,
        "active",
        ('{"queue": "2h", "returned": "4h", "qualification": "4h", "unroutable": "4h", "nurture": "90d", "again": 1}'),
    ),
    (
        "reasons",
        1,
        "active",
        (
            '{"codes": {"return": ["wrong_area", "wrong_product", "wrong_language", "wrong_person", "duplicate", '
            '"not_genuine", "overload", "conflict", "other"], "discard": ["spam", "not_genuine", "duplicate", '
            '"no_need", "competitor", "private_person", "not_served", "applicant", "other"], "undecided": '
            '["asked_customer", "not_reached", "unclear", "other"], "reopen": ["back_again", "recorded_wrongly", '
            '"cancelled_order", "other"], "restore": ["discarded_wrongly", "back_again", "other"], "lost": '
            '["price", "no_budget", "delivery_time", "competitor", "product", "quality", "timing", "no_need", '
            '"no_decision", "no_answer", "other"]}, "kept_days": {"spam": 30}, "kept_days_otherwise": 180}'
        ),
    ),
)


def upgrade() -> None:
    """Makes the tables and puts the first versions in."""
    for statement in SQL:
        op.execute(statement)
    for kind, version, state, content in FIRST:
        said = content.replace("'", "''").replace(":", r"\:")
        op.execute(
            "insert into rule (kind, version, state, content, author, at, edit, history)"  # noqa: S608 - the texts above
            f" values ('{kind}', {version}, '{state}', '{said}', 'service\\:leads', now(), 1, '[]')"
        )
