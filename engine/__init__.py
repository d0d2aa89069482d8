"""How work is spread over cores, streamed to files, swapped in and remembered. Nothing here knows of leads."""
