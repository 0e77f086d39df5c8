"""What the deployment costs in a month, for a traffic profile: ``make cost``."""
