# One page that shows how it goes. Every metric names its dimensions; without them a widget stays empty.

locals {
  functions_shown = [for key in ["bff", "crud", "publicar_pendientes", "email", "enviar_correos", "registrar_resultado"] : local.lambda[key].name]

  alb_widgets = [
    {
      title = "Requests"
      stat  = "Sum"
      metrics = [
        for metric, label in {
          RequestCount              = "requests"
          HTTPCode_Target_2XX_Count = "2XX"
          HTTPCode_Target_4XX_Count = "4XX"
          HTTPCode_Target_5XX_Count = "5XX of bff_app"
          HTTPCode_ELB_5XX_Count    = "5XX of the load balancer"
        } : ["AWS/ApplicationELB", metric, "LoadBalancer", one(aws_lb.main[*].arn_suffix), { label = label }]
      ]
    },
    {
      title = "Response time (s)"
      stat  = "p50"
      metrics = [
        for stat in ["p50", "p90", "p99"] :
        ["AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", one(aws_lb.main[*].arn_suffix), { stat = stat, label = stat }]
      ]
    },
  ]

  function_widgets = [
    for metric, look in {
      Invocations          = { title = "Invocations", stat = "Sum" }
      Errors               = { title = "Errors", stat = "Sum" }
      Duration             = { title = "Duration, p90 (ms)", stat = "p90" }
      ConcurrentExecutions = { title = "Running at once", stat = "Maximum" }
    } :
    {
      title   = look.title
      stat    = look.stat
      metrics = [for name in local.functions_shown : ["AWS/Lambda", metric, "FunctionName", name, { label = name }]]
    }
  ]

  mail_widgets = [
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
    {
      title = "E-mails"
      stat  = "Sum"
      metrics = [
        [local.metric_namespace, "MailSent", { label = "sent" }],
        [local.metric_namespace, "MailFailed", { label = "failed" }],
        [local.metric_namespace, "MailBounced", { label = "bounced" }],
      ]
    },
    {
      title = "Database round trip (ms)"
      stat  = "p50"
      metrics = [
        for stat in ["p50", "p90", "p99"] :
        [local.metric_namespace, "DatabaseRoundTrip", { stat = stat, label = stat }]
      ]
    },
  ]

  access_widgets = [
    {
      title   = "Refused requests"
      stat    = "Sum"
      metrics = [[local.metric_namespace, "Refused", { label = "refused" }]]
    },
  ]

  widgets = concat([for widget in local.alb_widgets : widget if var.alb_enabled], local.function_widgets, local.mail_widgets, local.access_widgets)
}

resource "aws_cloudwatch_dashboard" "main" {
  dashboard_name = local.name

  dashboard_body = jsonencode({
    widgets = [
      # Two in a row, of the 24 columns that a dashboard has.
      for index, widget in local.widgets : {
        type   = "metric"
        x      = 12 * (index % 2)
        y      = 6 * floor(index / 2)
        width  = 12
        height = 6
        properties = {
          title   = widget.title
          stat    = widget.stat
          metrics = widget.metrics
          period  = 60
          region  = var.aws_region
          view    = "timeSeries"
          yAxis   = { left = { min = 0 } }
        }
      }
    ]
  })
}
