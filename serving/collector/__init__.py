"""The collector: users, shows and sessions come in, and are stored before they are answered."""
