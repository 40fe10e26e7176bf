"""File -> pages -> sections -> chunks -> release. Knows nothing of questions or HTTP."""
