"""Plain bootstrap bounds, which a team may choose to decide by, and how often they pass what they should not."""
