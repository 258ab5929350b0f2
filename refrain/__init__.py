"""What every part of Refrain shares: its words for errors, files, settings and datasets.

Nothing here knows Prefect, MLflow, DVC or a model; everything else may import it.
"""

from refrain.environment import fix_arithmetic

fix_arithmetic()
