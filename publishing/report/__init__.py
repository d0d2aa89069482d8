"""The night on one page: facts, boards, steps to take, and the masking of what is personal."""
