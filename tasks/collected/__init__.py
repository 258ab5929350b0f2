"""What the collector has been told: users, shows and sessions, stored before it answers."""
