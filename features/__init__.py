import refrain  # noqa: F401  (fixes the arithmetic before a library that reads it is loaded)
