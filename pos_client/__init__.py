"""Касса ПВЗ: the desktop till of a CDEK pickup point."""
