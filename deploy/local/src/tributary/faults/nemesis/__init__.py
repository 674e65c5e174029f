"""One small function per kind of fault. Each strikes, sees the sign that it happened, and returns what it saw."""
