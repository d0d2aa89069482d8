"""How far records of one person agree, and of different people by chance: learnt from this data, without labels."""
