"""Records of the same person: candidate pairs, evidence for and against, clusters, explained and evaluated."""
