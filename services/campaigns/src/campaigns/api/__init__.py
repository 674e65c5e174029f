"""What this service offers over HTTP."""
