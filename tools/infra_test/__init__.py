"""`make infra-test`: what can be checked of the Terraform files without an AWS account."""
