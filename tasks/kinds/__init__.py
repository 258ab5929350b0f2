"""What differs between a target whose label is a chance and one whose label is an amount, and nothing else."""
