# Starting from a snapshot: whatever starts a function calls the alias of its newest version, and may do exactly that.

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

run "without_it" {
  assert {
    condition     = !endswith(aws_lb_target_group_attachment.bff[0].target_id, ":live") && alltrue([for integration in aws_apigatewayv2_integration.app : !endswith(integration.integration_uri, ":live/invocations")])
    error_message = "the functions themselves are called"
  }

  assert {
    condition     = aws_lambda_permission.alb[0].qualifier == null && alltrue([for permission in aws_lambda_permission.api : permission.qualifier == null])
    error_message = "and may be"
  }
}

run "with_it" {
  variables {
    snapstart = true
  }

  assert {
    condition     = endswith(aws_lb_target_group_attachment.bff[0].target_id, ":live")
    error_message = "the load balancer calls the alias"
  }

  assert {
    condition     = aws_lambda_permission.alb[0].qualifier == "live" && aws_lambda_permission.alb[0].function_name == "crud-app-dev-bff"
    error_message = "and may call nothing else"
  }

  assert {
    condition     = alltrue([for integration in aws_apigatewayv2_integration.app : endswith(integration.integration_uri, ":live/invocations")])
    error_message = "the HTTP APIs call the aliases"
  }

  assert {
    condition     = alltrue([for permission in aws_lambda_permission.api : permission.qualifier == "live"])
    error_message = "and may call nothing else"
  }

  assert {
    condition     = alltrue([for name, function in merge(module.crud.functions, module.email.functions) : function.qualifier == "live" && endswith(function.arn, ":live")])
    error_message = "so do queue, topic and schedule"
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.registrar_resultado.qualifier == "live"
    error_message = "the alias, which SNS calls, has the failure destination"
  }
}
