"""The Berkeley Function Calling Leaderboard's single-turn categories, asked natively and graded by its own checker."""
