# One row for each event and recipient: what makes at-least-once delivery one e-mail. The shape is email_app's
# (email_app/chalicelib/correos/ledger_table.json); a test compares the two.

resource "aws_dynamodb_table" "correos" {
  # checkov:skip=CKV_AWS_119:the customer key of production has no ARN before it is made; infra/tests/switches.tftest.hcl looks
  name         = "${local.name}-correos"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "evento"
  range_key    = "huella"

  attribute {
    name = "evento"
    type = "S"
  }

  attribute {
    name = "huella"
    type = "S"
  }

  attribute {
    name = "lista"
    type = "S"
  }

  attribute {
    name = "estado"
    type = "S"
  }

  attribute {
    name = "empleado"
    type = "N"
  }

  attribute {
    name = "orden"
    type = "S"
  }

  global_secondary_index {
    name            = "por_fecha"
    hash_key        = "lista"
    range_key       = "orden"
    projection_type = "ALL"
  }

  global_secondary_index {
    name            = "por_estado"
    hash_key        = "estado"
    range_key       = "orden"
    projection_type = "ALL"
  }

  global_secondary_index {
    name            = "por_empleado"
    hash_key        = "empleado"
    range_key       = "orden"
    projection_type = "ALL"
  }

  ttl {
    attribute_name = "caduca_en"
    enabled        = true
  }

  # Losing the ledger means sending e-mails again.
  point_in_time_recovery {
    enabled = true
  }

  # Off means AWS's own key, not none.
  server_side_encryption {
    enabled     = local.has_key
    kms_key_arn = local.key_arn
  }

  deletion_protection_enabled = local.deletion_protection
}
