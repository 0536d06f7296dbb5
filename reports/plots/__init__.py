"""The plots of a decision: drawn by matplotlib, shown inside a page or written as files."""
