"""``tributary faults``: everything that can go wrong on one machine, under load, and then every invariant.

traffic.py sends, watcher.py sees how far the numbers are, nemesis/ has one function per kind of fault, schedule.py says in
which order they strike, run.py puts it together and report.py says what came of it.
"""
