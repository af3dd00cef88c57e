"""Values and arithmetic of the sale: no I/O, no clock, no async."""
