"""What the campaigns service says."""
