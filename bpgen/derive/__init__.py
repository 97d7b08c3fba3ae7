"""From a system to its gradient: one rule, simplification with reasons, every step checked."""
