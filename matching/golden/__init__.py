"""One golden lead per cluster: which value survives and why, whose objection holds, where somebody works today."""
