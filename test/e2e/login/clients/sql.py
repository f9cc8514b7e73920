"""Opens a session at a SQL warehouse, with the SDK's settings as its credentials."""

from databricks import sql
from databricks.sdk.core import Config

config = Config()
with sql.connect(
    server_hostname=config.hostname,
    http_path="/sql/1.0/warehouses/0123456789abcdef",
    credentials_provider=lambda: config.authenticate,
) as connection, connection.cursor() as cursor:
    cursor.execute("SELECT 1 AS one")
    print(f"sql: {[tuple(row) for row in cursor.fetchall()]}")
