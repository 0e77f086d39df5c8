"""`make scan`: Checkov, detect-secrets and pip-audit.

Each finding is fixed, or accepted with a reason: beside the resource in the Terraform files (`checkov:skip=…:reason`),
in `checkov.yaml` for what Chalice writes, and in `accepted.toml` for values that look like secrets and for advisories.
"""
