"""The desk of the pipeline's tests serves the workflows too."""

from tests.pipeline.conftest import desk, desk_with, loaded

__all__ = ["desk", "desk_with", "loaded"]
