"""Run directories on object stores: written here first, uploaded as they grow, made again wherever they are read."""
