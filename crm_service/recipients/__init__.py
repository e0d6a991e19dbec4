"""Who receives data: the register of processors and third parties, and every disclosure."""
