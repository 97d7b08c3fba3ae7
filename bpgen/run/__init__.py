"""Text becomes a running network: compile, cache, network, training, checkpoints, data."""
