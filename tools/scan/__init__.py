"""`make scan`: looks for known mistakes in what is deployed, in what it is made of, and in what was ever committed.

Each finding is mended, or accepted with a reason: beside the resource in the Terraform files (`checkov:skip=…:reason`),
in `checkov.yaml` for what Chalice writes, and in `accepted.toml` for values that look like secrets and for advisories.
"""
