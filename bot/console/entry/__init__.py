"""Who comes into the console (入室)."""
