"""The same walk as most teams would write it: FastAPI, FastStream handlers per message, SQLAlchemy sessions, a plain outbox.

Made safe (it acknowledges after the commit, deduplicates by an inbox row, publishes from an outbox), and tidy; what it does not
have is batches. It has no sealing, no scorecard, no rotation state worth the name and no streams, which flatters it.
"""
