"""The OpenAPI document: what the routes say of themselves, in the words that clients read."""
