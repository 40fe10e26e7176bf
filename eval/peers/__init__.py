"""Our retrieval beside other people's, on the same questions: ``make bench-peers`` (docs/peers.md)."""
