"""What is true of budgets and spend, in plain Python."""
