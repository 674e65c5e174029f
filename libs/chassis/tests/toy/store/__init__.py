"""The only place with SQL, but for what the toy does in a line."""
