"""Makes Kafka's users and their rights what the contracts say: run as a job by the broker's admin, as the topics are made."""

import asyncio
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest_v1, DeleteAclsRequest_v1, DescribeAclsRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import CompactArray, CompactBytes, CompactString, Int8, Int16, Int32, Schema, TaggedFields

from chassis import broker
from chassis.settings import Settings
from contracts.principals import Right, principals, rights

ACTS_WITHIN_S = 20
ITERATIONS = 4096  # the least that Kafka takes: our passwords are random and not guessed from a list

_ANY, _LITERAL, _ALLOW, _SHA_512 = 1, 3, 3, 2
_KINDS = {"topic": 2, "group": 3}
_OPERATIONS = {"read": 3, "write": 4, "describe": 8}
_text, _bytes = CompactString("utf-8"), CompactBytes

Acl = tuple[int, str, int, str, str, int, int]  # kind, name, pattern, principal, host, operation, permission


class RightsRefused(Exception):
    """The broker did not make or tell a user or a right, in a sentence."""

    def __init__(self, words: str, code: int = 0) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True)
class Established:
    """What was changed: how many rights were given, how many taken away, whose passwords were set."""

    given: int
    taken: int
    users: tuple[str, ...]

    @property
    def words(self) -> str:
        """The same in a sentence."""
        users = ", ".join(self.users) or "nobody"
        return f"{self.given} rights given, {self.taken} taken away; passwords set of {users}"


def passwords(environment: Mapping[str, str]) -> dict[str, str]:
    """The passwords in the environment: CARD_FEEDS_KAFKA_PASSWORD is that of ``card-feeds``."""
    named = {principal: f"{principal.upper().replace('-', '_')}_KAFKA_PASSWORD" for principal in principals()}
    return {principal: environment[name] for principal, name in named.items() if environment.get(name)}


async def establish(settings: Settings, passwords: Mapping[str, str], more: Iterable[Right] = ()) -> Established:
    """Sets these passwords, gives what is missing of the contracts' rights and of ``more``, and takes what our principals have
    beyond them, whoever gave it. Principals that are not ours keep what they have. Repeated it changes nothing but passwords' salts.
    When it returns, the broker that was asked acts by it.

    Raises RightsRefused, TimeoutError, and what ``broker.admin`` raises.
    """
    wanted = {_acl(right) for right in (*rights(), *more)}
    ours = {f"User:{principal}" for principal in principals()} | {acl[3] for acl in wanted} | {"User:ANONYMOUS"}
    async with broker.admin(settings, timeout_ms=20_000) as admin:
        if passwords:
            await _set_passwords(admin, passwords)
        held = await held_rights(admin)
        missing, surplus = wanted - held, {acl for acl in held - wanted if acl[3] in ours}
        if missing:
            await _give(admin, missing)
        if surplus:
            await _take(admin, surplus)
        async with asyncio.timeout(ACTS_WITHIN_S):  # the broker hears of its controllers' decisions a moment later
            while not (missing <= (now := await held_rights(admin))) or surplus & now:
                await asyncio.sleep(0.02)
    return Established(len(missing), len(surplus), tuple(sorted(passwords)))


def _acl(right: Right) -> Acl:
    kind, operation = _KINDS[right.kind], _OPERATIONS[right.operation]
    return kind, right.name, _LITERAL, f"User:{right.principal}", "*", operation, _ALLOW


async def held_rights(admin: AIOKafkaAdminClient) -> set[Acl]:
    """Every right on the broker, whosever it is."""
    answer = await admin._send_request(DescribeAclsRequest(_ANY, None, _ANY, None, None, _ANY, _ANY))
    _refuse(answer.error_code, answer.error_message)
    return {(kind, name, pattern, *acl) for kind, name, pattern, acls in answer.resources for acl in acls}


async def _give(admin: AIOKafkaAdminClient, acls: Iterable[Acl]) -> None:
    for code, why in (await admin._send_request(_Give(acls))).creation_responses:
        _refuse(code, why)


async def _take(admin: AIOKafkaAdminClient, acls: Iterable[Acl]) -> None:
    for code, why, _ in (await admin._send_request(_Take(acls))).filter_responses:
        _refuse(code, why)


async def _set_passwords(admin: AIOKafkaAdminClient, passwords: Mapping[str, str]) -> None:
    """Only what proves the password travels, salted anew, never the password."""
    users: list[tuple[Any, ...]] = []
    for user, password in passwords.items():
        salt = secrets.token_bytes(32)
        proof = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
        users.append((user, _SHA_512, ITERATIONS, salt, proof, {}))
    for user, code, why, _ in (await admin._send_request(_AlterUsers(users))).results:
        _refuse(code, f"{user}: {why}")


def _refuse(code: int, why: str | None) -> None:
    if code:
        raise RightsRefused(
            f"Kafka refused to tell or change who may do what: {why or 'no reason given'} (code {code})", code
        )


class _Give(Request[CreateAclsRequest_v1]):  # type: ignore[misc]
    """Many at once; the client's own request holds one."""

    API_KEY = 30

    def __init__(self, acls: Iterable[Acl]) -> None:
        self._acls = sorted(acls)

    def build(self, request_struct_class: type[CreateAclsRequest_v1]) -> CreateAclsRequest_v1:
        return request_struct_class(self._acls)


class _Take(Request[DeleteAclsRequest_v1]):  # type: ignore[misc]
    """The same for what is taken away."""

    API_KEY = 31

    def __init__(self, acls: Iterable[Acl]) -> None:
        self._acls = sorted(acls)

    def build(self, request_struct_class: type[DeleteAclsRequest_v1]) -> DeleteAclsRequest_v1:
        return request_struct_class(self._acls)


# AlterUserScramCredentials (KIP-554), which aiokafka does not have.
class _UsersAltered(Response):  # type: ignore[misc]
    API_KEY = 51
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("results", CompactArray(("user", _text), ("code", Int16), ("why", _text), ("tags", TaggedFields))),
        ("tags", TaggedFields),
    )


class _AlterUsers_v0(RequestStruct):  # type: ignore[misc]
    FLEXIBLE_VERSION = True
    API_KEY = 51
    API_VERSION = 0
    RESPONSE_TYPE = _UsersAltered
    SCHEMA = Schema(
        ("deletions", CompactArray(("user", _text), ("mechanism", Int8), ("tags", TaggedFields))),
        (
            "upsertions",
            CompactArray(
                ("user", _text),
                ("mechanism", Int8),
                ("iterations", Int32),
                ("salt", _bytes),
                ("proof", _bytes),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _AlterUsers(Request[_AlterUsers_v0]):  # type: ignore[misc]
    API_KEY = 51

    def __init__(self, users: list[tuple[Any, ...]]) -> None:
        self._users = users

    def build(self, request_struct_class: type[_AlterUsers_v0]) -> _AlterUsers_v0:
        return request_struct_class([], self._users, {})
