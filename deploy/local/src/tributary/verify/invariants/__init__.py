"""What must be true of every stack at every moment: pure functions over what was read, each giving counter-examples."""

from tributary.verify.invariants.access import ACCESS, MEMBERSHIPS
from tributary.verify.invariants.activities import ACTIVITIES
from tributary.verify.invariants.agreed import AGREED
from tributary.verify.invariants.decisions import DECISIONS, DECISIONS_TOLD, FOLLOWED, OWNERS, ROTATION, STANDING
from tributary.verify.invariants.forms import FORMS
from tributary.verify.invariants.kpis import AS_OF, FACTS, KPIS, KPIS_TOLD
from tributary.verify.invariants.ledger import DOUBLE_ENTRY, LINES, POSTINGS_TOLD, SPENDS
from tributary.verify.invariants.openings import OPENINGS
from tributary.verify.invariants.opportunities import OPPORTUNITIES
from tributary.verify.invariants.order import ORDER
from tributary.verify.invariants.parked import UNREADABLE
from tributary.verify.invariants.placement import ACCOUNTED, CONSERVED
from tributary.verify.invariants.plans import PLANS
from tributary.verify.invariants.private import PRIVATE
from tributary.verify.invariants.reasons import MARKETS, REASONS
from tributary.verify.invariants.records import ACCEPTED, LEADS, OUTCOMES
from tributary.verify.invariants.requests import REQUESTS
from tributary.verify.invariants.sequences import SEQUENCES
from tributary.verify.invariants.transfers import TRANSFERS
from tributary.verify.invariants.turns import TURNS
from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.invariants.written import SEALED, WRITTEN

INVARIANTS: tuple[Invariant, ...] = (
    ACCEPTED,
    LEADS,
    OUTCOMES,
    WRITTEN,
    SEALED,
    PRIVATE,
    FORMS,
    DECISIONS,
    DECISIONS_TOLD,
    REASONS,
    MARKETS,
    OWNERS,
    STANDING,
    FOLLOWED,
    CONSERVED,
    SEQUENCES,
    ORDER,
    SPENDS,
    DOUBLE_ENTRY,
    LINES,
    POSTINGS_TOLD,
    PLANS,
    AGREED,
    FACTS,
    KPIS,
    KPIS_TOLD,
    AS_OF,
    ROTATION,
    TURNS,
    ACCESS,
    MEMBERSHIPS,
    OPENINGS,
    ACTIVITIES,
    REQUESTS,
    OPPORTUNITIES,
    TRANSFERS,
    UNREADABLE,
    ACCOUNTED,
)

__all__ = ["INVARIANTS", "Invariant", "Violation"]
