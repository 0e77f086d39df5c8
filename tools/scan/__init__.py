"""`make scan`: Checkov, detect-secrets and pip-audit (docs/security.md)."""
