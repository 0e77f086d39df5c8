# Who gets in, and by which door: each choice of edge, and the demonstration. docs/security.md tells it in words.

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

# ---- what nobody has to ask for --------------------------------------------------------------------------------

run "by_default" {
  variables {
    machine_clients = { nomina = "lector" }
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
}

# ---- the other edges -------------------------------------------------------------------------------------------

run "prefix_list" {
  variables {
    edge                = "prefix_list"
    domain_name         = "directorio.example.com"
    certificate_arn     = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    alb_certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  }

  assert {
    condition     = output.url == "https://directorio.example.com" && output.page_target == "d0123456789abc.cloudfront.net" && tolist(aws_cloudfront_distribution.main[0].aliases) == tolist(["directorio.example.com"])
    error_message = "the page has a name of its own, which leads to CloudFront"
  }

  assert {
    condition     = alltrue([for certificate in aws_cloudfront_distribution.main[0].viewer_certificate : certificate.minimum_protocol_version == "TLSv1.2_2021" && certificate.ssl_support_method == "sni-only"])
    error_message = "TLS 1.2 and newer"
  }

  assert {
    condition     = !aws_lb.main[0].internal && length(aws_lb_listener.http) == 0 && length(aws_vpc_security_group_ingress_rule.people) == 0 && aws_vpc_security_group_ingress_rule.cloudfront[0].from_port == 443
    error_message = "the load balancer is on the internet, for CloudFront alone, over HTTPS"
  }

  assert {
    condition     = aws_lb_listener.https[0].default_action[0].type == "fixed-response" && aws_lb_listener.https[0].default_action[0].fixed_response[0].status_code == "403"
    error_message = "it refuses what comes without the secret"
  }

  assert {
    condition = (
      aws_lb_listener_rule.from_cloudfront[0].action[0].type == "forward" &&
      one(aws_lb_listener_rule.from_cloudfront[0].condition).http_header[0].http_header_name == "X-Origin-Secret" &&
      length(one(aws_lb_listener_rule.from_cloudfront[0].condition).http_header[0].values) == 2
    )
    error_message = "two secrets count, so that one can be changed"
  }

  assert {
    condition = alltrue([for origin in aws_cloudfront_distribution.main[0].origin : (
      one(origin.custom_header).value == terraform_data.origin_secret[1].output && one(origin.custom_header).name == "X-Origin-Secret" &&
      origin.custom_origin_config[0].origin_protocol_policy == "https-only" && length(origin.vpc_origin_config) == 0
    )])
    error_message = "CloudFront sends the current secret, over HTTPS"
  }

  assert {
    condition     = [for secret in terraform_data.origin_secret : secret.triggers_replace] == [0, 1] && terraform_data.origin_secret[0].output != terraform_data.origin_secret[1].output
    error_message = "the first secrets"
  }

  assert {
    condition     = aws_lb.main[0].access_logs[0].enabled
    error_message = "what does not come through CloudFront is in the load balancer's log"
  }

  assert {
    condition = jsonencode([for statement in data.aws_iam_policy_document.access_logs[0].statement : [
      statement.sid, flatten(statement.principals[*].identifiers), statement.resources, statement.condition[*].variable,
      ] if statement.effect != "Deny"]) == jsonencode([
      ["AllowDelivery", ["delivery.logs.amazonaws.com"], ["arn:aws:s3:::access-logs/*"], ["aws:SourceAccount"]],
      ["AllowLoadBalancer", ["logdelivery.elasticloadbalancing.amazonaws.com"], ["arn:aws:s3:::access-logs/load-balancer/AWSLogs/123456789012/*"], []],
    ])
    error_message = "load balancers of this account may write logs, without a condition that AWS does not document for them"
  }
}

run "the_secret_is_changed" {
  command = plan

  variables {
    edge                  = "prefix_list"
    domain_name           = "directorio.example.com"
    certificate_arn       = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    alb_certificate_arn   = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    origin_secret_version = 2
  }

  assert {
    condition     = [for secret in terraform_data.origin_secret : secret.triggers_replace] == [1, 1]
    error_message = "the one that CloudFront sends next is made anew; the one that it still sends stays"
  }

  assert {
    # It is known while planning; one that is made anew is not.
    condition     = length(terraform_data.origin_secret[1].output) == 36
    error_message = "the one in use stays"
  }
}

run "no_cloudfront" {
  variables {
    edge                = "none"
    domain_name         = "directorio.example.com"
    alb_certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  }

  assert {
    condition     = length(aws_cloudfront_distribution.main) + length(aws_cloudfront_vpc_origin.main) + length(aws_cloudwatch_log_delivery.cloudfront) == 0
    error_message = "no CloudFront"
  }

  assert {
    condition = (
      aws_lb_listener.http[0].default_action[0].type == "redirect" && aws_lb_listener.http[0].default_action[0].redirect[0].protocol == "HTTPS" &&
      aws_lb_listener.https[0].default_action[0].type == "forward" && aws_lb_listener.https[0].ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    )
    error_message = "HTTP is only a way to HTTPS, with TLS 1.2 and newer"
  }

  assert {
    condition     = startswith(aws_lb_listener.https[0].routing_http_response_strict_transport_security_header_value, "max-age=63072000")
    error_message = "browsers stay on HTTPS"
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.people)) == toset(["80 0.0.0.0/0", "443 0.0.0.0/0"]) && length(aws_vpc_security_group_ingress_rule.cloudfront) == 0
    error_message = "both ports are open to everybody"
  }

  assert {
    condition     = length(module.waf_alb) == 1 && aws_wafv2_web_acl_association.alb[0].resource_arn == aws_lb.main[0].arn && aws_lb.main[0].access_logs[0].enabled
    error_message = "firewall and log are the load balancer's"
  }

  assert {
    condition     = length(aws_apigatewayv2_authorizer.jwt) == 2 && toset(aws_cognito_user_pool_client.page[0].callback_urls) == toset(["https://directorio.example.com/sesion/vuelta"])
    error_message = "there is sign-in all the same"
  }
}

