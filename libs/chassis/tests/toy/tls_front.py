"""What speaks TLS before a Postgres that was built without it, and lets nobody through who comes in the clear."""

import asyncio
import contextlib
import ssl
import struct
import threading
from collections.abc import Iterator

from tributary.certificates import Certificate

SSL_REQUEST = struct.pack("!ii", 8, 80877103)


class Front:
    """One address; ``encrypted`` and ``refused`` count the connections that came by TLS and in the clear."""

    def __init__(self, behind: int, certificate: Certificate) -> None:
        self._behind = behind
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate.chain, certificate.key)
        self.port = self.encrypted = self.refused = 0

    @contextlib.contextmanager
    def at_work(self) -> Iterator["Front"]:
        """Listens on a thread of its own, on this machine's loopback."""
        loop, ready = asyncio.new_event_loop(), threading.Event()

        def run() -> None:
            first = loop.run_until_complete(asyncio.start_server(self._one, "127.0.0.1", 0))
            self.port = first.sockets[0].getsockname()[1]
            ready.set()
            loop.run_forever()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        assert ready.wait(10)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(8) != SSL_REQUEST:
                self.refused += 1
                writer.close()
                return
            writer.write(b"S")
            await writer.start_tls(self._context)
            self.encrypted += 1
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._behind)
            await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))
        writer.close()


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    sink.close()
