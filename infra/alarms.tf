# Each alarm publishes to one topic when it goes off and when it ends. docs/runbook.md says for each what to do.

locals {
  minute = 60

  balancer_dimensions = { LoadBalancer = one(aws_lb.main[*].arn_suffix) }
  target_dimensions   = merge(local.balancer_dimensions, { TargetGroup = one(aws_lb_target_group.bff[*].arn_suffix) })
  set_dimensions      = { "ses:configuration-set" = aws_sesv2_configuration_set.correos.configuration_set_name }

  # At most this many errors in five minutes. The sweep runs only five times in them.
  error_thresholds = { for key in keys(local.functions) : key => key == "publicar_pendientes" ? 2 : 10 }
  # 50, or four fifths of what a small account may run at once.
  concurrency_threshold = min(50, floor(0.8 * var.lambda_quota))

  # Sum, five minutes and one period, unless said otherwise.
  alb_alarms = {
    alb-target-5xx = {
      description = "bff_app answered more than 10 requests with a 5XX in 5 minutes. See which part fails: GET /health?deep=1, then its log."
      metric      = "AWS/ApplicationELB HTTPCode_Target_5XX_Count", threshold = 10, dimensions = local.balancer_dimensions
    }
    # A time-out or a malformed answer of the Lambda is the load balancer's own 502 or 504, and no 5XX of its target.
    alb-own-5xx = {
      description = "The load balancer itself answered more than 10 requests with a 5XX in 5 minutes: bff_app timed out, was throttled or crashed. See bff's log and the Throttles widget."
      metric      = "AWS/ApplicationELB HTTPCode_ELB_5XX_Count", threshold = 10, dimensions = local.balancer_dimensions
    }
    # The median, and only of 20 requests or more: one cold start among few requests is no alarm.
    alb-response-time = {
      description = "Half of the requests took more than a second, for 5 minutes. Compare the dashboard's Response time and Database round trip."
      metric      = "AWS/ApplicationELB TargetResponseTime", percentile = "p50", threshold = 1, dimensions = local.balancer_dimensions
    }
    alb-unhealthy-targets = {
      description = "bff_app does not answer the load balancer's health check, which touches nothing behind it: read its log, roll back."
      metric      = "AWS/ApplicationELB UnHealthyHostCount", statistic = "Maximum", period = local.minute, periods = 2
      threshold   = 0, dimensions = local.target_dimensions
    }
  }

  function_alarms = merge([
    for key, function in local.lambda : {
      "${replace(key, "_", "-")}-errors" = {
        description = "${key} failed more than ${local.error_thresholds[key]} times in 5 minutes (exception, time-out or memory). Read its log from the first error on."
        metric      = "AWS/Lambda Errors", threshold = local.error_thresholds[key], dimensions = { FunctionName = function.name }
      }
      "${replace(key, "_", "-")}-concurrency" = {
        description = "More than ${local.concurrency_threshold} of ${key} ran at once, for 2 minutes; the account may run ${var.lambda_quota} functions at once. Look for heavy traffic or slow requests."
        metric      = "AWS/Lambda ConcurrentExecutions", statistic = "Maximum", period = local.minute, periods = 2
        threshold   = local.concurrency_threshold, dimensions = { FunctionName = function.name }
      }
      "${replace(key, "_", "-")}-throttles" = {
        description = "AWS refused to start ${key} because the account, or its own cap, allows no more at once. Raise the Lambda quota (Service Quotas, L-B99A9384) or reserved_concurrency."
        metric      = "AWS/Lambda Throttles", threshold = 0, dimensions = { FunctionName = function.name }
      }
    }
  ]...)

  mail_alarms = {
    # What fails for good is no error of the function: a partial batch response is a success.
    dlq-not-empty = {
      description = "A message failed five times and is in the dead-letter queue; its email is not sent until it is resent. See the runbook: Bring dead letters back."
      metric      = "AWS/SQS ApproximateNumberOfMessagesVisible", statistic = "Maximum", period = local.minute
      threshold   = 0, dimensions = { QueueName = aws_sqs_queue.email_dlq.name }
    }
    feedback-dlq-not-empty = {
      description = "SES feedback could not be stored; bounces may go unnoticed. Check the feedback queue (runbook: SES feedback)."
      metric      = "AWS/SQS ApproximateNumberOfMessagesVisible", statistic = "Maximum", period = local.minute
      threshold   = 0, dimensions = { QueueName = aws_sqs_queue.feedback_dlq.name }
    }
    # An e-mail whose fate is unknown waits in the queue for up to 15 minutes for SES's report. Twice that is a backlog.
    oldest-message = {
      description = "A message has waited in the queue for more than 30 minutes: the consumer is stopped or throttled, or SES refuses. Read enviar_correos' log and `aws sesv2 get-account`."
      metric      = "AWS/SQS ApproximateAgeOfOldestMessage", statistic = "Maximum", period = local.minute, periods = 5
      threshold   = 30 * local.minute, dimensions = { QueueName = aws_sqs_queue.email.name }
    }
    outbox-lag = {
      description = "An event has waited for its publication for more than 5 minutes: the topic refuses it, or the sweep fails. Read publicar_pendientes' log."
      metric      = "${local.metric_namespace} OutboxLag", statistic = "Maximum", period = local.minute, periods = 3
      threshold   = 5 * local.minute, dimensions = {}
    }
    mail-failed = {
      description = "SES refused an email for good, and nothing will retry it. List them with GET /correos?estado=fallido; in the SES sandbox every recipient must be verified."
      metric      = "${local.metric_namespace} MailFailed", threshold = 0, dimensions = {}
    }
    # AWS reviews an account at 5 % of bounces and at 0.1 % of complaints, and may stop it from sending.
    bounce-rate = {
      description = "More than 5 % of the emails bounced: AWS may stop the account from sending. List them with GET /correos?estado=rebotado."
      metric      = "AWS/SES Reputation.BounceRate", statistic = "Maximum", period = 15 * local.minute
      threshold   = 0.05, dimensions = local.set_dimensions
    }
    complaint-rate = {
      description = "More than 0.1 % of the emails were reported as spam: AWS may stop the account from sending. List them with GET /correos?estado=queja."
      metric      = "AWS/SES Reputation.ComplaintRate", statistic = "Maximum", period = 15 * local.minute
      threshold   = 0.001, dimensions = local.set_dimensions
    }
  }

  access_alarms = {
    # A page whose session ended is refused once or twice. This many are an attack, or a broken program.
    refused-requests = {
      description = "More than 100 requests were refused in 5 minutes: without a token, with a wrong one, or without the role. The field `refusal` in the logs says which."
      metric      = "${local.metric_namespace} Refused", threshold = 100, dimensions = {}
    }
  }

  alarms = merge(
    { for key, alarm in local.alb_alarms : key => alarm if var.alb_enabled },
    local.function_alarms,
    local.mail_alarms,
    local.access_alarms,
  )

  alarm_actions = [aws_sns_topic.alarms.arn]
  # A new alarm goes from "no data" to OK, and each would send an e-mail at the first deployment.
  ok_actions = length(var.revisions) > 1 ? local.alarm_actions : []
}

