# One role for each function, with the actions that its code calls on the resources that it calls them on.

resource "aws_iam_role" "function" {
  for_each = local.functions

  name               = "${local.name}-${replace(each.key, "_", "-")}"
  description        = "What the function ${each.key} of ${local.name} may do"
  assume_role_policy = data.aws_iam_policy_document.assumed_by_lambda.json
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name   = "function"
  role   = aws_iam_role.function[each.key].id
  policy = data.aws_iam_policy_document.function[each.key].json
}

data "aws_iam_policy_document" "assumed_by_lambda" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

locals {
  # Beyond logs and traces. bff_app calls no AWS API at all.
  permissions = {
    crud                = [data.aws_iam_policy_document.publish_events.json, data.aws_iam_policy_document.read_database_url.json]
    publicar_pendientes = [data.aws_iam_policy_document.publish_events.json, data.aws_iam_policy_document.read_database_url.json]
    email               = [data.aws_iam_policy_document.operate_queue.json, data.aws_iam_policy_document.use_ledger.json]
    enviar_correos      = [data.aws_iam_policy_document.consume_queue.json, data.aws_iam_policy_document.use_ledger.json, data.aws_iam_policy_document.send_mail.json]
    registrar_resultado = [data.aws_iam_policy_document.use_ledger.json, data.aws_iam_policy_document.keep_feedback.json]
  }
}

data "aws_iam_policy_document" "function" {
  for_each = local.functions

  source_policy_documents = lookup(local.permissions, each.key, [])

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function[each.key].arn}:*"]
  }

  statement {
    sid     = "WriteTraces"
    actions = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    # X-Ray has no resources to name.
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "publish_events" {
  statement {
    sid       = "PublishEvents"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.email.arn]
  }
}

data "aws_iam_policy_document" "consume_queue" {
  statement {
    sid = "ConsumeQueue"
    actions = [
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:ChangeMessageVisibility",
    ]
    resources = [aws_sqs_queue.email.arn]
  }
}

data "aws_iam_policy_document" "operate_queue" {
  statement {
    sid       = "QueueMail"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.email.arn]
  }

  statement {
    sid       = "ReadDepths"
    actions   = ["sqs:GetQueueAttributes"]
    resources = [aws_sqs_queue.email.arn, aws_sqs_queue.email_dlq.arn]
  }

  statement {
    sid       = "Redrive"
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage"]
    resources = [aws_sqs_queue.email_dlq.arn]
  }

  statement {
    sid     = "ReadAges"
    actions = ["cloudwatch:GetMetricData"]
    # Reading a metric has no resource to name.
    resources = ["*"]
  }
}

# Lambda itself sends there, in the function's name.
data "aws_iam_policy_document" "keep_feedback" {
  statement {
    sid       = "KeepFeedback"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.feedback_dlq.arn]
  }
}

data "aws_iam_policy_document" "use_ledger" {
  statement {
    sid       = "UseLedger"
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
    resources = [aws_dynamodb_table.correos.arn, "${aws_dynamodb_table.correos.arn}/index/*"]
  }
}

data "aws_iam_policy_document" "send_mail" {
  statement {
    sid     = "SendMail"
    actions = ["ses:SendEmail"]
    # In SES's sandbox the recipients are identities of the account too, and each of them is checked.
    resources = [
      aws_sesv2_configuration_set.correos.arn,
      "arn:${data.aws_partition.current.partition}:ses:${var.aws_region}:${data.aws_caller_identity.current.account_id}:identity/*",
    ]

    condition {
      test     = "StringEquals"
      variable = "ses:FromAddress"
      values   = [var.email_from]
    }
  }
}
