"""Data to bytes, pure: drawings and documents."""
