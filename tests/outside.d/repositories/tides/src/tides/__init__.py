"""High water from a table."""

from tides._version import version as __version__

__all__ = ["__version__"]
