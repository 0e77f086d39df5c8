"""Mistakes for the scans to find. The secrets are put together here, so that this file holds none."""

from __future__ import annotations

import string

# Of the form of AWS's, and of GitHub's.
ACCESS_KEY = "AKIA" + "Q7RZ2XW4" * 2
GITHUB_TOKEN = (
    "ghp_" + "".join(letter + digit for letter, digit in zip(string.ascii_letters, "0123456789" * 2, strict=False))[:36]
)
PRIVATE_KEY = "-----BEGIN " + "RSA PRIVATE KEY-----"

OPEN_GROUP = """
resource "aws_security_group_rule" "everybody" {
  type              = "ingress"
  description       = "SSH"
  security_group_id = "sg-1"
  cidr_blocks       = ["0.0.0.0/0"]
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
}
"""
# What Checkov says about it.
OPEN_PORT = "CKV_AWS_24"
