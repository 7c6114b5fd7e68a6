"""One audit or attestation as people work on it: its requests. States are tables; no copy is kept."""
