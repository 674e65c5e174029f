"""What Tributary costs and how fast it is, measured beside what people would write instead. ``python -m bench`` runs all."""
