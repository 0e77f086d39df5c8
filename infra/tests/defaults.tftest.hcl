# What a plain `make plan` builds, with the values of the original report: parts, doors, alarms and dashboard.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "cloudfront"
  source = "./tests/mocks"
}

run "apply" {
  variables {
    alarm_email     = "guardia@example.com"
    machine_clients = { nomina = "lector" }
  }

  assert {
    condition     = local.name == "crud-app-dev"
    error_message = "names begin with project and environment"
  }

  # ---- network and load balancer
  assert {
    condition     = aws_vpc.main[0].cidr_block == "10.0.0.0/16"
    error_message = "the network is 10.0.0.0/16"
  }

  assert {
    condition     = { for subnet in aws_subnet.alb : subnet.cidr_block => subnet.availability_zone } == { "10.0.1.0/24" = "us-east-1a", "10.0.2.0/24" = "us-east-1b" }
    error_message = "two subnets, each in a zone of its own"
  }

  assert {
    condition     = aws_lb.main[0].enable_http2 && aws_lb.main[0].drop_invalid_header_fields
    error_message = "the load balancer speaks HTTP/2 and drops invalid headers"
  }

  assert {
    condition     = aws_lb_listener.http[0].port == 80 && aws_lb_listener.http[0].default_action[0].type == "forward"
    error_message = "the listener on port 80 forwards"
  }

  assert {
    condition     = aws_lb_target_group.bff[0].target_type == "lambda" && aws_lb_target_group.bff[0].lambda_multi_value_headers_enabled
    error_message = "the target is a Lambda with multi-value headers"
  }

  assert {
    condition = alltrue([
      for check in aws_lb_target_group.bff[0].health_check : (
        check.enabled && check.path == "/health" && check.interval == 35 && check.timeout == 30 &&
        check.healthy_threshold == 2 && check.unhealthy_threshold == 2 && check.matcher == "200"
      )
    ])
    error_message = "the health check is on, asks /health every 35 s, waits 30 s and needs two answers"
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.aws_apis[0].from_port == 443 && aws_vpc_security_group_egress_rule.aws_apis[0].to_port == 443
    error_message = "only HTTPS goes out"
  }

  # ---- HTTP APIs
  assert {
    condition     = toset(keys(aws_apigatewayv2_api.app)) == toset(["crud", "email"]) && alltrue([for api in aws_apigatewayv2_api.app : api.protocol_type == "HTTP"])
    error_message = "there are two HTTP APIs"
  }

  assert {
    condition     = alltrue([for route in aws_apigatewayv2_route.default : route.route_key == "$default"])
    error_message = "every request goes to the app"
  }

  assert {
    condition     = alltrue([for integration in aws_apigatewayv2_integration.app : integration.payload_format_version == "2.0" && integration.timeout_milliseconds == 24000])
    error_message = "payload 2.0, and 24 s"
  }

  assert {
    condition = alltrue([
      for stage in aws_apigatewayv2_stage.default : (
        stage.name == "$default" && stage.auto_deploy && length(stage.access_log_settings) == 1 &&
        stage.default_route_settings[0].throttling_rate_limit == 100 && stage.default_route_settings[0].throttling_burst_limit == 200
      )
    ])
    error_message = "each stage is $default, deploys itself, writes access logs and is throttled"
  }

  assert {
    condition     = alltrue([for stage in aws_apigatewayv2_stage.default : !strcontains(stage.access_log_settings[0].format, "querystring")])
    error_message = "access logs hold no query string: a search is what people typed"
  }

  # ---- functions
  assert {
    condition = { for key, function in local.lambda : key => [function.name, function.memory_size, function.timeout] } == {
      bff                 = ["crud-app-dev-bff", 512, 28]
      crud                = ["crud-app-dev-crud", 512, 22]
      publicar_pendientes = ["crud-app-dev-publicar-pendientes", 512, 60]
      email               = ["crud-app-dev-email", 512, 22]
      enviar_correos      = ["crud-app-dev-enviar-correos", 256, 30]
      registrar_resultado = ["crud-app-dev-registrar-resultado", 256, 30]
    }
    error_message = "names, memory (MB) and time-outs (s) of the functions"
  }

  assert {
    condition     = alltrue([for function in local.lambda : function.reserved_concurrency == -1])
    error_message = "no function is capped"
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.function : group.retention_in_days == 14])
    error_message = "logs are kept 14 days"
  }

  # ---- messaging
  assert {
    condition     = aws_sqs_queue.email.visibility_timeout_seconds >= 6 * local.functions["enviar_correos"].timeout
    error_message = "a message stays hidden for at least six times the consumer's time-out"
  }

  assert {
    condition     = aws_sqs_queue.email_dlq.message_retention_seconds > aws_sqs_queue.email.message_retention_seconds
    error_message = "the DLQ keeps messages longer than the queue"
  }

  assert {
    condition     = aws_sns_topic_subscription.email_queue.raw_message_delivery && aws_sns_topic_subscription.email_queue.protocol == "sqs"
    error_message = "the queue gets the events without an envelope"
  }

  assert {
    condition = (
      toset(data.aws_iam_policy_document.email_queue.statement[0].actions) == toset(["sqs:SendMessage"]) &&
      toset(one(data.aws_iam_policy_document.email_queue.statement[0].principals).identifiers) == toset(["sns.amazonaws.com"]) &&
      one(data.aws_iam_policy_document.email_queue.statement[0].condition).variable == "aws:SourceArn"
    )
    error_message = "only the topic may send to the queue"
  }

  # ---- mail
  assert {
    condition = toset(aws_sesv2_configuration_set_event_destination.feedback.event_destination[0].matching_event_types) == toset([
      "SEND", "DELIVERY", "DELIVERY_DELAY", "BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE",
    ])
    error_message = "SES reports everything that changes an e-mail's state"
  }

  assert {
    condition     = aws_sesv2_email_identity.sender[0].email_identity == "directorio@example.com"
    error_message = "the sender is an identity of SES"
  }

  # ---- ledger: what email_app says it needs
  assert {
    condition = jsonencode({ for attribute in aws_dynamodb_table.correos.attribute : attribute.name => attribute.type }) == jsonencode({
      for attribute in jsondecode(file("../email_app/chalicelib/correos/ledger_table.json")).AttributeDefinitions : attribute.AttributeName => attribute.AttributeType
    })
    error_message = "ledger.tf declares other attributes than email_app/chalicelib/correos/ledger_table.json"
  }

  assert {
    condition = jsonencode([aws_dynamodb_table.correos.hash_key, aws_dynamodb_table.correos.range_key]) == jsonencode([
      for key in jsondecode(file("../email_app/chalicelib/correos/ledger_table.json")).KeySchema : key.AttributeName
    ])
    error_message = "ledger.tf has another key than email_app/chalicelib/correos/ledger_table.json"
  }

  assert {
    condition = jsonencode({ for index in aws_dynamodb_table.correos.global_secondary_index : index.name => [index.hash_key, index.range_key, index.projection_type] }) == jsonencode({
      for index in jsondecode(file("../email_app/chalicelib/correos/ledger_table.json")).GlobalSecondaryIndexes :
      index.IndexName => concat([for key in index.KeySchema : key.AttributeName], [index.Projection.ProjectionType])
    })
    error_message = "ledger.tf has other indexes than email_app/chalicelib/correos/ledger_table.json"
  }

  assert {
    condition     = aws_dynamodb_table.correos.ttl[0].attribute_name == jsondecode(file("../email_app/chalicelib/correos/ledger_table.json")).TimeToLive.AttributeName && aws_dynamodb_table.correos.ttl[0].enabled
    error_message = "rows expire by the attribute that email_app writes"
  }

  assert {
    condition     = aws_dynamodb_table.correos.billing_mode == jsondecode(file("../email_app/chalicelib/correos/ledger_table.json")).BillingMode
    error_message = "ledger.tf has another billing mode than email_app/chalicelib/correos/ledger_table.json"
  }

  assert {
    condition     = aws_dynamodb_table.correos.point_in_time_recovery[0].enabled
    error_message = "the ledger can be restored"
  }

  # ---- outside of production
  assert {
    condition     = !aws_lb.main[0].enable_deletion_protection && !aws_dynamodb_table.correos.deletion_protection_enabled
    error_message = "an environment that is not production can be destroyed"
  }

  # ---- keys
  assert {
    condition     = aws_ssm_parameter.database_url.type == "SecureString"
    error_message = "the database's password is encrypted"
  }

  assert {
    condition     = length(aws_kms_key.main) == 0 && aws_sqs_queue.email.sqs_managed_sse_enabled && aws_sqs_queue.email_dlq.sqs_managed_sse_enabled && aws_sqs_queue.feedback_dlq.sqs_managed_sse_enabled
    error_message = "queues are encrypted all the same"
  }

  # ---- SnapStart
  assert {
    condition     = !endswith(aws_lb_target_group_attachment.bff[0].target_id, ":live") && alltrue([for integration in aws_apigatewayv2_integration.app : !endswith(integration.integration_uri, ":live/invocations")])
    error_message = "the functions themselves are called"
  }

  assert {
    condition     = aws_lambda_permission.alb[0].qualifier == null && alltrue([for permission in aws_lambda_permission.api : permission.qualifier == null])
    error_message = "and may be"
  }

  # ---- sign-in
  assert {
    condition     = aws_cognito_user_pool.main[0].admin_create_user_config[0].allow_admin_create_user_only
    error_message = "nobody signs up"
  }

  assert {
    condition = alltrue([for policy in aws_cognito_user_pool.main[0].password_policy : (
      policy.minimum_length >= 12 && policy.require_lowercase && policy.require_uppercase && policy.require_numbers && policy.require_symbols
    )])
    error_message = "passwords are strong"
  }

  assert {
    condition     = aws_cognito_user_pool.main[0].mfa_configuration == "OPTIONAL" && aws_cognito_user_pool.main[0].software_token_mfa_configuration[0].enabled
    error_message = "an authenticator app is welcome"
  }

  assert {
    condition     = toset(keys(aws_cognito_user_group.role)) == toset(["admin", "lector", "rrhh"])
    error_message = "the three groups"
  }

  assert {
    condition = (
      !aws_cognito_user_pool_client.page[0].generate_secret &&
      toset(aws_cognito_user_pool_client.page[0].allowed_oauth_flows) == toset(["code"]) &&
      toset(aws_cognito_user_pool_client.page[0].callback_urls) == toset(["https://d0123456789abc.cloudfront.net/sesion/vuelta"]) &&
      toset(aws_cognito_user_pool_client.page[0].logout_urls) == toset(["https://d0123456789abc.cloudfront.net/"])
    )
    error_message = "the page gets codes, at its own address only"
  }

  assert {
    condition     = toset(aws_cognito_user_pool_client.page[0].explicit_auth_flows) == toset(["ALLOW_REFRESH_TOKEN_AUTH"])
    error_message = "no program of ours takes a password"
  }

  assert {
    condition     = aws_cognito_user_pool_client.page[0].prevent_user_existence_errors == "ENABLED" && aws_cognito_user_pool_client.page[0].enable_token_revocation
    error_message = "nobody learns who has an account, and a person can sign out"
  }

  assert {
    condition     = aws_cognito_user_pool_client.page[0].access_token_validity <= 15 && aws_cognito_user_pool_client.page[0].token_validity_units[0].access_token == "minutes"
    error_message = "what a signed-out token still opens, it opens for a quarter of an hour at most"
  }

  assert {
    condition = (
      aws_cognito_user_pool_client.machine["nomina"].generate_secret &&
      toset(aws_cognito_user_pool_client.machine["nomina"].allowed_oauth_flows) == toset(["client_credentials"]) &&
      toset(aws_cognito_user_pool_client.machine["nomina"].allowed_oauth_scopes) == toset(["directorio/lector"]) &&
      toset([for scope in aws_cognito_resource_server.directory[0].scope : scope.scope_name]) == toset(["admin", "lector", "rrhh"])
    )
    error_message = "a program has a secret, and the scope of its role"
  }

  # ---- the APIs
  assert {
    condition = alltrue([
      for api in ["crud", "email"] : (
        aws_apigatewayv2_route.default[api].authorization_type == "JWT" &&
        aws_apigatewayv2_route.default[api].authorizer_id == aws_apigatewayv2_authorizer.jwt[api].id
      )
    ])
    error_message = "no request reaches an API without a token"
  }

  assert {
    condition = alltrue([
      for authorizer in aws_apigatewayv2_authorizer.jwt : (
        authorizer.jwt_configuration[0].issuer == "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool" &&
        toset(authorizer.jwt_configuration[0].audience) == toset([aws_cognito_user_pool_client.page[0].id, aws_cognito_user_pool_client.machine["nomina"].id]) &&
        toset(authorizer.identity_sources) == toset(["$request.header.Authorization"])
      )
    ])
    error_message = "tokens of our pool, made for our clients, in the header"
  }

  assert {
    condition = { for key, route in aws_apigatewayv2_route.open : key => [route.route_key, route.authorization_type] } == {
      "crud/health"        = ["GET /health", "NONE"]
      "crud/openapi.json"  = ["GET /openapi.json", "NONE"]
      "email/health"       = ["GET /health", "NONE"]
      "email/openapi.json" = ["GET /openapi.json", "NONE"]
    }
    error_message = "two routes of each API are open, and no others"
  }

  # ---- the page
  assert {
    condition     = output.url == "https://d0123456789abc.cloudfront.net" && output.warning == null
    error_message = "the page is found at CloudFront's name, over HTTPS"
  }

  assert {
    condition     = aws_lb.main[0].internal && length(aws_route.internet) == 0 && length(aws_lb_listener.https) == 0
    error_message = "the load balancer is not on the internet"
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.people) == 0 && aws_vpc_security_group_ingress_rule.cloudfront[0].prefix_list_id == "pl-00000000" && aws_vpc_security_group_ingress_rule.cloudfront[0].from_port == 80
    error_message = "nobody but CloudFront reaches it"
  }

  assert {
    condition = alltrue([for origin in aws_cloudfront_distribution.main[0].origin : (
      origin.vpc_origin_config[0].vpc_origin_id == aws_cloudfront_vpc_origin.main[0].id && length(origin.custom_origin_config) == 0
    )])
    error_message = "CloudFront comes in through the network"
  }

  assert {
    condition = (
      aws_cloudfront_distribution.main[0].default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https" &&
      aws_cloudfront_distribution.main[0].ordered_cache_behavior[0].viewer_protocol_policy == "redirect-to-https"
    )
    error_message = "HTTP is only a way to HTTPS"
  }

  assert {
    condition = (
      aws_cloudfront_distribution.main[0].default_cache_behavior[0].cache_policy_id == data.aws_cloudfront_cache_policy.disabled[0].id &&
      data.aws_cloudfront_cache_policy.disabled[0].name == "Managed-CachingDisabled" &&
      aws_cloudfront_distribution.main[0].ordered_cache_behavior[0].path_pattern == "/static/*" &&
      aws_cloudfront_distribution.main[0].ordered_cache_behavior[0].cache_policy_id == data.aws_cloudfront_cache_policy.optimized[0].id &&
      aws_cloudfront_distribution.main[0].ordered_cache_behavior[0].origin_request_policy_id == data.aws_cloudfront_origin_request_policy.host_only[0].id &&
      data.aws_cloudfront_origin_request_policy.host_only[0].name == "Managed-HostHeaderOnly"
    )
    error_message = "nobody gets an answer that was somebody else's"
  }

  assert {
    condition = (
      aws_cloudfront_response_headers_policy.main[0].security_headers_config[0].strict_transport_security[0].access_control_max_age_sec >= 31536000 &&
      aws_cloudfront_distribution.main[0].default_cache_behavior[0].response_headers_policy_id == aws_cloudfront_response_headers_policy.main[0].id
    )
    error_message = "browsers come back over HTTPS only"
  }

  assert {
    condition     = length(module.waf_cloudfront) == 1 && length(module.waf_alb) == 0 && aws_cloudfront_distribution.main[0].web_acl_id == module.waf_cloudfront[0].arn
    error_message = "a firewall stands before it"
  }

  # ---- access logs
  assert {
    condition = (
      aws_s3_bucket_public_access_block.access_logs[0].block_public_acls && aws_s3_bucket_public_access_block.access_logs[0].block_public_policy &&
      aws_s3_bucket_public_access_block.access_logs[0].ignore_public_acls && aws_s3_bucket_public_access_block.access_logs[0].restrict_public_buckets
    )
    error_message = "the logs are not public"
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.access_logs[0].rule[0].expiration[0].days == 30
    error_message = "the logs end"
  }

  assert {
    condition     = aws_cloudwatch_log_delivery_source.cloudfront[0].resource_arn == aws_cloudfront_distribution.main[0].arn && length(aws_lb.main[0].access_logs) == 0
    error_message = "CloudFront writes the log"
  }

  assert {
    condition     = length([for field in aws_cloudwatch_log_delivery.cloudfront[0].record_fields : field if strcontains(field, "query") || strcontains(lower(field), "cookie") || strcontains(field, "Referer")]) == 0
    error_message = "the log holds nothing that people typed, and no token"
  }

  # ---- thresholds
  assert {
    condition = jsonencode({ for key, alarm in aws_cloudwatch_metric_alarm.main : key => [alarm.metric_name, alarm.statistic, alarm.threshold, alarm.period, alarm.evaluation_periods] if startswith(key, "alb-") }) == jsonencode({
      alb-own-5xx           = ["HTTPCode_ELB_5XX_Count", "Sum", 10, 300, 1]
      alb-response-time     = ["TargetResponseTime", "Average", 1, 60, 2]
      alb-target-5xx        = ["HTTPCode_Target_5XX_Count", "Sum", 10, 300, 1]
      alb-unhealthy-targets = ["UnHealthyHostCount", "Maximum", 0, 60, 2]
    })
    error_message = "the load balancer's alarms"
  }

  assert {
    condition = alltrue([
      for key in ["bff", "crud", "email", "enviar-correos", "registrar-resultado"] :
      aws_cloudwatch_metric_alarm.main["${key}-errors"].threshold == 10 && aws_cloudwatch_metric_alarm.main["${key}-errors"].period == 300
    ])
    error_message = "more than 10 errors of a function in 5 minutes"
  }

  assert {
    # One run a minute: more than 10 errors in 5 minutes could never be.
    condition     = aws_cloudwatch_metric_alarm.main["publicar-pendientes-errors"].threshold < 5
    error_message = "the sweep's alarm can go off"
  }

  assert {
    condition     = length([for key, alarm in aws_cloudwatch_metric_alarm.main : key if endswith(key, "-concurrency") && alarm.threshold == 50 && alarm.metric_name == "ConcurrentExecutions"]) == length(local.functions)
    error_message = "more than 50 concurrent executions of any function"
  }

  assert {
    condition = jsonencode({ for key in ["dlq-not-empty", "feedback-dlq-not-empty", "oldest-message", "outbox-lag", "bounce-rate", "complaint-rate", "refused-requests"] : key => [aws_cloudwatch_metric_alarm.main[key].namespace, aws_cloudwatch_metric_alarm.main[key].metric_name, aws_cloudwatch_metric_alarm.main[key].threshold] }) == jsonencode({
      dlq-not-empty          = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", 0]
      feedback-dlq-not-empty = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", 0]
      oldest-message         = ["AWS/SQS", "ApproximateAgeOfOldestMessage", 1800]
      outbox-lag             = ["crud-app-dev", "OutboxLag", 300]
      bounce-rate            = ["AWS/SES", "Reputation.BounceRate", 0.05]
      complaint-rate         = ["AWS/SES", "Reputation.ComplaintRate", 0.001]
      refused-requests       = ["crud-app-dev", "Refused", 100]
    })
    error_message = "the alarms of the way from the outbox to the recipient"
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.main : alarm.comparison_operator == "GreaterThanThreshold" && alarm.treat_missing_data == "notBreaching"])
    error_message = "above the threshold; no data is no alarm"
  }

  # ---- dimensions
  assert {
    condition = jsonencode({ for key, alarm in aws_cloudwatch_metric_alarm.main : key => alarm.dimensions if startswith(key, "alb-") }) == jsonencode({
      alb-own-5xx           = { LoadBalancer = "app/main/0123456789abcdef" }
      alb-response-time     = { LoadBalancer = "app/main/0123456789abcdef" }
      alb-target-5xx        = { LoadBalancer = "app/main/0123456789abcdef" }
      alb-unhealthy-targets = { LoadBalancer = "app/main/0123456789abcdef", TargetGroup = "targetgroup/bff/0123456789abcdef" }
    })
    error_message = "the load balancer is named by its ARN's suffix"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.main["crud-errors"].dimensions == tomap({ FunctionName = "crud-app-dev-crud" })
    error_message = "a function is named by its name"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.main["dlq-not-empty"].dimensions == tomap({ QueueName = "crud-app-dev-email-dlq" }) && aws_cloudwatch_metric_alarm.main["feedback-dlq-not-empty"].dimensions == tomap({ QueueName = "crud-app-dev-feedback-dlq" }) && aws_cloudwatch_metric_alarm.main["oldest-message"].dimensions == tomap({ QueueName = "crud-app-dev-email-queue" })
    error_message = "a queue is named by its name"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.main["bounce-rate"].dimensions == tomap({ "ses:configuration-set" = "crud-app-dev-correos" })
    error_message = "the reputation of this environment's e-mails, not of the whole account"
  }

  assert {
    condition     = length(coalesce(aws_cloudwatch_metric_alarm.main["outbox-lag"].dimensions, {})) == 0
    error_message = "a metric filter without dimensions makes a metric without dimensions"
  }

  # ---- actions
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.main : toset(alarm.alarm_actions) == toset([aws_sns_topic.alarms.arn]) && toset(alarm.ok_actions) == toset([aws_sns_topic.alarms.arn])])
    error_message = "each alarm tells the topic when it begins and ends"
  }

  assert {
    condition     = aws_sns_topic_subscription.alarm_email[0].endpoint == "guardia@example.com" && aws_sns_topic_subscription.alarm_email[0].protocol == "email"
    error_message = "the topic sends e-mails"
  }

  # ---- metrics from logs
  assert {
    condition     = anytrue([for filter in aws_cloudwatch_log_metric_filter.app : filter.metric_transformation[0].name == local.alarms["outbox-lag"].metric && filter.metric_transformation[0].namespace == local.alarms["outbox-lag"].namespace])
    error_message = "the alarm on the outbox watches a metric that a filter makes"
  }

  assert {
    condition = alltrue([
      for key, filter in aws_cloudwatch_log_metric_filter.app :
      filter.log_group_name == "${endswith(local.log_metrics[key].log, "-api") ? "/aws/vendedlogs/" : "/aws/lambda/"}crud-app-dev-${replace(local.log_metrics[key].log, "_", "-")}"
    ])
    error_message = "each filter reads the log of its function or API"
  }

  assert {
    condition     = toset([for filter in local.log_metrics : filter.log if filter.metric == "Refused"]) == toset(["bff", "crud", "crud-api", "email", "email-api"])
    error_message = "who refuses a request is counted, the authorizers included"
  }

  assert {
    # The authorizers' refusals are read from the access log, which must say who refused.
    condition     = alltrue([for stage in aws_apigatewayv2_stage.default : contains(keys(jsondecode(stage.access_log_settings[0].format)), "integrationStatus") && contains(keys(jsondecode(stage.access_log_settings[0].format)), "status")])
    error_message = "the filters read fields that the access log has"
  }

  # ---- dashboard
  assert {
    condition     = alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.main.dashboard_body).widgets : widget.properties.region == "us-east-1" && length(widget.properties.metrics) > 0])
    error_message = "each widget shows something"
  }

  assert {
    # [namespace, metric, name, value, …, {options}]: without dimensions only our own namespace has data.
    condition = alltrue(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.main.dashboard_body).widgets : [
        for metric in widget.properties.metrics : metric[0] == "crud-app-dev" ? contains(local.metrics_from_logs, metric[1]) : startswith(metric[0], "AWS/") && try(length(metric) == 5 && metric[3] != null, false)
      ]
    ]))
    error_message = "each metric has its dimensions, or comes from one of our filters"
  }

  assert {
    condition = length(setsubtract(
      ["RequestCount", "TargetResponseTime", "Invocations", "Errors", "Duration", "ApproximateNumberOfMessagesVisible", "MailSent", "MailFailed", "MailBounced", "DatabaseRoundTrip", "Refused"],
      flatten([for widget in jsondecode(aws_cloudwatch_dashboard.main.dashboard_body).widgets : [for metric in widget.properties.metrics : metric[1]]]),
    )) == 0
    error_message = "the dashboard shows all that it should"
  }

  assert {
    condition = alltrue([
      for title in ["Response time (s)", "Database round trip (ms)"] : jsonencode(flatten([
        for widget in jsondecode(aws_cloudwatch_dashboard.main.dashboard_body).widgets : [for metric in widget.properties.metrics : metric[length(metric) - 1].stat] if widget.properties.title == title
      ])) == jsonencode(["p50", "p90", "p99"])
    ])
    error_message = "times as p50, p90 and p99"
  }
}
