"""What the leads service decides, in plain Python."""
