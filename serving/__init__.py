"""What answers over HTTP: the collector of sessions and the figures made of them."""
