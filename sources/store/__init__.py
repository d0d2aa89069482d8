"""What has been read, kept by content: records, what was held back, and which delivery brought it."""
