# What a plain `make plan` builds: who may come in, what each function may do, and what is watched.
#
# Mocked values are known while planning, so nothing is applied. tests/infra checks every planned value of all files here
# against botocore's models of the AWS APIs, so the edges are planned with and without the switches.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

mock_provider "aws" {
  alias           = "cloudfront"
  source          = "./tests/mocks"
  override_during = plan
}

override_resource {
  target          = aws_sns_topic.email
  override_during = plan
  values          = { arn = "arn:aws:sns:us-east-1:123456789012:email-topic" }
}

override_resource {
  target          = aws_sqs_queue.email
  override_during = plan
  values          = { arn = "arn:aws:sqs:us-east-1:123456789012:email-queue", url = "https://sqs.us-east-1.amazonaws.com/123456789012/email-queue" }
}

override_resource {
  target          = aws_sqs_queue.email_dlq
  override_during = plan
  values          = { arn = "arn:aws:sqs:us-east-1:123456789012:email-dlq", url = "https://sqs.us-east-1.amazonaws.com/123456789012/email-dlq" }
}

override_resource {
  target          = aws_sqs_queue.feedback_dlq
  override_during = plan
  values          = { arn = "arn:aws:sqs:us-east-1:123456789012:feedback-dlq", url = "https://sqs.us-east-1.amazonaws.com/123456789012/feedback-dlq" }
}

