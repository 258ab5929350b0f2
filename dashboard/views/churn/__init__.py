"""The page Churn."""
