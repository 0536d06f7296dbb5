"""The functions of `import quantgate` and what they return."""
