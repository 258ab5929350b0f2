"""One made-up world of artists, tracks and listeners, from which every simulated dataset is drawn.

A dataset is a function of the settings alone: every block of artists, every track and every listener has a random
generator of its own, so each dataset comes out the same whether it is made alone or with the others, in any order.
"""
