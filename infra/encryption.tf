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
  policy                  = data.aws_iam_policy_document.key[0].json

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

data "aws_iam_policy_document" "key" {
  # checkov:skip=CKV_AWS_109:the policy of a key: its only resource is that key
  # checkov:skip=CKV_AWS_111:the same, and conditions on account and service
  # checkov:skip=CKV_AWS_356:the same
  count = local.key_stays ? 1 : 0

  # The deployer, and any administrator, whose IAM policy allows the actions.
  statement {
    sid       = "AdministerByIam"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.account_root]
    }
  }

  # The functions by name: permission to read the parameter (as in AmazonSSMReadOnlyAccess) must not decrypt the password.
  statement {
    sid       = "UseThroughServices"
    actions   = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [for role in aws_iam_role.function : role.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [for service in ["dynamodb", "sns", "sqs", "ssm"] : "${service}.${var.aws_region}.amazonaws.com"]
    }
  }

  # Topic -> queue, and SES -> feedback topic: no role of ours, but a service sends.
  statement {
    sid       = "SendEncrypted"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["ses.amazonaws.com", "sns.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}
