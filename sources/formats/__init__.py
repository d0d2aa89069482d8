"""Every other format, and which one a file is: workbooks, JSON, XML and HTML tables, Parquet, vCard."""
