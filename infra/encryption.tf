# A key of the account's own for what holds people's data or the database's password: the parameter, the ledger, queues
# and topics. Without it they are encrypted too, with AWS's keys (the topics on disk only). With it their use is
# written to CloudTrail, and taking the key away closes all of them at once. docs/design/deployment.md: one dollar a month.

locals {
  has_key = coalesce(var.customer_key, var.environment == "production")
  # What was encrypted with a key that is no longer used may still wait in a queue.
  key_stays = local.has_key || var.keep_key
  key_arn   = local.has_key ? aws_kms_key.main[0].arn : null

  account_root = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
}

resource "aws_kms_key" "main" {
  count = local.key_stays ? 1 : 0

  description             = "What ${local.name} keeps about people"
  enable_key_rotation     = true
  deletion_window_in_days = local.deletion_protection ? 30 : 7

  policy = jsonencode({
    Version = local.policy_version
    Statement = [
      # The deployer, and any administrator, whose IAM policy allows the actions.
      { Sid = "AdministerByIam", Effect = "Allow", Principal = { AWS = local.account_root }, Action = "kms:*", Resource = "*" },
      {
        # The functions by name: permission to read the parameter (as in AmazonSSMReadOnlyAccess) must not decrypt the password.
        Sid       = "UseThroughServices"
        Effect    = "Allow"
        Principal = { AWS = [for role in aws_iam_role.function : role.arn] }
        Action    = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = { StringEquals = { "kms:ViaService" = [for service in ["dynamodb", "sns", "sqs", "ssm"] : "${service}.${var.aws_region}.amazonaws.com"] } }
      },
      {
        # Topic -> queue, and SES -> feedback topic: no role of ours, but a service sends.
        Sid       = "SendEncrypted"
        Effect    = "Allow"
        Principal = { Service = ["ses.amazonaws.com", "sns.amazonaws.com"] }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = local.account }
      },
    ]
  })

  lifecycle {
    # A rollback schedules the deletion only after queues, topics and ledger have changed to AWS's keys.
    create_before_destroy = true
  }
}

resource "aws_kms_alias" "main" {
  count = local.key_stays ? 1 : 0

  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.main[0].key_id
}
