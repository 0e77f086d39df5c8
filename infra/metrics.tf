# Metrics of our own, read from the apps' JSON logs: the apps need neither a metrics library nor a permission for it.

locals {
  metric_namespace = local.name

  # By filter; several may count into one metric. Functions and HTTP APIs (whose keys end in -api) have logs.
  log_metrics = merge({
    outbox-lag          = { metric = "OutboxLag", log = "publicar_pendientes", pattern = "{ $.atraso_s >= 0 }", value = "$.atraso_s", unit = "Seconds" }
    database-round-trip = { metric = "DatabaseRoundTrip", log = "crud", pattern = "{ $.database_ms >= 0 }", value = "$.database_ms", unit = "Milliseconds" }
    # Answers with more than 20 salaries, an export among them; the line says who asked.
    salaries-read = { metric = "SalariesRead", log = "crud", pattern = "{ $.salarios_leidos > 0 }", value = "$.salarios_leidos" }
    mail-sent     = { metric = "MailSent", log = "enviar_correos", pattern = "{ $.resultado = \"enviado\" }" }
    # SES refuses an e-mail at once, or accepts it and reports later that it could not be sent.
    mail-refused = { metric = "MailFailed", log = "enviar_correos", pattern = "{ $.resultado = \"rechazado\" }" }
    mail-failed  = { metric = "MailFailed", log = "registrar_resultado", pattern = "{ $.resultado = \"fallido\" }" }
    mail-bounced = { metric = "MailBounced", log = "registrar_resultado", pattern = "{ $.resultado = \"rebotado\" }" }
    }, {
    # Requests refused by an app, or by an authorizer before the app.
    for log in ["bff", "crud", "email"] : "refused-${log}" => { metric = "Refused", log = log, pattern = "{ $.refusal = \"*\" }" }
    }, {
    for log in ["crud-api", "email-api"] : "refused-${log}" => { metric = "Refused", log = log, pattern = "{ ($.status = \"401\" || $.status = \"403\") && $.integrationStatus = \"-\" }" }
  })

  logs = merge(
    { for key, group in aws_cloudwatch_log_group.function : key => group.name },
    { for key, group in aws_cloudwatch_log_group.api : "${key}-api" => group.name },
  )
}

resource "aws_cloudwatch_log_metric_filter" "app" {
  for_each = local.log_metrics

  name           = "${local.name}-${each.key}"
  log_group_name = local.logs[each.value.log]
  pattern        = each.value.pattern

  metric_transformation {
    namespace = local.metric_namespace
    name      = each.value.metric
    value     = try(each.value.value, "1")
    unit      = try(each.value.unit, "Count")
  }
}
