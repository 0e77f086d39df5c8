# One HTTP API each for crud_app and email_app: bff_app calls them, and so do machines.

locals {
  http_apis = {
    crud  = module.crud.functions["api_handler"]
    email = module.email.functions["api_handler"]
  }

  # Where bff_app finds them.
  api_urls = { for key, api in aws_apigatewayv2_api.app : key => api.api_endpoint }
}

resource "aws_apigatewayv2_api" "app" {
  for_each = toset(["crud", "email"])

  name          = "${local.name}-${each.key}-api"
  description   = "${each.key}_app of ${local.name}"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "app" {
  for_each = local.http_apis

  api_id                 = aws_apigatewayv2_api.app[each.key].id
  integration_type       = "AWS_PROXY"
  integration_uri        = each.value.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = local.http_api_timeout * 1000
}

# The app knows its own routes. What needs no token: whether the app lives, and which requests it understands.
resource "aws_apigatewayv2_route" "app" {
  # checkov:skip=CKV_AWS_309:/health and /openapi.json hold nothing secret; demo = true is open on purpose
  for_each = {
    for pair in setproduct(keys(local.http_apis), ["$default", "GET /health", "GET /openapi.json"]) :
    "${pair[0]} ${pair[1]}" => { api = pair[0], key = pair[1], needs_token = pair[1] == "$default" && !var.demo }
  }

  api_id    = aws_apigatewayv2_api.app[each.value.api].id
  route_key = each.value.key
  target    = "integrations/${aws_apigatewayv2_integration.app[each.value.api].id}"

  # The API's address is public, whatever stands before the page: this is what closes it.
  authorization_type = each.value.needs_token ? "JWT" : "NONE"
  authorizer_id      = each.value.needs_token ? aws_apigatewayv2_authorizer.jwt[each.value.api].id : null
  # One of these: people sign in with openid, programs have a role's. An id token has none.
  authorization_scopes = each.value.needs_token ? concat(["openid"], [for role in keys(local.contract.roles) : "${local.contract.resource_server}/${role}"]) : null
}

resource "aws_apigatewayv2_stage" "default" {
  for_each = local.http_apis

  api_id      = aws_apigatewayv2_api.app[each.key].id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit  = var.api_throttle.rate
    throttling_burst_limit = var.api_throttle.burst
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api[each.key].arn
    # No query string: a search holds what people typed.
    format = jsonencode({
      requestId     = "$context.requestId"
      time          = "$context.requestTime"
      sourceIp      = "$context.identity.sourceIp"
      method        = "$context.httpMethod"
      path          = "$context.path"
      status        = "$context.status"
      latencyMs     = "$context.responseLatency"
      integrationMs = "$context.integrationLatency"
      # "-" when the authorizer refused the request before the app saw it.
      integrationStatus = "$context.integrationStatus"
      integrationError  = "$context.integrationErrorMessage"
      responseLength    = "$context.responseLength"
    })
  }
}

resource "aws_lambda_permission" "api" {
  for_each = local.http_apis

  statement_id  = "AllowHttpApi"
  action        = "lambda:InvokeFunction"
  function_name = each.value.name
  qualifier     = each.value.qualifier
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.app[each.key].execution_arn}/*"

  # Switching snapstart moves it to another qualifier.
  lifecycle { create_before_destroy = true }
}

resource "aws_cloudwatch_log_group" "api" {
  for_each = toset(["crud", "email"])

  # The prefix keeps API Gateway's deliveries out of the account's one log resource policy, which is limited in size.
  name              = "/aws/vendedlogs/${local.name}-${each.key}-api"
  retention_in_days = var.log_retention_days
}
