# Sending through SES, and what SES says afterwards about each e-mail.

resource "aws_sesv2_email_identity" "sender" {
  count = var.manage_sender ? 1 : 0

  email_identity = var.email_from
}

resource "aws_sesv2_configuration_set" "correos" {
  configuration_set_name = "${local.name}-correos"

  reputation_options {
    reputation_metrics_enabled = true
  }

  suppression_options {
    suppressed_reasons = ["BOUNCE", "COMPLAINT"]
  }
}

# SEND settles an e-mail whose sender died before it heard SES's answer; the others move its state on.
resource "aws_sesv2_configuration_set_event_destination" "feedback" {
  configuration_set_name = aws_sesv2_configuration_set.correos.configuration_set_name
  event_destination_name = "feedback"

  event_destination {
    enabled = true
    matching_event_types = [
      "SEND",
      "DELIVERY",
      "DELIVERY_DELAY",
      "BOUNCE",
      "COMPLAINT",
      "REJECT",
      "RENDERING_FAILURE",
    ]

    sns_destination {
      topic_arn = aws_sns_topic.ses_feedback.arn
    }
  }

  # SES publishes a test message when the destination is made, and refuses a topic that does not let it.
  depends_on = [aws_sns_topic_policy.ses_feedback]
}

resource "aws_sns_topic" "ses_feedback" {
  # checkov:skip=CKV_AWS_26:the customer key of production has no ARN before it is made; infra/tests/switches.tftest.hcl looks
  name              = "${local.name}-ses-feedback"
  kms_master_key_id = local.key_arn
}

resource "aws_sns_topic_policy" "ses_feedback" {
  arn    = aws_sns_topic.ses_feedback.arn
  policy = data.aws_iam_policy_document.ses_feedback.json
}

data "aws_iam_policy_document" "ses_feedback" {
  statement {
    sid       = "AllowSes"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.ses_feedback.arn]

    principals {
      type        = "Service"
      identifiers = ["ses.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_sesv2_configuration_set.correos.arn]
    }
  }
}

# Lambda tries a result three times, with a minute and two between. What fails even then waits here, with the result in
# it, for somebody to bring it through again (docs/runbook.md): a bounce that nobody hears of is an address that nobody mends.
resource "aws_sqs_queue" "feedback_dlq" {
  # checkov:skip=CKV_AWS_27:the customer key of production has no ARN before it is made; infra/tests/switches.tftest.hcl looks
  name                      = "${local.name}-feedback-dlq"
  message_retention_seconds = 14 * local.days
  sqs_managed_sse_enabled   = local.has_key ? null : true
  kms_master_key_id         = local.key_arn

  kms_data_key_reuse_period_seconds = local.has_key ? 3600 : null
}

resource "aws_lambda_function_event_invoke_config" "registrar_resultado" {
  function_name = module.email.functions["registrar_resultado"].name
  # With SnapStart, SNS invokes the alias, and a configuration without its qualifier does not apply to that.
  qualifier              = module.email.functions["registrar_resultado"].qualifier
  maximum_retry_attempts = 2
  # Six hours, as long as Lambda ever tries.
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.feedback_dlq.arn
    }
  }
}
