"""One service is released alone: what changed, what it breaks, what it is made of and what it was built from.

For who builds and releases, from a clone with its history; nothing that runs imports this.
"""
