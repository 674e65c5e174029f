"""The leads service, put together."""

from typing import Any

from chassis import Service
from contracts.leads.intake import INTAKE
from contracts.leads.lead import LEAD
from leads import handlers
from leads.api import leads, page
from leads.api.capture import CAPTURE_TYPES, capture
from leads.api.forms import LeadForm
from leads.api.seal import fetch_door_key
from leads.jobs import JOBS
from leads.settings import LeadsSettings

CAPTURE = "/v1/leads"


def build(settings: LeadsSettings) -> Service:
    """Leads from every source, qualified, on record, with their outcomes."""
    service = Service(
        "leads",
        settings,
        router=handlers.router,
        jobs=JOBS,
        api=(page.router, leads.router),
        streams=(LEAD,),
        intake=(INTAKE,),
        mounts={CAPTURE: capture, f"{CAPTURE}/": capture},
        accepts={CAPTURE: CAPTURE_TYPES, f"{CAPTURE}/": CAPTURE_TYPES},
        background=(fetch_door_key,),
        description="Takes leads from web forms, telephone, campaigns, salespeople and imports, and keeps their record.",
    )
    _describe_capture(service)
    return service


def _describe_capture(service: Service) -> None:
    """The capture door is no FastAPI route; the document shows it all the same."""
    generated = service.api.openapi

    def openapi() -> dict[str, Any]:
        document = generated()
        schema = LeadForm.model_json_schema(ref_template="#/components/schemas/{model}")
        document.setdefault("components", {}).setdefault("schemas", {}).update(schema.pop("$defs", {}))
        content = {kind: {"schema": schema} for kind in sorted(CAPTURE_TYPES)}
        problem = {"description": "A problem document that names each field."}
        document["paths"][CAPTURE] = {
            "post": {
                "tags": ["capture"],
                "summary": "Takes a lead. Public; answered when the broker has it.",
                "operationId": "capture",
                "parameters": [
                    {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}}
                ],
                "requestBody": {"required": True, "content": content},
                "responses": {
                    "202": {"description": "Accepted.", "headers": {"Location": {"schema": {"type": "string"}}}},
                    "303": {"description": "A plain HTML form (Accept: text/html): on to the page of thanks."},
                    **dict.fromkeys(("400", "401", "413", "415", "422", "503"), problem),
                },
            }
        }
        return document

    service.api.openapi = openapi  # type: ignore[method-assign]
