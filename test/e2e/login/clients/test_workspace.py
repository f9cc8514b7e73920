"""Tests as a user writes them: against the workspace that the job is signed in to."""

import time

import pytest
from databricks.sdk import WorkspaceClient


@pytest.fixture(scope="session")
def workspace():
    return WorkspaceClient()


@pytest.mark.parametrize("round", range(3))
def test_lists_the_jobs(workspace, round):
    if round:
        time.sleep(4)
    assert isinstance([job.job_id for job in workspace.jobs.list()], list)
