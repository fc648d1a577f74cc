"""What is needed to look at pages: this machine's Chromium, and a server for a folder."""
