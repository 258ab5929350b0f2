"""The audience of a made-up streaming platform: shows, users, their sessions, and why they leave."""
