"""The secretariat's console (事務局の画面) at /console: what the command line does by word, on the same functions."""
