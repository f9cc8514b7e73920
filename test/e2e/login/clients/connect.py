"""Sends a statement to Spark with databricks-connect, again and again. The lab has no Spark, and answers that it has not."""

import sys
import time

from databricks.connect import DatabricksSession
from pyspark.errors.exceptions.connect import SparkConnectGrpcException

calls, pause = int(sys.argv[1]), float(sys.argv[2])
for call in range(calls):
    if call:
        time.sleep(pause)
    try:
        DatabricksSession.builder.serverless(True).getOrCreate().sql("SELECT 1").collect()
    except SparkConnectGrpcException as error:
        reached = "StatusCode.UNIMPLEMENTED" in str(error) and "The lab has no Spark" in str(error)
        print(f"connect: {'reached the workspace' if reached else error}", flush=True)
