"""Somebody's file of leads: what it is, how it is written, what its columns mean, and which lead each row is."""
