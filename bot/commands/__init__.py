"""What `handson` can do: one module a subject, each with a ``register``."""
