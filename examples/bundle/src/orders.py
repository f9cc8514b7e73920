# Databricks notebook source
import dlt


@dlt.table(comment="Orders as they were received.")
def orders():
    return spark.readStream.format("cloudFiles").option("cloudFiles.format", "json").load("/Volumes/main/sales/orders")
