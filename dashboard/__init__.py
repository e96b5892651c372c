"""The instructor's room: class grid, projector, reviews, replay and export."""
