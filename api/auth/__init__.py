"""Who is asking: sessions, passwords, and where a request may come from."""
