"""One running stack for all tests of this folder."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.stack import Stack


@pytest.fixture(scope="session")
def stack():
    """The running stack. A test that stops it starts it again."""
    # Not in pytest's folder: see `folder` in the root's conftest.
    with TemporaryDirectory(prefix="stack-") as folder:
        running = Stack(Path(folder))
        try:
            running.start()
            yield running
        finally:
            left = running.stop()
            running.close()
        assert left == []
