# What stands before the load balancer, and how strictly. docs/security.md shows the choices side by side.
#
#   edge = "vpc_origin"   CloudFront -> an internal load balancer, which has no address on the internet
#          "prefix_list"  CloudFront -> a load balancer that only CloudFront's addresses with the right secret reach
#          "none"         the load balancer itself, over HTTPS, on a name of your own

locals {
  edge           = var.demo || !var.alb_enabled ? "none" : var.edge
  has_cloudfront = local.edge != "none"
  is_internal    = local.edge == "vpc_origin"
  # With a certificate of its own. The way from CloudFront to an internal load balancer never leaves AWS's network.
  alb_speaks_https = var.alb_enabled && !local.is_internal && !var.demo

  # Where people find the page. Without a load balancer a developer runs the page at home, and the APIs are here.
  page_url = (
    !var.alb_enabled ? "http://localhost:8000" :
    var.demo ? "http://${aws_lb.main[0].dns_name}" :
    var.domain_name != "" ? "https://${var.domain_name}" :
    "https://${aws_cloudfront_distribution.main[0].domain_name}"
  )

  origin_id = "load-balancer"
  # Seconds; no answer takes longer (infra/locals.tf), and a connection is ours to close before the load balancer's.
  origin_read_timeout      = 60
  origin_keepalive_timeout = 50
}

check "demo" {
  assert {
    condition     = !var.demo
    error_message = "demo = true: everybody on the internet may read and change everything, over plain HTTP. Invented data only."
  }
}

# ---- CloudFront ------------------------------------------------------------------------------------------------

