"""HTTP: what all routes share. Who asks, what they send, when an answer is unchanged, and how a receipt is sent."""
