"""What the leads service says."""
