"""Lessons: content, activities, submissions, predictions, and what an instructor opens and reads of them."""
