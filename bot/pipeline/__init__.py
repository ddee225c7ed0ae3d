"""The way of one event, one file a step: receive, identify, screen, decide, record, deliver."""