run "without_firewall" {
  command = plan

  variables {
    waf_enabled = false
  }

  assert {
    condition     = length(module.waf_cloudfront) + length(module.waf_alb) == 0
    error_message = "the firewall has its price"
  }
}

run "without_load_balancer" {
  command = plan

  variables {
    alb_enabled = false
  }

  assert {
    condition     = length(aws_cloudfront_distribution.main) + length(aws_s3_bucket.access_logs) + length(module.waf_cloudfront) + length(module.waf_alb) == 0
    error_message = "nothing stands before what is not there"
  }

  assert {
    condition     = length(aws_apigatewayv2_authorizer.jwt) == 2 && toset(aws_cognito_user_pool_client.page[0].callback_urls) == toset(["http://localhost:8000/sesion/vuelta"])
    error_message = "a developer signs in on the page that runs on his machine"
  }
}

run "everybody_needs_a_code" {
  command = plan

  variables {
    mfa_required = true
  }

  assert {
    condition     = aws_cognito_user_pool.main[0].mfa_configuration == "ON"
    error_message = "no sign-in without an authenticator app"
  }
}

run "production_keeps_its_users" {
  command = plan

  variables {
    environment = "production"
  }

  assert {
    condition     = aws_cognito_user_pool.main[0].deletion_protection == "ACTIVE" && !aws_s3_bucket.access_logs[0].force_destroy
    error_message = "users and logs cannot be deleted by accident"
  }
}

# ---- the demonstration -----------------------------------------------------------------------------------------

run "demonstration" {
  variables {
    demo = true
  }

  # It is the warning.
  expect_failures = [check.demo]

  assert {
    condition     = !aws_lb.main[0].internal && aws_lb_listener.http[0].port == 80 && aws_lb_listener.http[0].default_action[0].type == "forward" && length(aws_lb_listener.https) == 0
    error_message = "plain HTTP on the internet, as in the original"
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.people)) == toset(["80 0.0.0.0/0"]) && length(aws_route.internet) == 1
    error_message = "port 80 is open to everybody"
  }

  assert {
    condition = (
      length(aws_cognito_user_pool.main) + length(aws_cognito_user_pool_client.page) + length(aws_cognito_user_pool_client.machine) +
      length(aws_apigatewayv2_authorizer.jwt) + length(aws_apigatewayv2_route.open) + length(aws_cloudfront_distribution.main) +
      length(module.waf_cloudfront) + length(module.waf_alb) == 0
    )
    error_message = "neither sign-in nor anything before the load balancer"
  }

  assert {
    condition     = alltrue([for route in aws_apigatewayv2_route.default : route.authorization_type == "NONE" && route.authorizer_id == null])
    error_message = "the APIs are open"
  }

  assert {
    condition     = output.url == "http://main.us-east-1.elb.amazonaws.com" && output.sign_in == null && startswith(output.warning, "DEMONSTRATION")
    error_message = "the outputs say so"
  }
}

# ---- what is refused -------------------------------------------------------------------------------------------

run "no_demonstration_in_production" {
  command = plan

  variables {
    demo        = true
    environment = "production"
  }

  expect_failures = [aws_lb.main, check.demo]
}

run "no_plain_http_without_saying_so" {
  command = plan

  variables {
    edge = "none"
  }

  expect_failures = [aws_lb.main]
}

run "no_secret_over_plain_http" {
  command = plan

  variables {
    edge            = "prefix_list"
    domain_name     = "directorio.example.com"
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  }

  expect_failures = [aws_lb.main]
}

run "no_name_without_certificate" {
  command = plan

  variables {
    domain_name = "directorio.example.com"
  }

  expect_failures = [aws_cloudfront_distribution.main]
}
