"""How dates and times are written where a page does not say it itself, as the lists of the admin site."""
