"""The pages of the console, one file for each entry of its menu."""
