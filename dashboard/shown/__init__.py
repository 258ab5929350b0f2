"""How it is shown: states of a page, numbers and dates in words, charts."""
