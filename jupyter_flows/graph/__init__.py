"""The graph of a flow and its picture: order, layers, positions, SVG. Pure: no clock, no I/O, no logging."""
