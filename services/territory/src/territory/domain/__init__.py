"""What territory decides, in plain Python: which team, which person, and why."""
