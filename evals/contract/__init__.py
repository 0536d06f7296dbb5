"""What the rooms exchange: records of questions and answers, the contract of a task, thoughts split from answers."""
