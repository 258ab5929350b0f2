"""Stored models asked with arrays instead of frames: the same answers, without what a frame costs."""
