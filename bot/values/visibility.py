"""Who may see an entry or a message (domain.md 10.1)."""

from __future__ import annotations

SEEN_BY = ("team", "staff_only", "safety_only")
"""From many to few."""
