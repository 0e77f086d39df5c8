# Each alarm publishes to one topic when it goes off and when it ends. docs/ says what each means and what to do.

locals {
  # At most this many errors in five minutes. The sweep runs only five times in them.
  error_thresholds = { for key in keys(local.functions) : key => key == "publicar_pendientes" ? 2 : 10 }

  minute = 60

  alb_dimensions = {
    LoadBalancer = one(aws_lb.main[*].arn_suffix)
  }
  target_dimensions = {
    LoadBalancer = one(aws_lb.main[*].arn_suffix)
    TargetGroup  = one(aws_lb_target_group.bff[*].arn_suffix)
  }

  alb_alarms = {
    alb-target-5xx = {
      description = "bff_app answered more than 10 requests with an error of its own in 5 minutes."
      namespace   = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", statistic = "Sum"
      period      = 5 * local.minute, periods = 1, threshold = 10, dimensions = local.alb_dimensions
    }
    # A time-out or a malformed answer of the Lambda is the load balancer's own 502 or 504, and no 5XX of its target.
    alb-own-5xx = {
      description = "The load balancer itself answered more than 10 requests with an error in 5 minutes: bff_app timed out, was throttled or crashed."
      namespace   = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", statistic = "Sum"
      period      = 5 * local.minute, periods = 1, threshold = 10, dimensions = local.alb_dimensions
    }
    alb-response-time = {
      description = "Requests took more than a second on average, for 2 minutes."
      namespace   = "AWS/ApplicationELB", metric = "TargetResponseTime", statistic = "Average"
      period      = local.minute, periods = 2, threshold = 1, dimensions = local.alb_dimensions
    }
    alb-unhealthy-targets = {
      description = "bff_app does not answer the load balancer's health check, which touches nothing behind it: read its log, roll back."
      namespace   = "AWS/ApplicationELB", metric = "UnHealthyHostCount", statistic = "Maximum"
      period      = local.minute, periods = 2, threshold = 0, dimensions = local.target_dimensions
    }
  }

  function_alarms = merge([
    for key, function in local.lambda : {
      "${replace(key, "_", "-")}-errors" = {
        description = "${key} ended more than ${local.error_thresholds[key]} times with an error in 5 minutes."
        namespace   = "AWS/Lambda", metric = "Errors", statistic = "Sum"
        period      = 5 * local.minute, periods = 1, threshold = local.error_thresholds[key]
        dimensions  = { FunctionName = function.name }
      }
      "${replace(key, "_", "-")}-concurrency" = {
        description = "More than 50 of ${key} ran at once, for 2 minutes: the account's limit is shared by all functions."
        namespace   = "AWS/Lambda", metric = "ConcurrentExecutions", statistic = "Maximum"
        period      = local.minute, periods = 2, threshold = 50
        dimensions  = { FunctionName = function.name }
      }
    }
  ]...)

  mail_alarms = {
    # What fails for good is no error of the function: a partial batch response is a success.
    dlq-not-empty = {
      description = "A message failed five times and is in the dead-letter queue; its email is not sent until it is resent. See the runbook: Bring dead letters back."
      namespace   = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", statistic = "Maximum"
      period      = local.minute, periods = 1, threshold = 0, dimensions = { QueueName = aws_sqs_queue.email_dlq.name }
    }
    feedback-dlq-not-empty = {
      description = "SES feedback could not be stored; bounces may go unnoticed. Check the feedback queue (runbook: SES feedback)."
      namespace   = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", statistic = "Maximum"
      period      = local.minute, periods = 1, threshold = 0, dimensions = { QueueName = aws_sqs_queue.feedback_dlq.name }
    }
    # An e-mail whose fate is unknown waits 15 minutes for SES's word, in the queue. Twice that is a backlog.
    oldest-message = {
      description = "A message has waited in the queue for more than 30 minutes: the consumer is stopped or throttled, or SES refuses."
      namespace   = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", statistic = "Maximum"
      period      = local.minute, periods = 5, threshold = 30 * local.minute, dimensions = { QueueName = aws_sqs_queue.email.name }
    }
    outbox-lag = {
      description = "An event has waited for its publication for more than 5 minutes: the topic refuses it, or the sweep fails."
      namespace   = local.metric_namespace, metric = "OutboxLag", statistic = "Maximum"
      period      = local.minute, periods = 3, threshold = 5 * local.minute, dimensions = {}
    }
    # AWS reviews an account at 5 % of bounces and at 0.1 % of complaints, and may stop it from sending.
    bounce-rate = {
      description = "More than 5 % of the emails bounced: AWS may stop the account from sending. List them with GET /correos?estado=rebotado."
      namespace   = "AWS/SES", metric = "Reputation.BounceRate", statistic = "Maximum"
      period      = 15 * local.minute, periods = 1, threshold = 0.05
      dimensions  = { "ses:configuration-set" = aws_sesv2_configuration_set.correos.configuration_set_name }
    }
    complaint-rate = {
      description = "More than 0.1 % of the emails were reported as spam: AWS may stop the account from sending. List them with GET /correos?estado=queja."
      namespace   = "AWS/SES", metric = "Reputation.ComplaintRate", statistic = "Maximum"
      period      = 15 * local.minute, periods = 1, threshold = 0.001
      dimensions  = { "ses:configuration-set" = aws_sesv2_configuration_set.correos.configuration_set_name }
    }
  }

  access_alarms = {
    # A page whose session ended is refused once or twice. This many are an attack, or a broken program.
    refused-requests = {
      description = "More than 100 requests were refused in 5 minutes: without a token, with a wrong one, or without the role."
      namespace   = local.metric_namespace, metric = "Refused", statistic = "Sum"
      period      = 5 * local.minute, periods = 1, threshold = 100, dimensions = {}
    }
  }

  alarms = merge(
    { for key, alarm in local.alb_alarms : key => alarm if var.alb_enabled },
    local.function_alarms,
    local.mail_alarms,
    local.access_alarms,
  )
}

resource "aws_cloudwatch_metric_alarm" "main" {
  for_each = local.alarms

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.periods
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  # No requests, no errors.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
}

resource "aws_sns_topic" "alarms" {
  # checkov:skip=CKV_AWS_26:an alarm names a metric and a number, and nobody
  name = "${local.name}-alarms"
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

data "aws_iam_policy_document" "alarms" {
  statement {
    sid       = "AllowAlarms"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_sns_topic_subscription" "alarm_email" {
  count = var.alarm_email == "" ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}