resource "aws_cloudfront_distribution" "main" {
  # checkov:skip=CKV_AWS_86:CloudFront logs by the newer way, which can leave out query strings (access_logs.tf)
  # checkov:skip=CKV_AWS_174:of its own name CloudFront decides; a name of your own has TLSv1.2_2021
  # checkov:skip=CKV_AWS_305:the origin is a program, which answers / itself
  # checkov:skip=CKV_AWS_310:one origin, a load balancer in two zones; a second one would need a second database
  # checkov:skip=CKV_AWS_374:people travel; who may come in is for the sign-in to say
  # checkov:skip=CKV2_AWS_42:a name of your own is optional (domain_name, certificate_arn)
  # checkov:skip=CKV2_AWS_47:the rules against Log4j are there (waf/main.tf: KnownBadInputs); the scanner does not read dynamic blocks
  count = local.has_cloudfront ? 1 : 0

  comment         = "The page of ${local.name}"
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  aliases         = var.domain_name == "" ? [] : [var.domain_name]
  web_acl_id      = one(module.waf_cloudfront[*].arn)

  origin {
    origin_id   = local.origin_id
    domain_name = aws_lb.main[0].dns_name

    dynamic "vpc_origin_config" {
      for_each = local.is_internal ? [aws_cloudfront_vpc_origin.main[0].id] : []

      content {
        vpc_origin_id            = vpc_origin_config.value
        origin_read_timeout      = local.origin_read_timeout
        origin_keepalive_timeout = local.origin_keepalive_timeout
      }
    }

    dynamic "custom_origin_config" {
      for_each = local.is_internal ? [] : [443]

      content {
        http_port                = 80
        https_port               = custom_origin_config.value
        origin_protocol_policy   = "https-only"
        origin_ssl_protocols     = ["TLSv1.2"]
        origin_read_timeout      = local.origin_read_timeout
        origin_keepalive_timeout = local.origin_keepalive_timeout
      }
    }

    dynamic "custom_header" {
      for_each = local.is_internal ? [] : [local.origin_secrets[var.origin_secret_version % 2]]

      content {
        name  = local.origin_secret_header
        value = custom_header.value
      }
    }
  }

  # Every answer depends on who asks.
  default_cache_behavior {
    target_origin_id           = local.origin_id
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.disabled[0].id
    origin_request_policy_id   = data.aws_cloudfront_origin_request_policy.all_viewer[0].id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.main[0].id
  }

  # The page's files have their version in their address, so the origin needs neither cookies nor query strings. It does
  # need Host: over HTTPS, CloudFront compares the certificate with Host, or else with the load balancer's own name.
  ordered_cache_behavior {
    path_pattern               = "/static/*"
    target_origin_id           = local.origin_id
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.optimized[0].id
    origin_request_policy_id   = data.aws_cloudfront_origin_request_policy.host_only[0].id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.main[0].id
  }

  viewer_certificate {
    cloudfront_default_certificate = var.domain_name == ""
    acm_certificate_arn            = var.domain_name == "" ? null : var.certificate_arn
    ssl_support_method             = var.domain_name == "" ? null : "sni-only"
    # Of its own name CloudFront decides itself.
    minimum_protocol_version = var.domain_name == "" ? "TLSv1" : "TLSv1.2_2021"
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  # A secret counts at the load balancer before CloudFront sends it.
  depends_on = [aws_lb_listener_rule.from_cloudfront]

  lifecycle {
    precondition {
      condition     = (var.domain_name == "") == (var.certificate_arn == "")
      error_message = "domain_name and certificate_arn (of that name, in us-east-1) go together."
    }
  }
}

resource "aws_cloudfront_vpc_origin" "main" {
  count = local.is_internal ? 1 : 0

  vpc_origin_endpoint_config {
    name                   = local.name
    arn                    = aws_lb.main[0].arn
    http_port              = 80
    https_port             = 443
    origin_protocol_policy = "http-only"

    origin_ssl_protocols {
      items    = ["TLSv1.2"]
      quantity = 1
    }
  }

  # Fifteen minutes, the provider's default, is often too short; a creation that exceeds it leaves the origin tainted.
  # https://github.com/terraform-aws-modules/terraform-aws-cloudfront/issues/163
  timeouts {
    create = "45m"
    update = "45m"
    delete = "45m"
  }

  # CloudFront looks for the way out that every such network must have, though nothing uses it.
  depends_on = [aws_internet_gateway.main]
}

resource "aws_cloudfront_response_headers_policy" "main" {
  # checkov:skip=CKV_AWS_259:all but preload, which is for the owner of a whole domain to decide
  count = local.has_cloudfront ? 1 : 0

  name    = local.name
  comment = "What every answer says to browsers, those of CloudFront and of the firewall too"

  security_headers_config {
    strict_transport_security {
      # Two years, as browsers' lists ask; a subdomain of CloudFront's name is nobody's.
      access_control_max_age_sec = 63072000
      include_subdomains         = true
      preload                    = false
      override                   = true
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = "DENY"
      override     = true
    }

    # The page has a stricter one of its own.
    referrer_policy {
      referrer_policy = "same-origin"
      override        = false
    }
  }

  remove_headers_config {
    items {
      header = "Server"
    }
  }
}

data "aws_cloudfront_cache_policy" "disabled" {
  count = local.has_cloudfront ? 1 : 0
  name  = "Managed-CachingDisabled"
}

data "aws_cloudfront_cache_policy" "optimized" {
  count = local.has_cloudfront ? 1 : 0
  name  = "Managed-CachingOptimized"
}

data "aws_cloudfront_origin_request_policy" "all_viewer" {
  count = local.has_cloudfront ? 1 : 0
  name  = "Managed-AllViewer"
}

data "aws_cloudfront_origin_request_policy" "host_only" {
  count = local.has_cloudfront ? 1 : 0
  name  = "Managed-HostHeaderOnly"
}

# ---- the secret between CloudFront and a load balancer that faces the internet ---------------------------------

locals {
  origin_secret_header = "X-Origin-Secret"
  # Both count at the load balancer; CloudFront sends one of them. Adding 1 to the version makes the other one anew and
  # sends that, while what is still on its way with the old one is let in.
  origin_secrets = [for secret in terraform_data.origin_secret : sensitive(secret.output)]
}

resource "terraform_data" "origin_secret" {
  count = local.edge == "prefix_list" ? 2 : 0

  # 122 bits of the operating system's randomness.
  input            = uuid()
  triggers_replace = floor((var.origin_secret_version + count.index) / 2)

  lifecycle {
    ignore_changes = [input]
  }
}

# ---- firewall --------------------------------------------------------------------------------------------------

module "waf_cloudfront" {
  source = "./waf"
  count  = var.waf_enabled && local.has_cloudfront ? 1 : 0

  providers = {
    aws = aws.cloudfront
  }

  name               = local.name
  scope              = "CLOUDFRONT"
  requests_per_ip    = var.waf_requests_per_ip
  log_retention_days = var.log_retention_days
}

module "waf_alb" {
  source = "./waf"
  count  = var.waf_enabled && local.alb_speaks_https && !local.has_cloudfront ? 1 : 0

  name               = local.name
  scope              = "REGIONAL"
  requests_per_ip    = var.waf_requests_per_ip
  log_retention_days = var.log_retention_days
}

resource "aws_wafv2_web_acl_association" "alb" {
  count = length(module.waf_alb)

  resource_arn = aws_lb.main[0].arn
  web_acl_arn  = module.waf_alb[0].arn
}
