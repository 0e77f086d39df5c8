"""How a deployment is at this moment: ``make status``."""
