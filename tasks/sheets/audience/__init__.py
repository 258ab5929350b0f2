"""Sheets of a platform's audience: what it did, who will leave, and how many will be there."""
