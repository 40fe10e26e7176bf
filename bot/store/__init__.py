"""What the house writes down: one database through SQLAlchemy, brought up to date by Alembic."""
