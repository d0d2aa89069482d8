"""Personal names: what is no person, titles, order of the words, capitals."""
