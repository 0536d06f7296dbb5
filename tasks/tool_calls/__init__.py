"""Tool calls: whether a build calls when a call is due, and calls so that what it says can be carried out."""
