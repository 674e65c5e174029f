"""The same walk as most teams would write it: FastAPI, FastStream handlers per message, SQLAlchemy sessions, a plain outbox.

It hears and says the same events and keeps the same records; to judge a lead, to take turns and to count it calls the same pure
functions: what is compared is how messages are handled, not the arithmetic. Rules it scans one after the other. Personal data is sealed on the bus and at rest,
traces and telemetry are FastStream's own middlewares, logs are as they come. It is made safe (it acknowledges after the
commit, deduplicates by an inbox row, publishes from an outbox), and tidy. What it does not have is batches. It has no read
doors, no streams to dashboards and no watermarks, which flatters it.
"""
