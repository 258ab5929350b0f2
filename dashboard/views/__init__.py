"""A page for each prediction, one over all, and one for the registry.

The folder is not called pages: Streamlit takes what lies in such a folder for pages of its own making.
"""
