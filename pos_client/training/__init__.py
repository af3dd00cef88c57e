"""A whole shop on loopback, true to the wire, with faults on demand."""
