"""What the server answers: the API and the pages."""
