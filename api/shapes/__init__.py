"""Shapes of requests and answers, and JSON that is read strictly. Nothing here knows HTTP or a database."""
