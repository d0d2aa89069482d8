"""What of a record says who it is: texts as integers, names with what is known of them."""
