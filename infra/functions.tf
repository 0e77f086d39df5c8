# The three apps, each a module that `make package` makes from what Chalice writes. Chalice decides handlers and
# triggers; names, roles, sizes and caps are decided here.

module "bff" {
  source = "../build/bff_app"

  name_prefix   = local.name
  functions     = { api_handler = local.lambda["bff"] }
  crud_api_url  = local.api_urls["crud"]
  email_api_url = local.api_urls["email"]
  demo          = tostring(var.demo)
  public_url    = var.alb_enabled ? local.page_url : ""
  currency      = var.currency
  salary_period = var.salary_period

  cognito_issuer    = local.sign_in.issuer
  cognito_domain    = local.sign_in_page
  cognito_client_id = local.sign_in.client_id

  cognito_client_secret_parameter = join("", aws_ssm_parameter.page_client_secret[*].name)
}

module "crud" {
  source = "../build/crud_app"

  name_prefix = local.name
  functions = {
    api_handler         = local.lambda["crud"]
    publicar_pendientes = local.lambda["publicar_pendientes"]
  }
  sns_topic_arn = aws_sns_topic.email.arn
  demo          = tostring(var.demo)
  leaver_days   = tostring(var.leaver_days)
  time_zone     = var.time_zone

  database_url_parameter = aws_ssm_parameter.database_url.name
}

module "email" {
  source = "../build/email_app"

  name_prefix = local.name
  functions = {
    api_handler         = local.lambda["email"]
    enviar_correos      = local.lambda["enviar_correos"]
    registrar_resultado = local.lambda["registrar_resultado"]
  }
  queues = {
    crud-app-email-queue = { arn = aws_sqs_queue.email.arn, maximum_concurrency = local.mail_concurrency }
  }
  topics = {
    crud-app-ses-feedback = { arn = aws_sns_topic.ses_feedback.arn }
  }
  email_queue_url       = aws_sqs_queue.email.url
  email_dlq_url         = aws_sqs_queue.email_dlq.url
  ledger_table          = aws_dynamodb_table.correos.name
  email_from            = var.email_from
  notify_to             = join(",", var.notify_to)
  notify_employee       = tostring(var.notify_employee)
  mail_language         = var.mail_language
  time_zone             = var.time_zone
  page_url              = var.alb_enabled ? local.page_url : ""
  user_pool_id          = join("", aws_cognito_user_pool.main[*].id)
  mail_rate             = format("%.3f", var.ses_rate / local.mail_concurrency)
  ses_configuration_set = aws_sesv2_configuration_set.correos.configuration_set_name
  demo                  = tostring(var.demo)

  # Lambda tries the queue as soon as the mapping exists, and refuses a role that cannot read it yet.
  depends_on = [aws_iam_role_policy.function]
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name = "/aws/lambda/${local.name}-${replace(each.key, "_", "-")}"
  # crud_app's lines say who read many salaries; they name no other person.
  retention_in_days = each.key == "crud" ? max(var.audit_retention_days, var.log_retention_days) : var.log_retention_days
}
