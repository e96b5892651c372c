"""The admin's room: people, classes, what was done in them, and who changed what."""
