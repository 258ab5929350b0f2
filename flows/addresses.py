"""Where the servers are that a person's browser finds: on loopback, so that nobody else does."""

HOST = "127.0.0.1"
PREFECT_PORT = 4200
MLFLOW_PORT = 5000
