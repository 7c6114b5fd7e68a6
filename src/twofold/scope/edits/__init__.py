"""Changes of a system that a screen asks for, and how they are written into the scope files."""
