"""Control tests: rules as SQL, and the engine that runs each once over a whole population. They name no framework."""
