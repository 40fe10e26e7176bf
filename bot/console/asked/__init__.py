"""What was asked, counted and answered (聞かれたこと)."""
