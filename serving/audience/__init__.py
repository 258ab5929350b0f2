"""The audience over HTTP: its activity, who may leave, the hours ahead."""
