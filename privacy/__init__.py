"""What is kept of people: where it lies, for how long, what a person may have of it, and how it goes."""
