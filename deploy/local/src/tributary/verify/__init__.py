"""``tributary verify``: does every promise hold over a running stack, at one moment by offsets?

reading.py takes one snapshot of every database and then reads the topics; world.py says who must know what, by watermarks;
invariants/ compares stage with stage and names what is wrong; page.py shows it. Nothing here changes anything.
"""
