"""How work is spread over cores and streamed to files: nothing here knows of leads. What is done is elsewhere."""
