"""What operators are given: the numbers by name, dashboards, rules, topics and users for a cluster, and entries of a catalogue.

Everything here is made from the code and the contracts, and written by ``python -m tributary.operations``.
"""
