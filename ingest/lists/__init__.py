"""Lists that people keep (Excel, CSV) -> records on the shelves of one's own."""
