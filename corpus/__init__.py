"""The shelves: curated knowledge as plain files, and the schema that says what a record is."""
