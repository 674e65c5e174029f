"""As whom a service comes to Kafka, and the broker's reason when it lets nobody in."""

import ssl
from collections.abc import Awaitable
from typing import Any

from aiokafka.conn import create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram512

from chassis.errors import Refused, brief
from chassis.settings import Settings


def client_arguments(settings: Settings) -> dict[str, Any]:
    """What each of aiokafka's clients is told of who comes; nothing where Kafka asks nobody. Raises ValueError as ``check_kafka`` does."""
    settings.check_kafka()
    if settings.kafka_security == "plaintext":
        return {}
    return {
        "security_protocol": settings.kafka_security.upper(),
        "ssl_context": settings.kafka_ssl(),
        "sasl_mechanism": settings.kafka_mechanism,
        "sasl_plain_username": settings.kafka_user,
        "sasl_plain_password": settings.kafka_password.get_secret_value(),
    }


def of_faststream(settings: Settings) -> BaseSecurity | None:
    """The same for FastStream's broker."""
    settings.check_kafka()
    if settings.kafka_security == "plaintext":
        return None
    kind = SASLScram512 if settings.kafka_mechanism == "SCRAM-SHA-512" else SASLPlaintext
    context = settings.kafka_ssl()
    password = settings.kafka_password.get_secret_value()
    return kind(settings.kafka_user, password, use_ssl=context is not None, ssl_context=context)


async def started(starting: Awaitable[Any], settings: Settings) -> None:
    """Waits for a client's start. A client says only that it reached nobody, whatever the broker said: that is asked for here.

    Raises Refused with the broker's reason, else what the client raised.
    """
    try:
        await starting
    except KafkaConnectionError:
        if why := await why_refused(settings):
            raise Refused(why) from None
        raise


async def why_refused(settings: Settings) -> str:
    """Why a broker that answers lets nobody in who comes as these settings say; empty where none answers, or where it does."""
    for address in settings.kafka_bootstrap_servers:
        host, _, port = address.rpartition(":")
        connection = None
        try:
            connection = await create_conn(host, int(port), request_timeout_ms=3000, **client_arguments(settings))
            await connection.send(MetadataRequest([]))
        except SaslAuthenticationFailed:
            return f"Kafka refuses {settings.kafka_user}: TRIBUTARY_KAFKA_USER or TRIBUTARY_KAFKA_PASSWORD is wrong"
        except UnsupportedSaslMechanismError:
            return f"Kafka knows nobody by {settings.kafka_mechanism}: TRIBUTARY_KAFKA_MECHANISM is wrong"
        except IllegalSaslStateError:
            return "Kafka asks nobody who he is here: TRIBUTARY_KAFKA_USER and _SECURITY are wrong, or the port is"
        except ssl.SSLCertVerificationError as error:
            return f"Kafka can't be entered: {brief(error)}"
        except (OSError, KafkaError, TimeoutError):
            if (
                connection is not None and settings.kafka_security == "plaintext"
            ):  # it took the connection and not the question
                return "Kafka ended the connection: it asks who comes, and TRIBUTARY_KAFKA_USER, _PASSWORD and _SECURITY do not say"
        finally:
            if connection is not None:
                connection.close()
    return ""
