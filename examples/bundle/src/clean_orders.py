# Databricks notebook source
# MAGIC %md
# MAGIC # Clean orders
# MAGIC Keeps the orders of one region that have an amount.

# COMMAND ----------

dbutils.widgets.text("region", "emea")
region = dbutils.widgets.get("region")

# COMMAND ----------

orders = spark.read.table("main.sales.orders").where(f"region = '{region}' and amount is not null")
orders.write.mode("overwrite").saveAsTable("main.sales.clean_orders")
