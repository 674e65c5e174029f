"""The doors of the leads service for people and programs that ask over HTTP."""
