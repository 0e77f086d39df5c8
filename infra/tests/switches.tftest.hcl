# The choices that an environment has, several in one run where they do not affect each other.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

mock_provider "aws" {
  alias           = "cloudfront"
  source          = "./tests/mocks"
  override_during = plan
}

run "without_load_balancer" {
  command = plan

  variables {
    alb_enabled = false
  }

  assert {
    condition = (
      length(aws_lb.main) + length(aws_vpc.main) + length(aws_subnet.alb) + length(aws_security_group.alb) + length(aws_lambda_permission.alb) == 0 &&
      length(aws_cloudfront_distribution.main) + length(aws_s3_bucket.access_logs) + length(module.waf_cloudfront) + length(module.waf_alb) == 0 &&
      length([for key in keys(aws_cloudwatch_metric_alarm.main) : key if startswith(key, "alb-")]) == 0 && output.url == null
    )
    error_message = "neither load balancer and network nor what stands before or watches them"
  }

  assert {
    condition     = length(aws_apigatewayv2_authorizer.jwt) == 2 && toset(aws_cognito_user_pool_client.page[0].callback_urls) == toset(["http://localhost:8000/sesion/vuelta"])
    error_message = "the APIs stay, and a developer signs in on a local page"
  }

  assert {
    condition     = length(aws_sns_topic_subscription.alarm_email) + length(aws_scheduler_schedule.office_hours) == 0
    error_message = "no e-mails and no schedule unless asked for"
  }
}

run "production_with_every_switch" {
  command = plan

  variables {
    environment     = "production"
    domain_name     = "directorio.example.com"
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    machine_clients = { nomina = "lector" }
    office_hours    = { opens = "cron(0 8 ? * MON-FRI *)", closes = "cron(0 19 ? * MON-FRI *)", timezone = "America/Lima" }
    snapstart       = true
  }

  assert {
    condition = (
      aws_lb.main[0].enable_deletion_protection && aws_dynamodb_table.correos.deletion_protection_enabled &&
      aws_cognito_user_pool.main[0].deletion_protection == "ACTIVE" && aws_cognito_user_pool.main[0].mfa_configuration == "ON" && !aws_s3_bucket.access_logs[0].force_destroy &&
      aws_kms_key.main[0].enable_key_rotation && aws_kms_key.main[0].deletion_window_in_days == 30
    )
    error_message = "production cannot be deleted by accident, requires a second factor, and its key rotates"
  }

  assert {
    condition = toset([
      aws_ssm_parameter.database_url.key_id, aws_sns_topic.email.kms_master_key_id, aws_sns_topic.ses_feedback.kms_master_key_id,
      aws_sqs_queue.email.kms_master_key_id, aws_sqs_queue.email_dlq.kms_master_key_id, aws_sqs_queue.feedback_dlq.kms_master_key_id, aws_dynamodb_table.correos.server_side_encryption[0].kms_key_arn,
    ]) == toset([aws_kms_key.main[0].arn])
    error_message = "everything that holds people's data, and the password, has the key"
  }

  assert {
    condition = jsonencode([for statement in jsondecode(aws_kms_key.main[0].policy).Statement : [
      statement.Sid, distinct(flatten(values(statement.Principal))), try(statement.Condition.StringEquals, {}),
      ]]) == jsonencode([
      ["AdministerByIam", ["arn:aws:iam::123456789012:root"], {}],
      ["UseThroughServices", ["arn:aws:iam::123456789012:role/function"], { "kms:ViaService" = ["dynamodb.us-east-1.amazonaws.com", "sns.us-east-1.amazonaws.com", "sqs.us-east-1.amazonaws.com", "ssm.us-east-1.amazonaws.com"] }],
      ["SendEncrypted", ["ses.amazonaws.com", "sns.amazonaws.com"], { "aws:SourceAccount" = "123456789012" }],
    ])
    error_message = "only the functions use the key, and only through these services"
  }

  # What starts a function calls the alias of its newest version, and may do only that.
  assert {
    condition = (
      endswith(aws_lb_target_group_attachment.bff[0].target_id, ":live") && aws_lambda_permission.alb[0].qualifier == "live" &&
      alltrue([for integration in aws_apigatewayv2_integration.app : endswith(integration.integration_uri, ":live/invocations")]) &&
      alltrue([for permission in aws_lambda_permission.api : permission.qualifier == "live"]) &&
      alltrue([for name, function in merge(module.crud.functions, module.email.functions) : function.qualifier == "live" && endswith(function.arn, ":live")]) &&
      aws_lambda_function_event_invoke_config.registrar_resultado.qualifier == "live"
    )
    error_message = "load balancer, APIs, queue, topic and schedule call the alias, which has the failure destination"
  }

  assert {
    condition = jsonencode({ for key, schedule in aws_scheduler_schedule.office_hours : key => [schedule.schedule_expression, schedule.schedule_expression_timezone, schedule.target[0].arn, jsondecode(schedule.target[0].input)] }) == jsonencode({
      closes = ["cron(0 19 ? * MON-FRI *)", "America/Lima", "arn:aws:scheduler:::aws-sdk:eventbridge:disableRule", { Name = "crud-app-production-publicar-pendientes" }]
      opens  = ["cron(0 8 ? * MON-FRI *)", "America/Lima", "arn:aws:scheduler:::aws-sdk:eventbridge:enableRule", { Name = "crud-app-production-publicar-pendientes" }]
    })
    error_message = "the sweep is off outside of office hours"
  }

  assert {
    condition     = jsonencode([for statement in jsondecode(aws_iam_role_policy.office_hours[0].policy).Statement : [statement.Action, statement.Resource]]) == jsonencode([[["events:EnableRule", "events:DisableRule"], module.crud.schedules["publicar_pendientes"].arn]])
    error_message = "the schedule may do nothing else"
  }
}

