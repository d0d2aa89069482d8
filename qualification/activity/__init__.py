"""Activity: the acts, CRM states, deals and costs that files of other systems tell of."""
