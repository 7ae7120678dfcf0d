"""Rate at which small jobs start and finish, and what one job's supervisor holds."""
