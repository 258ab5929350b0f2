"""What is known of the audience as of a day, from the collector's store or from the project's datasets."""
