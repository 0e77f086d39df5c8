# Metrics of our own, read from the apps' JSON logs: the apps need neither a metrics library nor a permission for it.

locals {
  metric_namespace = local.name

  # By filter; two may count into one metric.
  log_metrics = {
    outbox-lag          = { metric = "OutboxLag", function = "publicar_pendientes", pattern = "{ $.atraso_s >= 0 }", value = "$.atraso_s", unit = "Seconds" }
    database-round-trip = { metric = "DatabaseRoundTrip", function = "crud", pattern = "{ $.database_ms >= 0 }", value = "$.database_ms", unit = "Milliseconds" }
    mail-sent           = { metric = "MailSent", function = "enviar_correos", pattern = "{ $.resultado = \"enviado\" }", value = "1", unit = "Count" }
    # SES refuses an e-mail at once, or takes it and says later that it could not be sent.
    mail-refused = { metric = "MailFailed", function = "enviar_correos", pattern = "{ $.resultado = \"rechazado\" }", value = "1", unit = "Count" }
    mail-failed  = { metric = "MailFailed", function = "registrar_resultado", pattern = "{ $.resultado = \"fallido\" }", value = "1", unit = "Count" }
    mail-bounced = { metric = "MailBounced", function = "registrar_resultado", pattern = "{ $.resultado = \"rebotado\" }", value = "1", unit = "Count" }
  }

  metrics_from_logs = distinct([for filter in local.log_metrics : filter.metric])
}

resource "aws_cloudwatch_log_metric_filter" "app" {
  for_each = local.log_metrics

  name           = "${local.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.function[each.value.function].name
  pattern        = each.value.pattern

  metric_transformation {
    namespace = local.metric_namespace
    name      = each.value.metric
    value     = each.value.value
    unit      = each.value.unit
  }
}
