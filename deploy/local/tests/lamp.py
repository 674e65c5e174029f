"""A service as small as can be, for tests of the stack: it migrates nothing and is ready at once."""

import http.server
import json
import os
import signal
import sys
import time


class Door(http.server.BaseHTTPRequestHandler):
    """Says yes to everything, and whose it is."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"stack": os.environ["TRIBUTARY_STACK"]}).encode())

    def log_message(self, *args: object) -> None:
        """Quiet."""


if __name__ == "__main__" and sys.argv[1] == "serve":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for step in os.environ.get("LAMP_WARMS_UP", ""):
        print(f"{time.time()} warming up: {step}", flush=True)
        time.sleep(1)
    http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["TRIBUTARY_PORT"])), Door).serve_forever()
