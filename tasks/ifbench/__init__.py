"""IFBench: instructions of 58 kinds that code can check, graded by its authors' own code out of a wheel."""
