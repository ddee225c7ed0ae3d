"""The store: one SQLite file, opened by one writing process, sealed field by field."""
