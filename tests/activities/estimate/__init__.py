"""A throw-away eighth type of activity: a number and a reason, which an instructor reads. All of it is here."""
