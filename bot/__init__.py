"""People: the API, the chat page and the command line."""