run "another_environment" {
  command = plan

  variables {
    environment          = "staging"
    deletion_protection  = true
    customer_key         = false
    keep_key             = true
    mfa_required         = true
    waf_enabled          = false
    manage_sender        = false
    revisions            = ["b", "a"]
    ses_rate             = 50
    reserved_concurrency = { bff = 20, enviar_correos = 0 }
    # Supabase's form.
    database_url = "postgres://directorio.ref@pooler.example.com:6543/postgres?sslmode=verify-full&pgbouncer=true"
  }

  assert {
    condition = alltrue([
      for name in concat(
        [for function in local.lambda : function.name],
        [for alarm in aws_cloudwatch_metric_alarm.main : alarm.alarm_name],
        [for api in aws_apigatewayv2_api.app : api.name],
        [for group in merge(aws_cloudwatch_log_group.function, aws_cloudwatch_log_group.api) : basename(group.name)],
        [
          aws_lb.main[0].name, aws_lb_target_group.bff[0].name, aws_sns_topic.email.name, aws_sns_topic.ses_feedback.name,
          aws_sns_topic.alarms.name, aws_sqs_queue.email.name, aws_sqs_queue.email_dlq.name, aws_dynamodb_table.correos.name,
          aws_sesv2_configuration_set.correos.configuration_set_name, aws_cloudwatch_dashboard.main.dashboard_name,
        ],
      ) : startswith(name, "crud-app-staging")
    ])
    error_message = "every name holds the environment"
  }

  assert {
    condition = alltrue([
      for name in concat([for role in aws_iam_role.function : role.name], [aws_s3_bucket.access_logs[0].bucket, aws_cloudwatch_log_delivery_source.cloudfront[0].name, aws_cloudwatch_log_delivery_destination.access_logs[0].name]) :
      startswith(name, "crud-app-staging-us-east-1-")
    ])
    error_message = "names that are global to the account hold the region too"
  }

  assert {
    condition = (
      aws_dynamodb_table.correos.deletion_protection_enabled && length(aws_kms_key.main) == 1 && aws_sqs_queue.email.kms_master_key_id == null && aws_cognito_user_pool.main[0].mfa_configuration == "ON" &&
      length(module.waf_cloudfront) + length(module.waf_alb) + length(aws_sesv2_email_identity.sender) == 0 && local.mail_concurrency == 5
    )
    error_message = "each choice counts"
  }

  assert {
    condition     = local.lambda["bff"].reserved_concurrency == 20 && local.lambda["enviar_correos"].reserved_concurrency == 0 && local.lambda["crud"].reserved_concurrency == 80 && local.lambda["email"].reserved_concurrency == -1
    error_message = "caps by function; 0 stops one, and crud_app leaves connections of the database to others"
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.main : length(alarm.ok_actions) == 1 && (endswith(alarm.alarm_name, "-concurrency") ? alarm.threshold == 50 : true)])
    error_message = "after the first deployment alarms tell when they end; an account with a usual quota alarms at 50"
  }
}
