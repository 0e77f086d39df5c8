# Who gets in, and by which door: each choice of edge, and the demonstration (docs/security.md).

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
  target          = terraform_data.origin_secret[0]
  override_during = plan
  values          = { output = "next" }
}

override_resource {
  target          = terraform_data.origin_secret[1]
  override_during = plan
  values          = { output = "current" }
}

# With every switch, unless a run says otherwise.
variables {
  machine_clients     = { nomina = "lector" }
  office_hours        = { opens = "cron(0 8 ? * MON-FRI *)", closes = "cron(0 19 ? * MON-FRI *)", timezone = "America/Lima" }
  snapstart           = true
  customer_key        = true
  domain_name         = "directorio.example.com"
  certificate_arn     = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  alb_certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
}

run "prefix_list" {
  command = plan

  variables { edge = "prefix_list" }

  assert {
    condition     = output.url == "https://directorio.example.com" && output.page_target == "d0123456789abc.cloudfront.net" && tolist(aws_cloudfront_distribution.main[0].aliases) == tolist(["directorio.example.com"])
    error_message = "the page has a name of its own, which leads to CloudFront"
  }

  assert {
    condition     = alltrue([for certificate in aws_cloudfront_distribution.main[0].viewer_certificate : certificate.minimum_protocol_version == "TLSv1.2_2021" && certificate.ssl_support_method == "sni-only"])
    error_message = "TLS 1.2 and newer"
  }

  assert {
    condition = (
      !aws_lb.main[0].internal && length(aws_lb_listener.http) == 0 && aws_lb.main[0].access_logs[0].enabled &&
      { for key, rule in aws_vpc_security_group_ingress_rule.alb : key => rule.from_port } == { cloudfront = 443 }
    )
    error_message = "the load balancer is on the internet, for CloudFront alone, over HTTPS, and logs"
  }

  assert {
    condition = (
      aws_lb_listener.https[0].default_action[0].type == "fixed-response" && aws_lb_listener.https[0].default_action[0].fixed_response[0].status_code == "403" &&
      one(aws_lb_listener_rule.from_cloudfront[0].condition).http_header[0].http_header_name == "X-Origin-Secret" &&
      length(one(aws_lb_listener_rule.from_cloudfront[0].condition).http_header[0].values) == 2
    )
    error_message = "it refuses requests without one of the two secrets"
  }

  assert {
    condition = alltrue([for origin in aws_cloudfront_distribution.main[0].origin : (
      one(origin.custom_header).value == "current" && one(origin.custom_header).name == "X-Origin-Secret" &&
      origin.custom_origin_config[0].origin_protocol_policy == "https-only" && length(origin.vpc_origin_config) == 0
    )])
    error_message = "CloudFront sends the current secret, over HTTPS"
  }

  assert {
    condition = jsonencode([for statement in jsondecode(aws_s3_bucket_policy.access_logs[0].policy).Statement : [
      statement.Effect, statement.Sid, try(statement.Principal.Service, statement.Principal), statement.Resource, try(statement.Condition, {}),
      ]]) == jsonencode([
      ["Allow", "AllowDelivery", "delivery.logs.amazonaws.com", "arn:aws:s3:::access-logs/*", { StringEquals = { "aws:SourceAccount" = "123456789012" } }],
      ["Deny", "RefusePlainHttp", "*", ["arn:aws:s3:::access-logs", "arn:aws:s3:::access-logs/*"], { Bool = { "aws:SecureTransport" = "false" } }],
      ["Allow", "AllowLoadBalancer", "logdelivery.elasticloadbalancing.amazonaws.com", "arn:aws:s3:::access-logs/load-balancer/AWSLogs/123456789012/*", {}],
    ])
    error_message = "load balancers of this account may write logs, without a condition that AWS does not document for them"
  }
}

