"""The leads service, put together."""

from chassis import Service
from chassis.http import Mount
from contracts.leads.activity import ACTIVITY
from contracts.leads.audit import AUDIT
from contracts.leads.intake import INTAKE
from contracts.leads.lead import LEAD
from contracts.leads.opportunity import OPPORTUNITY
from contracts.leads.request import REQUEST
from contracts.leads.rule import RULE
from leads import handlers
from leads.api import (
    activity,
    board,
    bulk,
    conservation,
    document,
    form_definition,
    form_public,
    leads,
    list,
    merge,
    opening,
    page,
    request,
    rules,
    stage,
    timeline,
    verdict,
    work,
)
from leads.api.bulk_worker import follow_jobs
from leads.api.capture import CAPTURE_TYPES, OPERATION, capture
from leads.api.form_cache import follow_forms
from leads.api.permissions import ROLES
from leads.api.seal import fetch_door_key
from leads.jobs import JOBS
from leads.settings import LeadsSettings

CAPTURE = "/v1/leads"


def build(settings: LeadsSettings) -> Service:
    """Leads from every source, qualified, on record, with their outcomes."""
    return Service(
        "leads",
        settings,
        router=handlers.router,
        roles=ROLES,
        jobs=JOBS,
        api=(
            page.router,
            list.router,
            work.router,
            board.router,
            conservation.router,
            verdict.router,
            merge.router,
            bulk.router,
            stage.router,
            document.router,
            leads.router,
            activity.router,
            request.router,
            rules.router,
            timeline.router,
            opening.router,
            form_definition.router,
            form_public.router,
        ),
        streams=(LEAD, AUDIT, ACTIVITY, REQUEST, OPPORTUNITY, RULE),
        intake=(INTAKE,),
        mounts={CAPTURE: Mount(capture, operation=OPERATION), f"{CAPTURE}/": Mount(capture)},
        accepts={CAPTURE: CAPTURE_TYPES, f"{CAPTURE}/": CAPTURE_TYPES},
        background=(fetch_door_key, follow_forms, follow_jobs),
        description="Takes leads from web forms, telephone, campaigns, salespeople and imports, and keeps their record.",
    )
