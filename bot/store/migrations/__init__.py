"""How the database grew, one revision a file. A revision that was ever released is never changed."""
