"""Load, decide, save, tell."""
