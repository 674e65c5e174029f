"""``python -m session_door``: serves until it is asked to end."""

import uvicorn

from session_door.app import create
from session_door.settings import Settings

if __name__ == "__main__":
    told = Settings()  # from the environment
    uvicorn.run(
        create(told), host=told.host, port=told.port, access_log=False, timeout_graceful_shutdown=3, server_header=False
    )
