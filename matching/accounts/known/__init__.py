"""Known companies: files of a company register in the home, and what they state of the accounts that are in them."""
