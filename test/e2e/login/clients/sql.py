"""Runs a statement at a SQL warehouse, again and again, with the SDK's settings as the connector's credentials."""

import sys
import time

from databricks import sql
from databricks.sdk.core import Config

calls, pause = int(sys.argv[1]), float(sys.argv[2])
config = Config()
with sql.connect(
    server_hostname=config.hostname,
    http_path="/sql/1.0/warehouses/0123456789abcdef",
    credentials_provider=lambda: config.authenticate,
) as connection, connection.cursor() as cursor:
    for call in range(calls):
        if call:
            time.sleep(pause)
        cursor.execute("SELECT 1 AS one")
        print(f"sql: {[tuple(row) for row in cursor.fetchall()]}", flush=True)
