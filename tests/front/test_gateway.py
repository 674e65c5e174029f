"""The gateway as strangers try it: what passes, what never does, and what a service gets to hear of a browser."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tributary.child_process import StackError, free_port
from tributary.gateway import Certificate, LocalGateway

COOKIE = {"cookie": "tributary-session=good"}
OURS = {"sec-fetch-site": "same-origin"}
FORGED = {
    "authorization": "Bearer forged",
    "x-forwarded-user": "boss",
    "x-remote-user": "boss",
    "remote-user": "boss",
    "x-auth-request-user": "boss",
    "forwarded": "for=10.0.0.1",
}


class Door(BaseHTTPRequestHandler):
    """Knows one cookie."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        good = "tributary-session=good" in self.headers.get("cookie", "") and self.path == "/internal/session"
        body = b"" if good else json.dumps({"title": "Sign in", "status": 401, "path": self.path}).encode()
        self.send_response(200 if good else 401)
        if good:
            self.send_header("authorization", "Bearer of-the-door")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


class Upstream(BaseHTTPRequestHandler):
    """Says what it has heard; at /v1/stream, three events with a pause between."""

    protocol_version = "HTTP/1.1"
    heard: ClassVar[list[tuple[str, str, dict[str, str]]]] = []

    def do_GET(self) -> None:
        self.heard.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.send_response(200)
        self.send_header("set-cookie", "own=1")
        self.send_header("server", "upstream")
        if self.path.startswith("/f/"):
            self.send_header("content-security-policy", "default-src 'none'; frame-ancestors https://www.example.com")
        if self.path != "/v1/stream":
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")
            return
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for number in range(3):
            self.wfile.write(f"data: {number}\n\n".encode())
            self.wfile.flush()
            time.sleep(0.3)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.do_GET()

    log_message = Door.log_message


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The gateway between this client and two strangers that stand for door and services."""
    home = tmp_path_factory.mktemp("gateway")
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for handler in (Door, Upstream)]
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    door, upstream = (f"127.0.0.1:{server.server_address[1]}" for server in servers)
    made = LocalGateway(home, free_port(), "a-word-of-this-test")
    made.leads_to(door, dict.fromkeys(("leads", "territory", "campaigns", "metrics"), upstream))
    with made, httpx.Client(base_url=made.address, trust_env=False, timeout=10) as client:
        yield client
    for server in servers:
        server.shutdown()


@pytest.fixture(autouse=True)
def _nothing_heard() -> None:
    Upstream.heard.clear()


def test_without_a_session_no_service_is_asked(gateway: httpx.Client) -> None:
    for headers in ({}, {"cookie": "tributary-session=bad"}, FORGED, {"authorization": "Bearer of-the-door"}):
        assert gateway.get("/api/metrics/v1/kpis", headers=headers).status_code == 401
    assert not Upstream.heard


def test_a_service_hears_the_doors_token_and_nothing_that_a_browser_claims_of_itself(gateway: httpx.Client) -> None:
    assert gateway.get("/api/leads/v1/leads/7?wait=1", headers=COOKIE | FORGED).status_code == 200
    [(_, path, heard)] = Upstream.heard
    assert path == "/v1/leads/7?wait=1"
    assert heard["authorization"] == "Bearer of-the-door"
    assert not {"cookie", *(FORGED.keys() - {"authorization"})} & heard.keys()
    assert "forged" not in str(heard)
    assert "boss" not in str(heard)


def test_a_service_sets_no_cookie_here(gateway: httpx.Client) -> None:
    assert "set-cookie" not in gateway.get("/api/leads/v1/x", headers=COOKIE).headers


@pytest.mark.parametrize("path", ["/api/leads/v1/leads", "/auth/logout"])
def test_a_page_of_another_site_can_make_nothing_happen(gateway: httpx.Client, path: str) -> None:
    here = str(gateway.base_url).rstrip("/")
    for headers in (
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.example"},
    ):
        answer = gateway.post(path, headers=COOKIE | headers)
        assert (answer.status_code, answer.json()["title"]) == (403, "This comes from another site"), headers
    assert not Upstream.heard
    for headers in (OURS, {"origin": here}):
        assert gateway.post(path, headers=COOKIE | headers).status_code != 403, headers


@pytest.mark.parametrize(
    "path",
    ["/internal/session", "/api/metrics/metrics", "/api/metrics/docs", "/api/leads/openapi.json", "/api/other/v1/x", "/auth/nothing",
     "/api/leads/v1/../metrics", "/api/leads/v1/%2e%2e/metrics", "//internal/session"],
)  # fmt: skip
def test_only_what_a_page_needs_is_reached(gateway: httpx.Client, path: str) -> None:
    answer = httpx.request("GET", str(gateway.base_url).rstrip("/") + path, headers=COOKIE, trust_env=False)
    assert answer.status_code == 404 or "<!doctype html>" in answer.text.lower()
    assert not [heard for _, heard, _ in Upstream.heard if not heard.startswith("/v1/")]


FORMS = (
    "/f/spring",
    "/f/spring/thanks",
    "/f/-/form.css",
    *(f"/v1/forms/spring/{one}" for one in ("definition", "embed.js")),
)


def test_lead_forms_are_for_strangers_and_nobody_is_known_there(gateway: httpx.Client) -> None:
    for path in FORMS:
        assert gateway.get(f"{path}?lang=fa", headers=COOKIE | FORGED).status_code == 200
    sent = {"sec-fetch-site": "cross-site", "origin": "https://www.example.com"}
    assert gateway.post("/v1/forms/spring/submissions", json={}, headers=COOKIE | FORGED | sent).status_code == 200
    assert [path for _, path, _ in Upstream.heard] == [
        *(f"{path}?lang=fa" for path in FORMS),
        "/v1/forms/spring/submissions",
    ]
    for _, _, heard in Upstream.heard:
        assert not {"cookie", "authorization", "forwarded"} & heard.keys()
    assert Upstream.heard[-1][2]["origin"] == "https://www.example.com"
    assert Upstream.heard[-1][2]["host"] == gateway.base_url.netloc.decode()


def test_a_page_of_a_form_says_itself_who_may_hold_it(gateway: httpx.Client) -> None:
    headers = gateway.get("/f/spring").headers
    assert headers.get_list("content-security-policy") == [
        "default-src 'none'; frame-ancestors https://www.example.com"
    ]
    assert "cross-origin-opener-policy" not in headers
    assert "set-cookie" not in headers
    assert "server" not in headers


@pytest.mark.parametrize(
    "path",
    ["/v1/leads", "/v1/forms/spring/other", "/v1/forms/spring/../../leads/batch", "/v1/form-definitions", "/f/a/b/c"],
)
def test_no_other_door_stands_beside_the_forms(gateway: httpx.Client, path: str) -> None:
    answer = httpx.post(str(gateway.base_url).rstrip("/") + path, json={}, headers=OURS, trust_env=False)
    assert answer.status_code == 404
    assert not Upstream.heard


def test_events_are_passed_on_as_they_come(gateway: httpx.Client) -> None:
    came = []
    with gateway.stream("GET", "/api/metrics/v1/stream", headers=COOKIE) as answer:
        for line in answer.iter_lines():
            if line:
                came.append(time.monotonic())
    assert len(came) == 3
    assert came[2] - came[0] > 0.4, "they came all at once"


def test_every_answer_says_what_a_page_may_do(gateway: httpx.Client) -> None:
    for path in ("/", "/today", "/auth/me", "/api/leads/v1/x", "/api/nothing"):
        headers = gateway.get(path).headers
        policy = headers["content-security-policy"]
        wanted = (
            "default-src 'none'",
            "script-src 'self'",
            "require-trusted-types-for 'script'",
            "frame-ancestors 'none'",
        )
        assert [one for one in wanted if one not in policy] == [], path
        assert "'unsafe" not in policy
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")
        assert "server" not in headers


def test_the_page_is_asked_for_anew_and_its_parts_are_kept(gateway: httpx.Client) -> None:
    page = gateway.get("/today?by=team")
    assert page.headers["cache-control"] == "no-cache"
    part = next(word for word in page.text.split('"') if word.startswith("/assets/"))
    assert "immutable" in gateway.get(part).headers["cache-control"]
    assert gateway.get("/assets/nothing.js").status_code == 404


NUMBERS = "/v1/kpis/stream"


def test_a_number_on_another_sites_page_is_asked_for_with_a_ticket_and_as_nobody(gateway: httpx.Client) -> None:
    """What the ticket is worth, and which site may read the answer, says metrics."""
    sent = {"origin": "https://www.example.com", "sec-fetch-site": "cross-site"}
    answer = gateway.get(f"{NUMBERS}?by=team&ticket=t", headers=COOKIE | FORGED | sent)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    [(_, path, heard)] = Upstream.heard
    assert path == f"{NUMBERS}?by=team&ticket=t"
    assert not {"cookie", "authorization", "forwarded"} & heard.keys()
    assert heard["origin"] == "https://www.example.com"


@pytest.mark.parametrize("path", [NUMBERS, "/v1/kpis?ticket=t", "/v1/kpis/stream/tickets?ticket=t"])
def test_without_a_ticket_there_is_no_stream_and_nothing_beside_it(gateway: httpx.Client, path: str) -> None:
    assert gateway.get(path, headers=COOKIE).status_code == 404
    assert gateway.post(path, headers=COOKIE | OURS).status_code == 404
    assert not Upstream.heard


def test_the_script_of_that_number_may_be_loaded_by_every_site_and_nothing_else_may(gateway: httpx.Client) -> None:
    headers = gateway.get("/embed/kpi.js").headers
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["content-type"].startswith("text/javascript")
    assert gateway.get("/embed/other.js").status_code == 404
    assert "access-control-allow-origin" not in gateway.get("/").headers


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """One for localhost that nobody has signed but itself."""
    home = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (home / "chain.pem").write_bytes(made.public_bytes(pem))
    told = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (home / "key.pem").write_bytes(key.private_bytes(pem, *told))
    return Certificate(home / "chain.pem", home / "key.pem")


def test_with_a_certificate_browsers_come_by_tls_and_http_2(certificate: Certificate, tmp_path: Path) -> None:
    gone = f"127.0.0.1:{free_port()}"
    made = LocalGateway(tmp_path, free_port(), "a-word-behind-tls", certificate)
    made.leads_to(gone, dict.fromkeys(("leads", "territory", "campaigns", "metrics"), gone))
    trusting = ssl.create_default_context(cafile=str(certificate.chain))
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    with made:
        assert made.address == f"https://localhost:{made.port}"
        plain = socket.create_connection(("localhost", made.port), timeout=5)
        with trusting.wrap_socket(plain, server_hostname="localhost") as secured:
            assert (secured.selected_alpn_protocol(), secured.version()) == ("h2", "TLSv1.3")
        answer = httpx.get(f"{made.address}/livez", verify=trusting, trust_env=False)
        assert answer.text == "a-word-behind-tls"
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert httpx.get(f"http://localhost:{made.port}/livez", trust_env=False).status_code == 400


def test_half_a_certificate_is_said_so(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Certificate.given() is None
    monkeypatch.setenv("TRIBUTARY_CERTIFICATE", str(certificate.chain))
    with pytest.raises(StackError, match="TRIBUTARY_CERTIFICATE_KEY names no file"):
        Certificate.given()
    monkeypatch.setenv("TRIBUTARY_CERTIFICATE_KEY", str(certificate.key))
    assert Certificate.given() == certificate


def test_a_service_that_is_away_is_said_so(tmp_path: Path) -> None:
    gone = f"127.0.0.1:{free_port()}"
    made = LocalGateway(tmp_path, free_port(), "another-word")
    made.leads_to(gone, dict.fromkeys(("leads", "territory", "campaigns", "metrics"), gone))
    with made:
        answer = httpx.get(f"{made.address}/api/leads/v1/x", trust_env=False)
    assert answer.status_code == 502
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "A part of the system is away"


def test_another_name_of_this_machine_is_not_answered(gateway: httpx.Client) -> None:
    """A page elsewhere whose name was made to lead here gets nothing."""
    answer = gateway.get("/api/leads/v1/x", headers=COOKIE | {"host": "evil.example"})
    assert not answer.content
    assert not Upstream.heard
