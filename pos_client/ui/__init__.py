"""What the cashier sees: passive Qt views over pure screen values."""
