"""A small chat world that is a OneBot v11 server, and its page: for trying out and for our tests."""
