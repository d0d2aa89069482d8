"""Hand-over: what keeps a lead from sales, who gets it, and whose minutes were lost."""
