"""Schedules and derivations become text, through the templates in templates/."""
