# Metrics of our own, read from the apps' JSON logs: the apps need neither a metrics library nor a permission for it.

locals {
  metric_namespace = local.name

  log_metrics = {
    OutboxLag         = { function = "publicar_pendientes", pattern = "{ $.atraso_s >= 0 }", value = "$.atraso_s", unit = "Seconds" }
    MailSent          = { function = "enviar_correos", pattern = "{ $.estado = \"enviado\" }", value = "1", unit = "Count" }
    MailFailed        = { function = "enviar_correos", pattern = "{ $.estado = \"fallido\" }", value = "1", unit = "Count" }
    MailBounced       = { function = "registrar_resultado", pattern = "{ $.estado = \"rebotado\" }", value = "1", unit = "Count" }
    DatabaseRoundTrip = { function = "crud", pattern = "{ $.database_ms >= 0 }", value = "$.database_ms", unit = "Milliseconds" }
  }
}

resource "aws_cloudwatch_log_metric_filter" "app" {
  for_each = local.log_metrics

  name           = each.key
  log_group_name = aws_cloudwatch_log_group.function[each.value.function].name
  pattern        = each.value.pattern

  metric_transformation {
    namespace = local.metric_namespace
    name      = each.key
    value     = each.value.value
    unit      = each.value.unit
  }
}
