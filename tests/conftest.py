"""What all tests share."""

import os

import pytest
from hypothesis import settings

# How long one example takes says more of the machine than of the code: numbers come from bench/.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """Where nothing may be wanting, a test that was skipped is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped") and os.environ.get("QUNGUI_CI") == "1":
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
