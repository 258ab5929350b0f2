"""What a session in the events dataset is, in words and numbers that all parts share.

A session begins at `login_time` and ends `total_watch_time` minutes later; what is not stated counts as 0. It is
reported when it ends: **before its end nothing of it is known**, not even that it began.
"""

SEPARATOR = "|"
"""Between the entries of a list (`content_watched`, `genres_watched`) in one cell, in the order they were watched. No
entry holds it; an empty list is an empty cell."""
LONGEST_MINUTES = 1440.0
"""The longest session that is believed: a day."""
MOST_PAUSES = 10_000
"""Pauses, or bufferings, in one session beyond which a number is not believed."""
OLDEST, YOUNGEST = 120, 5
"""Ages that are believed, in years."""
REASONS = ("price", "quality", "content", "time", "other")
"""Why a user leaves: it costs too much, the picture stalls, nothing is left to watch, no time for it, anything else."""
ADDRESS = r"[^\s@]{1,64}@[^\s@]+\.[^\s@]+"
"""What has the shape of an e-mail address, as a regular expression. No dataset holds one."""
