"""Each service's own page about its doors: a valid document, and nothing fetched from strangers."""

import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from stage import SERVICES, Stage

pytestmark = pytest.mark.xdist_group("stack")
FETCHED = re.compile(r"""(?:src|href|url\()\s*[=:]?\s*["']?([^"'\s>)]+)""")


def test_every_openapi_document_is_valid(stage: Stage) -> None:
    wrong = {
        service: [f"{'.'.join(map(str, e.absolute_path))}: {e.message}"[:300] for e in errors]
        for service in SERVICES
        if (
            errors := [
                *OpenAPIV31SpecValidator(stage.public.get(stage.url(service, "/openapi.json")).json()).iter_errors()
            ]
        )
    }
    assert wrong == {}


def test_the_page_about_the_doors_fetches_nothing_from_strangers(stage: Stage) -> None:
    for service in SERVICES:
        page = stage.public.get(stage.url(service, "/docs")).text
        fetched = set(FETCHED.findall(page)) - {"'/openapi.json'"}
        assert "//" not in "".join(fetched), fetched
        parts = {path for path in fetched if path.startswith("/docs/static/")}
        assert {path.rsplit(".", 1)[1] for path in parts} == {"js", "css", "png"}
        for path in parts:
            answer = stage.public.get(stage.url(service, path))
            assert (answer.status_code, len(answer.content) > 1_000) == (200, True)
    script = stage.public.get(stage.url("leads", "/docs/static/swagger-ui-bundle.js")).text
    assert "SwaggerUIBundle" in script
