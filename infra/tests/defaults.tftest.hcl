# What a plain `make plan` would build, with the values of the original report.

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
  notify_to    = ["rrhh@example.com", "jefatura@example.com"]
}

run "plan" {
  command = plan

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

  assert {
    condition     = length(aws_sns_topic_subscription.alarm_email) == 0 && length(aws_scheduler_schedule.office_hours) == 0
    error_message = "nobody is mailed, and nothing is scheduled, unless asked for"
  }
}
