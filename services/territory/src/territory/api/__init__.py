"""What people and programs ask of territory over HTTP."""
