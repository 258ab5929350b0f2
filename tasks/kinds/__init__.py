"""What differs between targets whose labels are chances, amounts and classes, and nothing else."""
