"""Measures the public functions of rag/ and bot/, in the tests and on demand."""
