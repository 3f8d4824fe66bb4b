"""HTTP only: provider webhooks, the staff console, the family pages and the demo page. Every handler calls one service function."""
