"""What a visit leaves behind: IP address with place and network, language, browser and operating system.

Two fields of one visit, each with its columns and its reading in a file: `ip`, with `network_kind`, and `device`.
"""
