"""Conditions from above: what the managing company signs, and every till of its project follows."""
