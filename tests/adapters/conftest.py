"""Adapter tests run on asyncio; what the tests of itchat share is at hand in each of their files."""

import pytest

from tests.adapters.itchat_account import an_adapter, peer, telephone

__all__ = ["an_adapter", "peer", "telephone"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
