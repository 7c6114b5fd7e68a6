"""How long evidence is kept, what holds it longer, and its deletion. Pure; the acts are verbs of `records`."""
