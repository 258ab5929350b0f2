"""What answers over HTTP, and the whole command line."""
