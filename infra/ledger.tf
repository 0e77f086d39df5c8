# One row for each event and recipient: what makes at-least-once delivery one e-mail.

locals {
  # email_app decides the shape, and `make run` and its tests create the same table.
  ledger      = jsondecode(file("${path.module}/../email_app/chalicelib/correos/ledger_table.json"))
  ledger_keys = { for key in local.ledger.KeySchema : key.KeyType => key.AttributeName }
}

resource "aws_dynamodb_table" "correos" {
  name         = "${local.name}-correos"
  billing_mode = local.ledger.BillingMode
  hash_key     = local.ledger_keys.HASH
  range_key    = local.ledger_keys.RANGE

  dynamic "attribute" {
    for_each = local.ledger.AttributeDefinitions

    content {
      name = attribute.value.AttributeName
      type = attribute.value.AttributeType
    }
  }

  dynamic "global_secondary_index" {
    for_each = local.ledger.GlobalSecondaryIndexes

    content {
      name            = global_secondary_index.value.IndexName
      hash_key        = global_secondary_index.value.KeySchema[0].AttributeName
      range_key       = global_secondary_index.value.KeySchema[1].AttributeName
      projection_type = global_secondary_index.value.Projection.ProjectionType
    }
  }

  ttl {
    attribute_name = local.ledger.TimeToLive.AttributeName
    enabled        = local.ledger.TimeToLive.Enabled
  }

  # Losing the ledger means sending e-mails again.
  point_in_time_recovery { enabled = true }

  # Off means AWS's own key, not none.
  server_side_encryption {
    enabled     = local.has_key
    kms_key_arn = local.key_arn
  }

  deletion_protection_enabled = local.deletion_protection
}
