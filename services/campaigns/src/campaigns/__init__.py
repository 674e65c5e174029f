"""Campaigns: budgets, and the ledger of what was spent of them."""
