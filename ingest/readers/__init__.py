"""Files -> readings: one module a format, run in a child process with limits."""
