# Alarms and dashboard name metrics and dimensions that exist, and alarms act.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "cloudfront"
  source = "./tests/mocks"
}

variables {
  aws_region   = "us-east-1"
  database_url = "postgresql://directorio@db.example.com:5432/directorio"
  email_from   = "directorio@example.com"
  notify_to    = ["rrhh@example.com"]
  alarm_email  = "guardia@example.com"
}

run "apply" {
  # ---- thresholds
  assert {
    condition = jsonencode({ for key, alarm in aws_cloudwatch_metric_alarm.main : key => [alarm.metric_name, alarm.statistic, alarm.threshold, alarm.period, alarm.evaluation_periods] if startswith(key, "alb-") }) == jsonencode({
      alb-own-5xx           = ["HTTPCode_ELB_5XX_Count", "Sum", 10, 300, 1]
      alb-response-time     = ["TargetResponseTime", "Average", 1, 60, 2]
      alb-target-5xx        = ["HTTPCode_Target_5XX_Count", "Sum", 10, 300, 1]
      alb-unhealthy-targets = ["UnHealthyHostCount", "Maximum", 0, 60, 2]
    })
    error_message = "the load balancer's alarms"
  }

  assert {
    condition = alltrue([
      for key in ["bff", "crud", "email", "enviar-correos", "registrar-resultado"] :
      aws_cloudwatch_metric_alarm.main["${key}-errors"].threshold == 10 && aws_cloudwatch_metric_alarm.main["${key}-errors"].period == 300
    ])
    error_message = "more than 10 errors of a function in 5 minutes"
  }

  assert {
    # One run a minute: more than 10 errors in 5 minutes could never be.
    condition     = aws_cloudwatch_metric_alarm.main["publicar-pendientes-errors"].threshold < 5
    error_message = "the sweep's alarm can go off"
  }

  assert {
    condition     = length([for key, alarm in aws_cloudwatch_metric_alarm.main : key if endswith(key, "-concurrency") && alarm.threshold == 50 && alarm.metric_name == "ConcurrentExecutions"]) == length(local.functions)
    error_message = "more than 50 concurrent executions of any function"
  }

  assert {
    condition = jsonencode({ for key in ["dlq-not-empty", "feedback-dlq-not-empty", "oldest-message", "outbox-lag", "bounce-rate", "complaint-rate", "refused-requests"] : key => [aws_cloudwatch_metric_alarm.main[key].namespace, aws_cloudwatch_metric_alarm.main[key].metric_name, aws_cloudwatch_metric_alarm.main[key].threshold] }) == jsonencode({
      dlq-not-empty          = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", 0]
      feedback-dlq-not-empty = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", 0]
      oldest-message         = ["AWS/SQS", "ApproximateAgeOfOldestMessage", 1800]
      outbox-lag             = ["crud-app-dev", "OutboxLag", 300]
      bounce-rate            = ["AWS/SES", "Reputation.BounceRate", 0.05]
      complaint-rate         = ["AWS/SES", "Reputation.ComplaintRate", 0.001]
      refused-requests       = ["crud-app-dev", "Refused", 100]
    })
    error_message = "the alarms of the way from the outbox to the recipient"
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.main : alarm.comparison_operator == "GreaterThanThreshold" && alarm.treat_missing_data == "notBreaching"])
    error_message = "above the threshold; no data is no alarm"
  }

  # ---- dimensions
  assert {
    condition = jsonencode({ for key, alarm in aws_cloudwatch_metric_alarm.main : key => alarm.dimensions if startswith(key, "alb-") }) == jsonencode({
      alb-own-5xx           = { LoadBalancer = "app/main/0123456789abcdef" }
      alb-response-time     = { LoadBalancer = "app/main/0123456789abcdef" }
      alb-target-5xx        = { LoadBalancer = "app/main/0123456789abcdef" }
      alb-unhealthy-targets = { LoadBalancer = "app/main/0123456789abcdef", TargetGroup = "targetgroup/bff/0123456789abcdef" }
    })
    error_message = "the load balancer is named by its ARN's suffix"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.main["crud-errors"].dimensions == tomap({ FunctionName = "crud-app-dev-crud" })
    error_message = "a function is named by its name"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.main["dlq-not-empty"].dimensions == tomap({ QueueName = "crud-app-dev-email-dlq" }) && aws_cloudwatch_metric_alarm.main["feedback-dlq-not-empty"].dimensions == tomap({ QueueName = "crud-app-dev-feedback-dlq" }) && aws_cloudwatch_metric_alarm.main["oldest-message"].dimensions == tomap({ QueueName = "crud-app-dev-email-queue" })
    error_message = "a queue is named by its name"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.main["bounce-rate"].dimensions == tomap({ "ses:configuration-set" = "crud-app-dev-correos" })
    error_message = "the reputation of this environment's e-mails, not of the whole account"
  }

  assert {
    condition     = length(coalesce(aws_cloudwatch_metric_alarm.main["outbox-lag"].dimensions, {})) == 0
    error_message = "a metric filter without dimensions makes a metric without dimensions"
  }

  # ---- actions
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.main : toset(alarm.alarm_actions) == toset([aws_sns_topic.alarms.arn]) && toset(alarm.ok_actions) == toset([aws_sns_topic.alarms.arn])])
    error_message = "each alarm tells the topic when it begins and ends"
  }

  assert {
    condition     = aws_sns_topic_subscription.alarm_email[0].endpoint == "guardia@example.com" && aws_sns_topic_subscription.alarm_email[0].protocol == "email"
    error_message = "the topic sends e-mails"
  }

  # ---- metrics from logs
  assert {
    condition     = anytrue([for filter in aws_cloudwatch_log_metric_filter.app : filter.metric_transformation[0].name == local.alarms["outbox-lag"].metric && filter.metric_transformation[0].namespace == local.alarms["outbox-lag"].namespace])
    error_message = "the alarm on the outbox watches a metric that a filter makes"
  }

  assert {
    condition = alltrue([
      for key, filter in aws_cloudwatch_log_metric_filter.app :
      filter.log_group_name == "${endswith(local.log_metrics[key].log, "-api") ? "/aws/vendedlogs/" : "/aws/lambda/"}crud-app-dev-${replace(local.log_metrics[key].log, "_", "-")}"
    ])
    error_message = "each filter reads the log of its function or API"
  }

  assert {
    condition     = toset([for filter in local.log_metrics : filter.log if filter.metric == "Refused"]) == toset(["bff", "crud", "crud-api", "email", "email-api"])
    error_message = "who refuses a request is counted, the authorizers included"
  }

  assert {
    # The authorizers' refusals are read from the access log, which must say who refused.
    condition     = alltrue([for stage in aws_apigatewayv2_stage.default : contains(keys(jsondecode(stage.access_log_settings[0].format)), "integrationStatus") && contains(keys(jsondecode(stage.access_log_settings[0].format)), "status")])
    error_message = "the filters read fields that the access log has"
  }

  # ---- dashboard
  assert {
    condition     = alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.main.dashboard_body).widgets : widget.properties.region == "us-east-1" && length(widget.properties.metrics) > 0])
    error_message = "each widget shows something"
  }

  assert {
    # [namespace, metric, name, value, …, {options}]: without dimensions only our own namespace has data.
    condition = alltrue(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.main.dashboard_body).widgets : [
        for metric in widget.properties.metrics : metric[0] == "crud-app-dev" ? contains(local.metrics_from_logs, metric[1]) : startswith(metric[0], "AWS/") && try(length(metric) == 5 && metric[3] != null, false)
      ]
    ]))
    error_message = "each metric has its dimensions, or comes from one of our filters"
  }

  assert {
    condition = length(setsubtract(
      ["RequestCount", "TargetResponseTime", "Invocations", "Errors", "Duration", "ApproximateNumberOfMessagesVisible", "MailSent", "MailFailed", "MailBounced", "DatabaseRoundTrip", "Refused"],
      flatten([for widget in jsondecode(aws_cloudwatch_dashboard.main.dashboard_body).widgets : [for metric in widget.properties.metrics : metric[1]]]),
    )) == 0
    error_message = "the dashboard shows all that it should"
  }

  assert {
    condition = alltrue([
      for title in ["Response time (s)", "Database round trip (ms)"] : jsonencode(flatten([
        for widget in jsondecode(aws_cloudwatch_dashboard.main.dashboard_body).widgets : [for metric in widget.properties.metrics : metric[length(metric) - 1].stat] if widget.properties.title == title
      ])) == jsonencode(["p50", "p90", "p99"])
    ])
    error_message = "times as p50, p90 and p99"
  }
}