resource "aws_cloudwatch_metric_alarm" "main" {
  for_each = local.alarms

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = split(" ", each.value.metric)[0]
  metric_name         = split(" ", each.value.metric)[1]
  dimensions          = each.value.dimensions
  statistic           = try(each.value.percentile, null) == null ? try(each.value.statistic, "Sum") : null
  extended_statistic  = try(each.value.percentile, null)
  period              = try(each.value.period, 5 * local.minute)
  evaluation_periods  = try(each.value.periods, 1)
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  alarm_actions       = local.alarm_actions
  ok_actions          = local.ok_actions
  # No requests, no errors.
  treat_missing_data = "notBreaching"

  evaluate_low_sample_count_percentiles = try(each.value.percentile, null) == null ? null : "ignore"
}

# Cognito counts attempts as samples of 1 (success) and 0 (failure).
# https://docs.aws.amazon.com/cognito/latest/developerguide/metrics-for-cognito-user-pools.html
resource "aws_cloudwatch_metric_alarm" "failed_sign_ins" {
  count = var.demo ? 0 : 1

  alarm_name          = "${local.name}-failed-sign-ins"
  alarm_description   = "More than 50 sign-ins failed in 5 minutes: an attacker is guessing passwords, or an app sends wrong ones. The access log has the addresses (runbook: failed-sign-ins)."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 50
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.ok_actions

  metric_query {
    id          = "failed"
    expression  = "attempts - successes"
    label       = "Failed sign-ins"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { attempts = "SampleCount", successes = "Sum" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/Cognito"
        metric_name = "SignInSuccesses"
        stat        = metric_query.value
        period      = 5 * local.minute
        dimensions  = { UserPool = aws_cognito_user_pool.main[0].id, UserPoolClient = aws_cognito_user_pool_client.page[0].id }
      }
    }
  }
}

resource "aws_sns_topic" "alarms" {
  name = "${local.name}-alarms"
}

resource "aws_sns_topic_subscription" "alarm_email" {
  count = var.alarm_email == "" ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}
