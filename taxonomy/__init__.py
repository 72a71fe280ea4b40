"""The library: what is known, one entry per file."""
