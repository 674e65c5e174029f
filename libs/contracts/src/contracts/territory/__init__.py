"""What the territory service says."""
