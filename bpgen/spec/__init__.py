"""What a person writes (TOML, JSON, dict) becomes a checked Model, and the Model a System."""
