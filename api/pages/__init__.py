"""Pages for people: where to go from `/`, the API's description, what each error means. Nothing comes from elsewhere.

`assets/` holds Swagger UI and Redoc as their makers publish them, and the little that starts them. `assets.json` says
which version each file is of and what its SHA-256 is; a test holds the files against it.
"""
