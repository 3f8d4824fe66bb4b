"""Rules as tables, pure: message classes, quiet hours and school calendar, consent, guardianship, who may see and do what."""
