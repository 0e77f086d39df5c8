# Where the database is, with its password. crud_app reads it at its first request, and once more when PostgreSQL
# refuses the login: a password is rotated without a deployment. docs/design/deployment.md says why here, and at which price.
resource "aws_ssm_parameter" "database_url" {
  name        = "/${local.name}/database-url"
  description = "The address of PostgreSQL, with user and password"
  type        = "SecureString"
  key_id      = local.has_key ? aws_kms_key.main[0].arn : null

  # Write-only: the password is not in Terraform's state. The number says when to write it.
  value_wo         = var.database_url
  value_wo_version = var.database_url_version
}
