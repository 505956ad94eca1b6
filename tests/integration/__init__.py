"""Over real sockets, with real processes: one server for all of this package (some modules bring their own)."""
