# From a change of the directory to the consumer: topic -> queue -> enviar_correos, and what fails for good -> DLQ.

locals {
  days = 24 * 60 * 60
}

resource "aws_sns_topic" "email" {
  name              = "${local.name}-email-topic"
  kms_master_key_id = local.key_arn
}

resource "aws_sqs_queue" "email" {
  name = "${local.name}-email-queue"
  # AWS asks for at least six times the function's time-out, so that a throttled batch is not delivered twice.
  visibility_timeout_seconds = 6 * local.functions["enviar_correos"].timeout
  message_retention_seconds  = 4 * local.days
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = local.has_key ? null : true
  kms_master_key_id          = local.key_arn
  # The key is asked for a new data key this often, not for each message.
  kms_data_key_reuse_period_seconds = local.has_key ? 3600 : null

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.email_dlq.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue" "email_dlq" {
  name = "${local.name}-email-dlq"
  # Longer than the queue's: a message keeps its first date when it is moved here.
  message_retention_seconds = 14 * local.days
  sqs_managed_sse_enabled   = local.has_key ? null : true
  kms_master_key_id         = local.key_arn

  kms_data_key_reuse_period_seconds = local.has_key ? 3600 : null
}

resource "aws_sqs_queue_redrive_allow_policy" "email_dlq" {
  queue_url = aws_sqs_queue.email_dlq.url

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.email.arn]
  })
}

resource "aws_sns_topic_subscription" "email_queue" {
  topic_arn = aws_sns_topic.email.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.email.arn
  # The body is the event as crud_app wrote it, with no envelope around it.
  raw_message_delivery = true

  # Without the policy, what is published in between is lost.
  depends_on = [aws_sqs_queue_policy.email]
}

resource "aws_sqs_queue_policy" "email" {
  queue_url = aws_sqs_queue.email.url
  policy    = local.sender_policies["email_queue"]
}
