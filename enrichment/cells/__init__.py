"""What every field needs of a cell: tidy text, placeholders, lost letters, each distinct cell once, evidence."""
