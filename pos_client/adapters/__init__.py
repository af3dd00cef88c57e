"""One file per outside thing: the wire, the devices and the disk."""
