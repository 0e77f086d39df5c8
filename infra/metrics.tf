# Metrics of our own, read from the apps' JSON logs: the apps need neither a metrics library nor a permission for it.

locals {
  metric_namespace = local.name

  # By filter; several may count into one metric. Functions and HTTP APIs (whose keys end in -api) have logs.
  log_metrics = {
    outbox-lag          = { metric = "OutboxLag", log = "publicar_pendientes", pattern = "{ $.atraso_s >= 0 }", value = "$.atraso_s", unit = "Seconds" }
    database-round-trip = { metric = "DatabaseRoundTrip", log = "crud", pattern = "{ $.database_ms >= 0 }", value = "$.database_ms", unit = "Milliseconds" }
    mail-sent           = { metric = "MailSent", log = "enviar_correos", pattern = "{ $.resultado = \"enviado\" }", value = "1", unit = "Count" }
    # SES refuses an e-mail at once, or takes it and says later that it could not be sent.
    mail-refused = { metric = "MailFailed", log = "enviar_correos", pattern = "{ $.resultado = \"rechazado\" }", value = "1", unit = "Count" }
    mail-failed  = { metric = "MailFailed", log = "registrar_resultado", pattern = "{ $.resultado = \"fallido\" }", value = "1", unit = "Count" }
    mail-bounced = { metric = "MailBounced", log = "registrar_resultado", pattern = "{ $.resultado = \"rebotado\" }", value = "1", unit = "Count" }
    # Who came where he does not belong: refused by an app, or by an authorizer before the app.
    refused-bff       = { metric = "Refused", log = "bff", pattern = "{ $.refusal = \"*\" }", value = "1", unit = "Count" }
    refused-crud      = { metric = "Refused", log = "crud", pattern = "{ $.refusal = \"*\" }", value = "1", unit = "Count" }
    refused-email     = { metric = "Refused", log = "email", pattern = "{ $.refusal = \"*\" }", value = "1", unit = "Count" }
    refused-crud-api  = { metric = "Refused", log = "crud-api", pattern = "{ $.status = \"401\" && $.integrationStatus = \"-\" }", value = "1", unit = "Count" }
    refused-email-api = { metric = "Refused", log = "email-api", pattern = "{ $.status = \"401\" && $.integrationStatus = \"-\" }", value = "1", unit = "Count" }
  }

  logs = merge(
    { for key, group in aws_cloudwatch_log_group.function : key => group.name },
    { for key, group in aws_cloudwatch_log_group.api : "${key}-api" => group.name },
  )

  metrics_from_logs = distinct([for filter in local.log_metrics : filter.metric])
}

resource "aws_cloudwatch_log_metric_filter" "app" {
  for_each = local.log_metrics

  name           = "${local.name}-${each.key}"
  log_group_name = local.logs[each.value.log]
  pattern        = each.value.pattern

  metric_transformation {
    namespace = local.metric_namespace
    name      = each.value.metric
    value     = each.value.value
    unit      = each.value.unit
  }
}
