"""Is everything well? Connection tests, health, the use of limits, alerts, metrics."""
