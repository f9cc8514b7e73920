"""Asks a workspace for its jobs, again and again, with Databricks' SDK for Python as it finds its settings."""

import sys
import time

from databricks.sdk import WorkspaceClient

calls, pause = int(sys.argv[1]), float(sys.argv[2])
workspace = WorkspaceClient()
for call in range(calls):
    if call:
        time.sleep(pause)
    user = workspace.current_user.me().user_name
    jobs = [job.settings.name for job in workspace.jobs.list()]
    print(f"python: {user} by {workspace.config.auth_type}, jobs: {jobs}", flush=True)