run "no_cloudfront" {
  command = plan

  variables { edge = "none" }

  assert {
    condition     = length(aws_cloudfront_distribution.main) + length(aws_cloudfront_vpc_origin.main) + length(aws_cloudwatch_log_delivery.cloudfront) == 0
    error_message = "no CloudFront"
  }

  assert {
    condition = (
      aws_lb_listener.http[0].default_action[0].type == "redirect" && aws_lb_listener.http[0].default_action[0].redirect[0].protocol == "HTTPS" &&
      aws_lb_listener.https[0].default_action[0].type == "forward" && aws_lb_listener.https[0].ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06" &&
      startswith(aws_lb_listener.https[0].routing_http_response_strict_transport_security_header_value, "max-age=63072000")
    )
    error_message = "HTTP only redirects to HTTPS, with TLS 1.2 and newer, and browsers stay there"
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.alb)) == toset(["80 0.0.0.0/0", "443 0.0.0.0/0"]) && length(module.waf_alb) == 1 && aws_wafv2_web_acl_association.alb[0].resource_arn == aws_lb.main[0].arn && aws_lb.main[0].access_logs[0].enabled
    error_message = "both ports are open, and firewall and log are the load balancer's"
  }

  assert {
    condition     = length(aws_apigatewayv2_authorizer.jwt) == 2 && toset(aws_cognito_user_pool_client.page[0].callback_urls) == toset(["https://directorio.example.com/sesion/vuelta"])
    error_message = "there is sign-in all the same"
  }
}

run "no_cloudfront_without_switches" {
  command = plan

  variables {
    edge            = "none"
    machine_clients = {}
    office_hours    = null
    snapstart       = false
    customer_key    = false
    waf_enabled     = false
  }

  assert {
    condition     = length(module.waf_alb) + length(aws_wafv2_web_acl_association.alb) == 0
    error_message = "no firewall"
  }
}

run "demonstration" {
  command = plan

  variables {
    demo = true
  }

  # It is the warning.
  expect_failures = [check.demo]

  assert {
    condition = (
      !aws_lb.main[0].internal && aws_lb_listener.http[0].default_action[0].type == "forward" && length(aws_lb_listener.https) == 0 && length(aws_route.internet) == 1 &&
      toset(keys(aws_vpc_security_group_ingress_rule.alb)) == toset(["80 0.0.0.0/0"]) && output.url == "http://main.us-east-1.elb.amazonaws.com"
    )
    error_message = "plain HTTP on the internet, as in the original"
  }

  assert {
    condition = (
      length(aws_cognito_user_pool.main) + length(aws_apigatewayv2_authorizer.jwt) + length(aws_cloudfront_distribution.main) + length(module.waf_cloudfront) + length(module.waf_alb) == 0 &&
      alltrue([for route in aws_apigatewayv2_route.app : route.authorization_type == "NONE" && route.authorizer_id == null]) && output.sign_in == null
    )
    error_message = "neither sign-in nor anything before the load balancer"
  }
}

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
    edge        = "none"
    domain_name = ""
  }

  expect_failures = [aws_lb.main]
}

run "no_name_without_certificate" {
  command = plan

  variables { certificate_arn = "" }

  expect_failures = [aws_cloudfront_distribution.main]
}

run "firewall" {
  command = plan

  module {
    source = "./waf"
  }

  variables {
    scope    = "CLOUDFRONT"
    settings = { name = "directory", requests_per_ip = 3000, requests_per_token = 1500, log_retention_days = 30 }
  }

  assert {
    condition = jsonencode({
      for rule in aws_wafv2_web_acl.main.rule : rule.name => [
        for limit in rule.statement[0].rate_based_statement : [limit.limit, [for key in limit.custom_key : try(key.cookie[0].name, key.header[0].name)]]
      ] if startswith(rule.name, "requests-")
      }) == jsonencode({
      requests-per-ip      = [[3000, []]]
      requests-per-session = [[1500, ["__Host-acceso"]]]
      requests-per-token   = [[1500, ["authorization"]]]
    })
    error_message = "an address, a browser's session and a program's token have a limit each"
  }
}
