"""A whole catalogue forecast at one moment: histories, the columns measured from them, what the model says of them."""
