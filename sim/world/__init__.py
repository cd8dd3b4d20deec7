"""What happens: SimPy runs the company's departments, customers live in a table."""
