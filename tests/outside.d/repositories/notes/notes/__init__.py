"""Dated notes in a text file."""
