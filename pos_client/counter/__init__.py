"""Use cases of the counter: what a cashier does, step by step."""