run "defaults" {
  command = plan

  variables {
    alarm_email     = "guardia@example.com"
    machine_clients = { nomina = "lector" }
    lambda_quota    = 10
  }

  assert {
    condition     = { for subnet in aws_subnet.alb : subnet.cidr_block => subnet.availability_zone_id } == { "10.0.1.0/24" = "use1-az1", "10.0.2.0/24" = "use1-az2" }
    error_message = "two subnets, each in a zone of its own"
  }

  assert {
    condition = jsonencode([for check in aws_lb_target_group.bff[0].health_check : [check.enabled, check.path, check.interval, check.timeout, check.matcher]]) == jsonencode([
      [true, "/health", 35, 30, "200"],
    ])
    error_message = "the health check is on, and asks /health"
  }

  assert {
    condition     = aws_lb_target_group.bff[0].lambda_multi_value_headers_enabled && aws_lb.main[0].drop_invalid_header_fields
    error_message = "headers arrive complete and valid"
  }

  assert {
    condition = alltrue([for stage in aws_apigatewayv2_stage.default : (
      stage.default_route_settings[0].throttling_rate_limit == 100 && stage.default_route_settings[0].throttling_burst_limit == 200 &&
      !strcontains(stage.access_log_settings[0].format, "querystring")
    )])
    error_message = "APIs are throttled, and their logs hold no query string"
  }

  assert {
    condition = (
      aws_sqs_queue.email.visibility_timeout_seconds >= 6 * local.functions["enviar_correos"].timeout &&
      aws_sqs_queue.email_dlq.message_retention_seconds > aws_sqs_queue.email.message_retention_seconds &&
      aws_sns_topic_subscription.email_queue.raw_message_delivery
    )
    error_message = "a message is not delivered twice, stays longer in the DLQ, and has no envelope"
  }

  assert {
    condition     = aws_dynamodb_table.correos.point_in_time_recovery[0].enabled && aws_dynamodb_table.correos.hash_key == "evento" && aws_dynamodb_table.correos.range_key == "huella" && length(aws_dynamodb_table.correos.global_secondary_index) == 3
    error_message = "the ledger can be restored, and has the keys of ledger_table.json"
  }

  assert {
    condition     = aws_ssm_parameter.database_url.type == "SecureString" && length(aws_kms_key.main) == 0 && alltrue([for queue in [aws_sqs_queue.email, aws_sqs_queue.email_dlq, aws_sqs_queue.feedback_dlq] : queue.sqs_managed_sse_enabled])
    error_message = "the password and the queues are encrypted without a customer key too"
  }

  # What each function may do
  assert {
    condition     = alltrue([for function in local.lambda : function.reserved_concurrency == -1])
    error_message = "a small account has no room for a cap"
  }

  assert {
    condition     = length(distinct([for role in aws_iam_role.function : role.name])) == length(local.functions)
    error_message = "each function has a role of its own"
  }

  assert {
    condition = jsonencode({ for key, role in aws_iam_role_policy.function : key => sort(jsondecode(role.policy).Statement[*].Sid) }) == jsonencode({
      bff                 = ["EndSessions", "ReadClientSecret", "WriteLogs", "WriteTraces"]
      crud                = ["PublishEvents", "ReadDatabaseAddress", "WriteLogs", "WriteTraces"]
      email               = ["ManageUsers", "QueueMail", "ReadAges", "ReadDepths", "Redrive", "UseLedger", "WriteLogs", "WriteTraces"]
      enviar_correos      = ["ConsumeQueue", "SendMail", "UseLedger", "WriteLogs", "WriteTraces"]
      publicar_pendientes = ["PublishEvents", "ReadDatabaseAddress", "WriteLogs", "WriteTraces"]
      registrar_resultado = ["KeepFeedback", "UseLedger", "WriteLogs", "WriteTraces"]
    })
    error_message = "the statements of each function"
  }

  assert {
    condition = jsonencode({ for statement in flatten([for role in aws_iam_role_policy.function : jsondecode(role.policy).Statement]) : statement.Sid => [sort(statement.Action), sort(statement.Resource)]... if statement.Sid != "WriteLogs" }) == jsonencode({
      ConsumeQueue  = [[["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], ["arn:aws:sqs:us-east-1:123456789012:email-queue"]]]
      EndSessions   = [[["cognito-idp:AdminUserGlobalSignOut"], ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_pool"]]]
      KeepFeedback  = [[["sqs:SendMessage"], ["arn:aws:sqs:us-east-1:123456789012:feedback-dlq"]]]
      PublishEvents = [for _ in range(2) : [["sns:Publish"], ["arn:aws:sns:us-east-1:123456789012:email-topic"]]]
      ManageUsers   = [[[for operation in ["AdminAddUserToGroup", "AdminCreateUser", "AdminDeleteUser", "AdminGetUser", "AdminListGroupsForUser", "AdminRemoveUserFromGroup", "AdminUserGlobalSignOut", "ListUsers", "ListUsersInGroup"] : "cognito-idp:${operation}"], ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_pool"]]]
      QueueMail     = [[["sqs:SendMessage"], ["arn:aws:sqs:us-east-1:123456789012:email-queue"]]]
      ReadAges      = [[["cloudwatch:GetMetricData"], ["*"]]]
      # Each mocked parameter has the same ARN.
      ReadClientSecret    = [[["ssm:GetParameter"], ["arn:aws:ssm:us-east-1:123456789012:parameter/crud-app-dev/database-url"]]]
      ReadDatabaseAddress = [for _ in range(2) : [["ssm:GetParameter"], ["arn:aws:ssm:us-east-1:123456789012:parameter/crud-app-dev/database-url"]]]
      ReadDepths          = [[["sqs:GetQueueAttributes"], ["arn:aws:sqs:us-east-1:123456789012:email-dlq", "arn:aws:sqs:us-east-1:123456789012:email-queue"]]]
      Redrive             = [[["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"], ["arn:aws:sqs:us-east-1:123456789012:email-dlq"]]]
      SendMail            = [[["ses:SendEmail"], ["arn:aws:ses:us-east-1:123456789012:configuration-set/correos", "arn:aws:ses:us-east-1:123456789012:identity/*"]]]
      UseLedger           = [for _ in range(3) : [["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"], ["arn:aws:dynamodb:us-east-1:123456789012:table/correos", "arn:aws:dynamodb:us-east-1:123456789012:table/correos/index/*"]]]
      WriteTraces         = [for _ in range(6) : [["xray:PutTelemetryRecords", "xray:PutTraceSegments"], ["*"]]]
    })
    error_message = "the actions and resources of each statement"
  }

  assert {
    condition     = jsonencode([for statement in jsondecode(aws_iam_role_policy.function["enviar_correos"].policy).Statement : statement.Condition if statement.Sid == "SendMail"]) == jsonencode([{ StringEquals = { "ses:FromAddress" = "directorio@example.com" } }])
    error_message = "e-mails have the one sender"
  }

  assert {
    condition = jsonencode({ for key, policy in merge(aws_sns_topic_policy.sender, { email_queue = aws_sqs_queue_policy.email }) : key => [for statement in jsondecode(policy.policy).Statement : [statement.Action, statement.Principal.Service, keys(statement.Condition.StringEquals)]] }) == jsonencode({
      alarms       = [["sns:Publish", "cloudwatch.amazonaws.com", ["aws:SourceAccount"]]]
      email_queue  = [["sqs:SendMessage", "sns.amazonaws.com", ["aws:SourceArn"]]]
      ses_feedback = [["sns:Publish", "ses.amazonaws.com", ["aws:SourceAccount", "aws:SourceArn"]]]
    })
    error_message = "the services that send to topics and queues, and only for our resources"
  }

  assert {
    condition = (
      aws_lambda_function_event_invoke_config.registrar_resultado.destination_config[0].on_failure[0].destination == "arn:aws:sqs:us-east-1:123456789012:feedback-dlq" &&
      jsondecode(aws_sqs_queue.email.redrive_policy).deadLetterTargetArn == "arn:aws:sqs:us-east-1:123456789012:email-dlq" &&
      jsondecode(aws_sqs_queue_redrive_allow_policy.email_dlq.redrive_allow_policy).sourceQueueArns[0] == "arn:aws:sqs:us-east-1:123456789012:email-queue"
    )
    error_message = "each failure goes to its queue"
  }

  assert {
    condition     = aws_lambda_permission.alb[0].source_arn == aws_lb_target_group.bff[0].arn && aws_lambda_permission.alb[0].qualifier == null && alltrue([for permission in aws_lambda_permission.api : endswith(permission.source_arn, "/*") && permission.qualifier == null])
    error_message = "functions are called by their own front doors"
  }

  # Sign-in
  assert {
    condition     = aws_cognito_user_pool.main[0].admin_create_user_config[0].allow_admin_create_user_only && aws_cognito_user_pool.main[0].password_policy[0].minimum_length >= 12 && aws_cognito_user_pool.main[0].mfa_configuration == "OPTIONAL"
    error_message = "only administrators invite; passwords are long; a second factor is possible"
  }

  assert {
    condition = (
      toset(keys(aws_cognito_user_group.role)) == toset(["admin", "lector", "rrhh"]) &&
      toset([for scope in aws_cognito_resource_server.directory[0].scope : scope.scope_name]) == toset(["admin", "lector", "rrhh"]) &&
      toset(aws_cognito_user_pool_client.machine["nomina"].allowed_oauth_scopes) == toset(["directorio/lector"]) &&
      toset(aws_cognito_user_pool_client.machine["nomina"].allowed_oauth_flows) == toset(["client_credentials"])
    )
    error_message = "roles are groups, and scopes of programs"
  }

  assert {
    condition = alltrue([for client in aws_cognito_user_pool_client.page : (
      client.generate_secret && toset(client.allowed_oauth_flows) == toset(["code"]) && toset(client.explicit_auth_flows) == toset(["ALLOW_CUSTOM_AUTH"]) &&
      client.refresh_token_rotation[0].feature == "ENABLED" && client.refresh_token_rotation[0].retry_grace_period_seconds <= 30 &&
      toset(client.callback_urls) == toset(["https://d0123456789abc.cloudfront.net/sesion/vuelta"]) && toset(client.logout_urls) == toset(["https://d0123456789abc.cloudfront.net/"]) &&
      client.prevent_user_existence_errors == "ENABLED" && client.enable_token_revocation && toset(client.write_attributes) == toset(["name"]) &&
      client.access_token_validity == 5 && client.token_validity_units[0].access_token == "minutes"
    )])
    error_message = "the page gets codes at its own address, no passwords, tokens for five minutes and refresh tokens for one use, for its secret only"
  }

  assert {
    condition = { for key, route in aws_apigatewayv2_route.app : key => route.authorization_type } == {
      "crud $default"  = "JWT", "crud GET /health" = "NONE", "crud GET /openapi.json" = "NONE"
      "email $default" = "JWT", "email GET /health" = "NONE", "email GET /openapi.json" = "NONE"
      } && alltrue([for api in ["crud", "email"] : aws_apigatewayv2_route.app["${api} $default"].authorizer_id == aws_apigatewayv2_authorizer.jwt[api].id &&
        toset(aws_apigatewayv2_route.app["${api} $default"].authorization_scopes) == toset(["openid", "directorio/admin", "directorio/lector", "directorio/rrhh"])
    ])
    error_message = "no request reaches an API without a token of ours that has a scope, except for two routes"
  }

  assert {
    condition = alltrue([for authorizer in aws_apigatewayv2_authorizer.jwt : (
      authorizer.jwt_configuration[0].issuer == "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool" &&
      toset(authorizer.jwt_configuration[0].audience) == toset([aws_cognito_user_pool_client.page[0].id, aws_cognito_user_pool_client.machine["nomina"].id])
    )])
    error_message = "only tokens of our pool and clients"
  }

  # The page
  assert {
    condition     = output.url == "https://d0123456789abc.cloudfront.net" && aws_lb.main[0].internal && length(aws_route.internet) == 0 && length(aws_lb_listener.https) == 0
    error_message = "the page has CloudFront's name, and the load balancer is not on the internet"
  }

  assert {
    condition     = { for key, rule in aws_vpc_security_group_ingress_rule.alb : key => [rule.prefix_list_id, tostring(rule.from_port)] } == { cloudfront = ["pl-00000000", "80"] }
    error_message = "only CloudFront reaches it"
  }

  assert {
    condition = (
      aws_cloudfront_distribution.main[0].default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https" &&
      aws_cloudfront_distribution.main[0].default_cache_behavior[0].cache_policy_id == data.aws_cloudfront_cache_policy.managed["CachingDisabled"].id &&
      aws_cloudfront_distribution.main[0].ordered_cache_behavior[0].path_pattern == "/static/*" &&
      aws_cloudfront_distribution.main[0].ordered_cache_behavior[0].viewer_protocol_policy == "redirect-to-https" &&
      aws_cloudfront_distribution.main[0].ordered_cache_behavior[0].origin_request_policy_id == data.aws_cloudfront_origin_request_policy.managed["HostHeaderOnly"].id &&
      one(aws_cloudfront_distribution.main[0].origin).vpc_origin_config[0].vpc_origin_id == aws_cloudfront_vpc_origin.main[0].id &&
      aws_cloudfront_distribution.main[0].web_acl_id == module.waf_cloudfront[0].arn
    )
    error_message = "HTTPS, a cache for the page's files only, the VPC origin and the firewall"
  }

  assert {
    condition     = length([for field in aws_cloudwatch_log_delivery.cloudfront[0].record_fields : field if strcontains(field, "query") || strcontains(lower(field), "cookie") || strcontains(field, "Referer")]) == 0 && length(aws_lb.main[0].access_logs) == 0
    error_message = "the log holds nothing that people typed, and no token"
  }

  assert {
    condition     = alltrue([for access in aws_s3_bucket_public_access_block.access_logs : access.block_public_acls && access.block_public_policy && access.ignore_public_acls && access.restrict_public_buckets])
    error_message = "the logs are not public"
  }

  # Alarms: metric, statistic, threshold, period and dimensions
  assert {
    condition = jsonencode({ for key, alarm in aws_cloudwatch_metric_alarm.main : key => [alarm.namespace, alarm.metric_name, coalesce(alarm.statistic, alarm.extended_statistic), alarm.threshold, alarm.period * alarm.evaluation_periods, values(coalesce(alarm.dimensions, {}))] if !startswith(key, "bff") && !startswith(key, "email") && !startswith(key, "enviar") && !startswith(key, "registrar") && !startswith(key, "crud") }) == jsonencode({
      alb-own-5xx                     = ["AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum", 10, 300, ["app/main/0123456789abcdef"]]
      alb-response-time               = ["AWS/ApplicationELB", "TargetResponseTime", "p50", 1, 300, ["app/main/0123456789abcdef"]]
      alb-target-5xx                  = ["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", 10, 300, ["app/main/0123456789abcdef"]]
      alb-unhealthy-targets           = ["AWS/ApplicationELB", "UnHealthyHostCount", "Maximum", 0, 120, ["app/main/0123456789abcdef", "targetgroup/bff/0123456789abcdef"]]
      bounce-rate                     = ["AWS/SES", "Reputation.BounceRate", "Maximum", 0.05, 900, ["crud-app-dev-correos"]]
      complaint-rate                  = ["AWS/SES", "Reputation.ComplaintRate", "Maximum", 0.001, 900, ["crud-app-dev-correos"]]
      dlq-not-empty                   = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", 0, 60, ["crud-app-dev-email-dlq"]]
      feedback-dlq-not-empty          = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", 0, 60, ["crud-app-dev-feedback-dlq"]]
      mail-failed                     = ["crud-app-dev", "MailFailed", "Sum", 0, 300, []]
      oldest-message                  = ["AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", 1800, 300, ["crud-app-dev-email-queue"]]
      outbox-lag                      = ["crud-app-dev", "OutboxLag", "Maximum", 300, 180, []]
      publicar-pendientes-concurrency = ["AWS/Lambda", "ConcurrentExecutions", "Maximum", 8, 120, ["crud-app-dev-publicar-pendientes"]]
      publicar-pendientes-errors      = ["AWS/Lambda", "Errors", "Sum", 2, 300, ["crud-app-dev-publicar-pendientes"]]
      publicar-pendientes-throttles   = ["AWS/Lambda", "Throttles", "Sum", 0, 300, ["crud-app-dev-publicar-pendientes"]]
      refused-requests                = ["crud-app-dev", "Refused", "Sum", 100, 300, []]
    })
    error_message = "what each alarm watches; of the functions, one that runs five times in five minutes, in an account that runs ten at once"
  }

  assert {
    condition = alltrue([for key in ["bff", "crud", "email", "enviar-correos", "registrar-resultado"] : (
      aws_cloudwatch_metric_alarm.main["${key}-errors"].threshold == 10 && aws_cloudwatch_metric_alarm.main["${key}-errors"].dimensions == tomap({ FunctionName = "crud-app-dev-${key}" }) &&
      aws_cloudwatch_metric_alarm.main["${key}-throttles"].threshold == 0 && aws_cloudwatch_metric_alarm.main["${key}-concurrency"].threshold == 8
    )])
    error_message = "each function has its alarms"
  }

  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.main), aws_cloudwatch_metric_alarm.failed_sign_ins) : toset(alarm.alarm_actions) == toset([aws_sns_topic.alarms.arn]) && length(alarm.ok_actions) == 0 && alarm.treat_missing_data == "notBreaching"])
    error_message = "each alarm tells the topic, and a first deployment sends no e-mail for each that is new"
  }

  assert {
    condition     = toset([for query in aws_cloudwatch_metric_alarm.failed_sign_ins[0].metric_query : try(one(query.metric).stat, query.expression)]) == toset(["attempts - successes", "SampleCount", "Sum"])
    error_message = "failed sign-ins are the attempts that did not succeed"
  }

  assert {
    condition     = aws_sns_topic_subscription.alarm_email[0].endpoint == "guardia@example.com"
    error_message = "the topic sends e-mails"
  }

  # Metrics from logs, and the dashboard
  assert {
    condition = alltrue([
      for key, filter in aws_cloudwatch_log_metric_filter.app :
      filter.log_group_name == "${endswith(local.log_metrics[key].log, "-api") ? "/aws/vendedlogs/" : "/aws/lambda/"}crud-app-dev-${replace(local.log_metrics[key].log, "_", "-")}"
    ]) && toset([for filter in local.log_metrics : filter.log if filter.metric == "Refused"]) == toset(["bff", "crud", "crud-api", "email", "email-api"])
    error_message = "each filter reads the log of its function or API, and every door's refusals are counted"
  }

  assert {
    condition     = alltrue([for stage in aws_apigatewayv2_stage.default : length(setintersection(keys(jsondecode(stage.access_log_settings[0].format)), ["integrationStatus", "status"])) == 2])
    error_message = "the filters read fields that the access log has"
  }

  assert {
    # [namespace, metric, name, value, …, {options}]: without dimensions only our own namespace has data.
    condition = alltrue(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.main.dashboard_body).widgets : [
        for metric in widget.properties.metrics : metric[0] == "crud-app-dev" ? contains([for filter in local.log_metrics : filter.metric], metric[1]) : contains(["AWS/ApplicationELB LoadBalancer", "AWS/Lambda FunctionName", "AWS/SQS QueueName"], "${metric[0]} ${metric[2]}") && try(metric[3] != null, false)
      ]
    ]))
    error_message = "each metric has its dimensions, or comes from one of our filters"
  }
}
