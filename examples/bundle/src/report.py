"""Prints how many orders of a region are clean."""

import argparse

from pyspark.sql import SparkSession

parser = argparse.ArgumentParser()
parser.add_argument("--region", required=True)
region = parser.parse_args().region

spark = SparkSession.builder.getOrCreate()
count = spark.read.table("main.sales.clean_orders").where(f"region = '{region}'").count()
print(f"{count} clean orders in {region}")
