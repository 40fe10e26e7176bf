"""What stands on the shelves, as the console changes it (棚)."""
