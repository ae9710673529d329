"""Kernels: started (forked or spawned), spoken with, watched and ended. What a cell means is not known here.

The words: a `KernelStart` says what is wanted; a `KernelSource` makes a `RunningKernel` of it, which sends code, gives
back `KernelMessage`s in batches, and tells its `KernelEnd`. Everything belongs to the event loop that started it.
"""
