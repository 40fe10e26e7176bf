"""Question -> hits -> answer with citations. Knows nothing of HTTP or file formats."""
