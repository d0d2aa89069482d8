"""What a visit leaves behind: IP address with place and network, language, browser and operating system."""
