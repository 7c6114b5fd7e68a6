"""The company's site: pages over the same workspace as the command line. Django lives here and nowhere else."""
