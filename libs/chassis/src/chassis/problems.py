"""Errors as RFC 9457 problem details: a title, a sentence, and the fields that are wrong, never the value that was sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"

# What a problem of each status means, whichever door answers it. No other problem is answered anywhere, but for 500: a bug.
MEANINGS = {
    400: "The body can't be read.",
    401: "The caller did not show the token that opens this door.",
    403: "The caller may not do this.",
    404: "There is no such thing.",
    405: "The path does not take this method; `Allow` names those that it takes.",
    408: "The body took too long to come. Nothing was taken.",
    409: "What is on record stands against it.",
    410: "It was here and is gone for good.",
    412: "It was changed since it was read: read it again.",
    413: "The body is too large. Nothing was taken.",
    415: "The content type is not taken here.",
    422: "Fields are wrong; each is named. Nothing was taken.",
    428: "It may only be changed by who has read it: send the `ETag` in `If-Match`.",
    429: "Too many calls. Nothing was taken.",
    503: "Something that is needed is away or full. Nothing was taken: try again.",
}
HEADERS = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After"}


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong: the path of the field, and why, in words that hold no input."""

    field: str
    reason: str


class ProblemDocument(BaseModel):
    """Why a request was not carried out (RFC 9457). ``title`` says what kind of problem it is, ``detail`` what to do about it."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[FieldError] | None = None


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's ``responses``: it answers these with a problem document too."""
    return {
        status: {"$ref": f"#/components/responses/{status}", "description": MEANINGS[status]} for status in statuses
    }


NOT_JSON = FieldError("body", "is not valid JSON")


class Problem(Exception):
    """Ends a request with a problem document."""

    def __init__(
        self,
        status: int,
        title: str,
        *,
        detail: str | None = None,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status, self.title, self.detail = status, title, detail
        self.errors, self.headers = tuple(errors), dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The document; ``type`` is about:blank because the title says all there is."""
        body: dict[str, Any] = {"type": "about:blank", "title": self.title, "status": self.status}
        if self.detail:
            body["detail"] = self.detail
        if self.errors:
            body["errors"] = [{"field": e.field, "reason": e.reason} for e in self.errors]
        return body

    def response(self) -> JSONResponse:
        """The answer that carries this problem."""
        return JSONResponse(self.body(), self.status, headers=self.headers, media_type=MEDIA_TYPE)


def not_valid(errors: Iterable[FieldError]) -> Problem:
    """422: the request was understood, and these fields are wrong."""
    return Problem(422, "The request is not valid", errors=errors)


def unavailable(what: str, retry_after_s: int = 2) -> Problem:
    """503 with Retry-After: nothing was taken, the sender keeps it and tries again."""
    return _later(f"{what} is away", retry_after_s)


def contended() -> Problem:
    """503 with Retry-After: another request was at the same rows, and this one gave way."""
    return _later("Others were changing the same", 1)


def too_slow() -> Problem:
    """503 with Retry-After: the database is there, and what was asked of it took longer than a door waits."""
    return _later("The answer took too long", 2, "Ask for less, such as a shorter time, or try again.")


def _later(title: str, after_s: int, detail: str = "Try again.") -> Problem:
    return Problem(503, title, detail=f"Nothing was taken. {detail}", headers={"Retry-After": str(after_s)})


def absent(title: str, detail: str | None = None) -> Problem:
    """404, alike for what is not there and for what is not there *for him*. The gateway sends it in the same time class too
    (http.py)."""
    return Problem(404, title, detail=detail)


def path_of(loc: Iterable[int | str]) -> str:
    """``("body", "lines", 2, "owner")`` as ``lines[2].owner``."""
    path = ""
    for part in loc:
        if part == "body" and not path:
            continue
        path += f"[{part}]" if isinstance(part, int) else (f".{part}" if path else str(part))
    return path or "body"


def field_errors(error: Iterable[Mapping[str, Any]]) -> list[FieldError]:
    """Pydantic's errors as ours; the message is pydantic's, which may quote a limit but not the input."""
    found = []
    for e in error:
        if e.get("type") == "json_invalid":  # its place is an offset in the text, which is no field
            found.append(NOT_JSON)
        else:
            reason = str(e.get("msg", "is not valid")).removeprefix("Value error, ")  # pydantic's own words before ours
            found.append(FieldError(path_of(e.get("loc", ())), reason))
    return found


def install(app: FastAPI) -> None:
    """Every error of this app is a problem document."""

    async def on_problem(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return error.response()

    async def on_invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        errors = error.errors()
        if any(e.get("type") == "json_invalid" for e in errors):
            return Problem(400, "The body is not valid JSON", errors=field_errors(errors)).response()
        return not_valid(field_errors(errors)).response()

    async def on_http(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == 400 and isinstance(error.__cause__, ValueError | RecursionError):
            return Problem(400, "The body is not valid JSON", errors=[NOT_JSON]).response()
        return Problem(error.status_code, str(error.detail), headers=error.headers).response()

    async def on_bug(_: Request, error: Exception) -> JSONResponse:
        return Problem(
            500, "Something went wrong here", detail="It is on record; the request was not carried out."
        ).response()

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_bug)
