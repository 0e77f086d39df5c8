# One page with the state of everything. Every metric names its dimensions; without them a widget stays empty.

locals {
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
  alb_metric = { for name in ["RequestCount", "HTTPCode_Target_2XX_Count", "HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count", "TargetResponseTime"] :
    name => ["AWS/ApplicationELB", name, "LoadBalancer", one(aws_lb.main[*].arn_suffix)]
  }
  percentiles = ["p50", "p90", "p99"]

  alb_widgets = [
    { title = "Requests", stat = "Sum", metrics = [for name, metric in local.alb_metric : metric if name != "TargetResponseTime"] },
    { title = "Response time (s)", stat = "p50", metrics = [for stat in local.percentiles : concat(local.alb_metric.TargetResponseTime, [{ stat = stat, label = stat }])] },
  ]

  function_widgets = [
    for metric, look in {
      Invocations          = { title = "Invocations", stat = "Sum" }
      Errors               = { title = "Errors", stat = "Sum" }
      Duration             = { title = "Duration, p90 (ms)", stat = "p90" }
      ConcurrentExecutions = { title = "Running at once", stat = "Maximum" }
      Throttles            = { title = "Throttles", stat = "Sum" }
    } :
    { title = look.title, stat = look.stat, metrics = [for function in local.lambda : ["AWS/Lambda", metric, "FunctionName", function.name]] }
  ]

  own_widgets = [
    {
      title = "Queue and DLQ"
      stat  = "Maximum"
      metrics = [
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.email.name, { label = "waiting" }],
        ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", aws_sqs_queue.email.name, { label = "being sent" }],
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.email_dlq.name, { label = "in the DLQ" }],
      ]
    },
    {
      title = "Oldest message, outbox lag (s)"
      stat  = "Maximum"
      metrics = [
        ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", aws_sqs_queue.email.name, { label = "oldest message" }],
        [local.metric_namespace, "OutboxLag", { label = "outbox" }],
      ]
    },
    { title = "E-mails", stat = "Sum", metrics = [for name in ["MailSent", "MailFailed", "MailBounced"] : [local.metric_namespace, name]] },
    { title = "Database round trip (ms)", stat = "p50", metrics = [for stat in local.percentiles : [local.metric_namespace, "DatabaseRoundTrip", { stat = stat, label = stat }]] },
    { title = "Refused requests", stat = "Sum", metrics = [[local.metric_namespace, "Refused"]] },
  ]

  widgets = concat([for widget in local.alb_widgets : widget if var.alb_enabled], local.function_widgets, local.own_widgets)
}

resource "aws_cloudwatch_dashboard" "main" {
  dashboard_name = local.name

  dashboard_body = jsonencode({
    widgets = [
      # Two in a row, of the 24 columns that a dashboard has.
      for index, widget in local.widgets : {
        type       = "metric"
        x          = 12 * (index % 2)
        y          = 6 * floor(index / 2)
        width      = 12
        height     = 6
        properties = merge(widget, { period = 60, region = var.aws_region, view = "timeSeries", yAxis = { left = { min = 0 } } })
      }
    ]
  })
}
