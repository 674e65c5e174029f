"""What is known of a lead and of money spent, and which numbers it makes. Plain Python."""
