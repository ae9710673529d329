"""Words: states, specs, runs, parameters, events and commands. No clock, no I/O, no logging."""
