"""The API: what the screens show and do, as JSON, for programs. OpenAPI at /api/v1/openapi.json."""
