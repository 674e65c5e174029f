"""Where facts and numbers rest. The only place with SQL."""
