"""What an answer must be."""

import httpx

SECRET = "jose@example.org"


def problem(answer: httpx.Response, status: int) -> dict[str, object]:
    """The problem document of an answer, which must be one and hold no input."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert SECRET not in answer.text
    body: dict[str, object] = answer.json()
    assert body["status"] == status
    assert body["title"]
    return body
