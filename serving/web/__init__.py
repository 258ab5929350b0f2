"""What every endpoint shares: calls, answers, problem details, limits, logs."""
