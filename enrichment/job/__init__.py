"""Job titles: seniority, department and the part somebody may play in buying."""
