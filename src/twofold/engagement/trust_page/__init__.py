"""The trust page: claims that are tied to evidence and vanish with it, and documents behind an agreement."""
