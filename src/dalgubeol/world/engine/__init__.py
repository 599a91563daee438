"""Reading foreign files into tables, tables to Parquet and back, and processes that can be killed."""
