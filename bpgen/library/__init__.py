"""Layers, activations, losses, optimisers, schedules and initialisers, as equations in the user's own language."""
