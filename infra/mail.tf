# Sending through SES, and SES's reports about each e-mail.

resource "aws_sesv2_email_identity" "sender" {
  count = var.manage_sender ? 1 : 0

  email_identity = var.email_from
}

resource "aws_sesv2_configuration_set" "correos" {
  configuration_set_name = "${local.name}-correos"

  reputation_options { reputation_metrics_enabled = true }

  suppression_options {
    suppressed_reasons = ["BOUNCE", "COMPLAINT"]
  }
}

# SEND settles an e-mail whose sender died before it got SES's answer; the others change its state.
resource "aws_sesv2_configuration_set_event_destination" "feedback" {
  configuration_set_name = aws_sesv2_configuration_set.correos.configuration_set_name
  event_destination_name = "feedback"

  event_destination {
    enabled              = true
    matching_event_types = ["SEND", "DELIVERY", "DELIVERY_DELAY", "BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE"]

    sns_destination { topic_arn = aws_sns_topic.ses_feedback.arn }
  }

  # SES publishes a test message when the destination is made, and refuses a topic that does not let it.
  depends_on = [aws_sns_topic_policy.sender]
}

resource "aws_sns_topic" "ses_feedback" {
  name              = "${local.name}-ses-feedback"
  kms_master_key_id = local.key_arn
}

# Lambda tries a report three times, one and two minutes apart. What fails even then waits here until it is resent
# (docs/runbook.md): a lost bounce leaves a wrong address in the directory.
resource "aws_sqs_queue" "feedback_dlq" {
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
    on_failure { destination = aws_sqs_queue.feedback_dlq.arn }
  }
}
