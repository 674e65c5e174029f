"""A service as small as one can be: the chassis' tests drive it and break it."""
