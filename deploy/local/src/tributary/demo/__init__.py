"""``tributary demo``: the stack, a small market, traffic through the public doors, and its KPIs live."""
