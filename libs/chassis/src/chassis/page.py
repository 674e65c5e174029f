"""The page about a service's doors. FastAPI's own would fetch its scripts from strangers; here they come from a package."""

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

STATIC = "/docs/static"


def install(api: FastAPI) -> None:
    """GET /docs, and what it is made of."""

    @api.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            title=api.title,
            openapi_url="/openapi.json",
            swagger_js_url=f"{STATIC}/swagger-ui-bundle.js",
            swagger_css_url=f"{STATIC}/swagger-ui.css",
            swagger_favicon_url=f"{STATIC}/favicon.png",
        )

    api.mount(STATIC, StaticFiles(packages=[("fastapi_offline", "static")]))
