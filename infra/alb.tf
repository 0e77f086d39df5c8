# Load balancer -> bff_app. What stands before it is in edge.tf.

locals {
  # AWS cannot change the scheme of a load balancer, and gives a name and a target group to one at a time. With names of
  # their own, the new ones are made before CloudFront leaves the old ones.
  alb_kind    = local.is_internal ? "alb" : "web"
  target_kind = local.is_internal ? "bff" : "web"
}

resource "aws_lb" "main" {
  # checkov:skip=CKV_AWS_91:an internal one gets only what CloudFront has logged; the others log (access_logs.tf)
  # checkov:skip=CKV2_AWS_20:the scanner cannot follow the condition; port 80 redirects unless it is inside the network or demo = true
  # checkov:skip=CKV2_AWS_28:behind CloudFront the firewall stands before CloudFront; else before this (edge.tf)
  # checkov:skip=CKV2_AWS_76:the rules against Log4j are there (waf/main.tf: KnownBadInputs); the scanner does not read dynamic blocks
  count = var.alb_enabled ? 1 : 0

  name               = "${local.name}-${local.alb_kind}"
  load_balancer_type = "application"
  internal           = local.is_internal
  security_groups    = [aws_security_group.alb[0].id]
  subnets            = [for subnet in aws_subnet.alb : subnet.id]

  enable_http2               = true
  drop_invalid_header_fields = true
  idle_timeout               = local.alb_idle_timeout
  enable_deletion_protection = local.deletion_protection

  dynamic "access_logs" {
    for_each = local.alb_logs ? [aws_s3_bucket.access_logs[0].id] : []

    content {
      enabled = true
      bucket  = access_logs.value
      prefix  = local.alb_logs_prefix
    }
  }

  # It writes a test file when the logs are switched on.
  depends_on = [aws_s3_bucket_policy.access_logs]

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = !local.alb_speaks_https || var.domain_name != "" && var.alb_certificate_arn != ""
      error_message = "With edge = \"${var.edge}\" the load balancer is on the internet and must speak HTTPS: give domain_name, and alb_certificate_arn (of that name, in ${var.aws_region})."
    }

    precondition {
      condition     = !(var.demo && var.environment == "production")
      error_message = "demo = true has no sign-in: it is not for the environment production."
    }
  }
}

resource "aws_lb_target_group" "bff" {
  count = var.alb_enabled ? 1 : 0

  name        = "${local.name}-${local.target_kind}"
  target_type = "lambda"
  # Repeated headers and query parameters arrive as lists; the plain form keeps only the last of each.
  lambda_multi_value_headers_enabled = true

  # Off by default for a Lambda, and on "/" unless told otherwise.
  health_check {
    enabled             = true
    path                = "/health"
    interval            = 35
    timeout             = local.health_check_timeout
    healthy_threshold   = 2
    unhealthy_threshold = 2
    matcher             = "200"
  }

  lifecycle { create_before_destroy = true }
}

# Port 80: the way from CloudFront through the network, or the demonstration's; elsewhere it only sends people to 443.
resource "aws_lb_listener" "http" {
  # checkov:skip=CKV_AWS_2:plain HTTP only inside the network, from CloudFront; else it redirects, or demo = true
  # checkov:skip=CKV_AWS_103:the listener https has the TLS policy
  count = var.alb_enabled && local.edge != "prefix_list" ? 1 : 0

  load_balancer_arn = aws_lb.main[0].arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = local.alb_speaks_https ? "redirect" : "forward"
    target_group_arn = local.alb_speaks_https ? null : aws_lb_target_group.bff[0].arn

    dynamic "redirect" {
      for_each = local.alb_speaks_https ? [443] : []

      content {
        port        = redirect.value
        protocol    = "HTTPS"
        status_code = "HTTP_301"
      }
    }
  }

  lifecycle { create_before_destroy = true }
}

resource "aws_lb_listener" "https" {
  count = local.alb_speaks_https ? 1 : 0

  load_balancer_arn = aws_lb.main[0].arn
  port              = 443
  protocol          = "HTTPS"
  # TLS 1.2 and 1.3, and only ciphers that keep the past secret when a key gets out.
  ssl_policy      = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn = var.alb_certificate_arn

  # Two years, as browsers' lists ask; CloudFront says it itself.
  routing_http_response_strict_transport_security_header_value = local.has_cloudfront ? null : "max-age=63072000; includeSubDomains"
  routing_http_response_server_enabled                         = false

  default_action {
    type             = local.has_cloudfront ? "fixed-response" : "forward"
    target_group_arn = local.has_cloudfront ? null : aws_lb_target_group.bff[0].arn

    # Another account's CloudFront distribution, or a request that did not come through ours.
    dynamic "fixed_response" {
      for_each = local.has_cloudfront ? [403] : []

      content {
        status_code  = fixed_response.value
        content_type = "application/json"
        message_body = jsonencode({ type = "about:blank", title = "Prohibido / Forbidden", status = 403 })
      }
    }
  }

  lifecycle { create_before_destroy = true }
}

resource "aws_lb_listener_rule" "from_cloudfront" {
  count = local.edge == "prefix_list" ? 1 : 0

  listener_arn = aws_lb_listener.https[0].arn
  priority     = 1

  condition {
    http_header {
      http_header_name = local.origin_secret_header
      values           = local.origin_secrets
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.bff[0].arn
  }

  lifecycle { create_before_destroy = true }
}

resource "aws_lambda_permission" "alb" {
  count = var.alb_enabled ? 1 : 0

  statement_id  = "AllowLoadBalancer"
  action        = "lambda:InvokeFunction"
  function_name = module.bff.functions["api_handler"].name
  qualifier     = module.bff.functions["api_handler"].qualifier
  principal     = "elasticloadbalancing.amazonaws.com"
  source_arn    = aws_lb_target_group.bff[0].arn
}

resource "aws_lb_target_group_attachment" "bff" {
  count = var.alb_enabled ? 1 : 0

  target_group_arn = aws_lb_target_group.bff[0].arn
  target_id        = module.bff.functions["api_handler"].arn

  # Registering a function that the load balancer may not call is refused.
  depends_on = [aws_lambda_permission.alb]
}
