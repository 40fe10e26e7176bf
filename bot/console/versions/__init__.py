"""Releases, built and tried from the console (版)."""
