"""How Tributary reads what people write: each kind of value has one rule, and the rule stands in one module here."""
