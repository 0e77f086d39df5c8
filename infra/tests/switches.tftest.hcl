# The choices that an environment has.

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
}

run "without_load_balancer" {
  command = plan

  variables {
    alb_enabled = false
  }

  assert {
    condition     = length(aws_lb.main) + length(aws_vpc.main) + length(aws_subnet.alb) + length(aws_internet_gateway.main) + length(aws_security_group.alb) + length(aws_lambda_permission.alb) == 0
    error_message = "neither load balancer nor network"
  }

  assert {
    condition     = output.url == null && output.load_balancer == null
    error_message = "no address"
  }

  assert {
    condition     = length([for key in keys(aws_cloudwatch_metric_alarm.main) : key if startswith(key, "alb-")]) == 0 && length(local.widgets) == length(local.function_widgets) + length(local.mail_widgets) + length(local.access_widgets)
    error_message = "nothing watches what is not there"
  }

  assert {
    condition     = length(aws_apigatewayv2_api.app) == 2
    error_message = "the HTTP APIs stay"
  }
}

run "production_is_protected" {
  command = plan

  variables {
    environment = "production"
  }

  assert {
    condition     = aws_lb.main[0].enable_deletion_protection && aws_dynamodb_table.correos.deletion_protection_enabled
    error_message = "production cannot be deleted by accident"
  }
}

run "protection_can_be_lifted" {
  command = plan

  variables {
    environment         = "production"
    deletion_protection = false
  }

  assert {
    condition     = !aws_lb.main[0].enable_deletion_protection && !aws_dynamodb_table.correos.deletion_protection_enabled
    error_message = "and deleted on purpose"
  }
}

run "environments_do_not_collide" {
  command = plan

  variables {
    environment = "staging"
  }

  assert {
    condition = alltrue([
      for name in concat(
        [for function in local.lambda : function.name],
        [for role in aws_iam_role.function : role.name],
        [for alarm in aws_cloudwatch_metric_alarm.main : alarm.alarm_name],
        [for api in aws_apigatewayv2_api.app : api.name],
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
    condition     = alltrue([for group in merge(aws_cloudwatch_log_group.function, aws_cloudwatch_log_group.api) : strcontains(group.name, "/crud-app-staging-")])
    error_message = "every log group's name holds the environment"
  }
}

run "office_hours" {
  variables {
    office_hours = { opens = "cron(0 8 ? * MON-FRI *)", closes = "cron(0 19 ? * MON-FRI *)", timezone = "America/Lima" }
  }

  assert {
    condition = jsonencode({ for key, schedule in aws_scheduler_schedule.office_hours : key => [schedule.schedule_expression, schedule.schedule_expression_timezone, schedule.target[0].arn, jsondecode(schedule.target[0].input)] }) == jsonencode({
      closes = ["cron(0 19 ? * MON-FRI *)", "America/Lima", "arn:aws:scheduler:::aws-sdk:eventbridge:disableRule", { Name = "crud-app-dev-publicar-pendientes" }]
      opens  = ["cron(0 8 ? * MON-FRI *)", "America/Lima", "arn:aws:scheduler:::aws-sdk:eventbridge:enableRule", { Name = "crud-app-dev-publicar-pendientes" }]
    })
    error_message = "the sweep sleeps outside of office hours"
  }

  assert {
    condition     = toset(data.aws_iam_policy_document.office_hours.statement[0].actions) == toset(["events:EnableRule", "events:DisableRule"]) && tolist(data.aws_iam_policy_document.office_hours.statement[0].resources) == tolist([module.crud.schedules["publicar_pendientes"].arn])
    error_message = "the schedule may do nothing else"
  }
}

run "caps" {
  command = plan

  variables {
    reserved_concurrency = { bff = 20, enviar_correos = 0 }
  }

  assert {
    condition     = local.lambda["bff"].reserved_concurrency == 20 && local.lambda["enviar_correos"].reserved_concurrency == 0 && local.lambda["crud"].reserved_concurrency == -1
    error_message = "caps by function; 0 stops one"
  }
}

run "sender_of_another_environment" {
  command = plan

  variables {
    manage_sender = false
  }

  assert {
    condition     = length(aws_sesv2_email_identity.sender) == 0
    error_message = "the identity stays where it is"
  }
}

run "three_zones" {
  command = plan

  variables {
    vpc_cidr     = "172.16.0.0/20"
    subnet_cidrs = ["172.16.0.0/24", "172.16.1.0/24", "172.16.2.0/24"]
  }

  assert {
    condition     = length(distinct([for subnet in aws_subnet.alb : subnet.availability_zone])) == 3
    error_message = "each subnet in a zone of its own"
  }
}

run "a_pooler_is_welcome" {
  command = plan

  variables {
    database_url = "postgres://directorio.ref@pooler.example.com:6543/postgres?sslmode=verify-full&pgbouncer=true"
  }

  assert {
    condition     = length(module.crud.functions) == 2
    error_message = "what Supabase hands out is accepted: crud_app understands it"
  }
}

# ---- encryption ------------------------------------------------------------------------------------------------

run "aws_keys" {
  command = plan

  assert {
    condition     = aws_ssm_parameter.database_url.type == "SecureString"
    error_message = "the database's password is encrypted"
  }

  assert {
    condition     = length(aws_kms_key.main) == 0 && aws_sqs_queue.email.sqs_managed_sse_enabled && aws_sqs_queue.email_dlq.sqs_managed_sse_enabled && aws_sqs_queue.feedback_dlq.sqs_managed_sse_enabled
    error_message = "queues are encrypted all the same"
  }
}

run "a_key_of_ones_own" {
  variables {
    environment = "production"
  }

  assert {
    condition     = aws_kms_key.main[0].enable_key_rotation && aws_kms_key.main[0].deletion_window_in_days == 30
    error_message = "the key rotates, and is not lost by accident"
  }

  assert {
    condition = toset([
      aws_ssm_parameter.database_url.key_id, aws_sns_topic.email.kms_master_key_id, aws_sns_topic.ses_feedback.kms_master_key_id,
      aws_sqs_queue.email.kms_master_key_id, aws_sqs_queue.email_dlq.kms_master_key_id, aws_sqs_queue.feedback_dlq.kms_master_key_id, aws_dynamodb_table.correos.server_side_encryption[0].kms_key_arn,
    ]) == toset([aws_kms_key.main[0].arn])
    error_message = "everything that holds people's data, and the password"
  }

  assert {
    condition = jsonencode([for statement in data.aws_iam_policy_document.key[0].statement : [
      statement.sid, [for condition in statement.condition : [condition.variable, condition.values]],
      ]]) == jsonencode([
      ["AdministerByIam", []],
      ["UseThroughServices", [["kms:CallerAccount", ["123456789012"]], ["kms:ViaService", ["dynamodb.us-east-1.amazonaws.com", "sns.us-east-1.amazonaws.com", "sqs.us-east-1.amazonaws.com", "ssm.us-east-1.amazonaws.com"]]]],
      ["SendEncrypted", [["aws:SourceAccount", ["123456789012"]]]],
    ])
    error_message = "nobody uses the key but through these services, in this account"
  }
}

run "no_key_in_production" {
  command = plan

  variables {
    environment  = "production"
    customer_key = false
  }

  assert {
    condition     = length(aws_kms_key.main) == 0
    error_message = "the key has its price"
  }
}
