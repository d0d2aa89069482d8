"""What one row of company evidence says: its words and letters, where it is, whose domain it has."""
