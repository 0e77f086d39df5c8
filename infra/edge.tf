# What stands before the load balancer, and how strictly. docs/security.md compares the choices.
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

  # Where people find the page. Without a load balancer a developer runs the page locally against these APIs.
  page_url = (
    !var.alb_enabled ? "http://localhost:8000" :
    var.demo ? "http://${aws_lb.main[0].dns_name}" :
    var.domain_name != "" ? "https://${var.domain_name}" :
    "https://${aws_cloudfront_distribution.main[0].domain_name}"
  )

  origin_id = "load-balancer"
  # Seconds. No answer takes longer (infra/locals.tf), and CloudFront closes a connection before the load balancer does.
  origin_read_timeout      = 60
  origin_keepalive_timeout = 50
}

check "demo" {
  assert {
    condition     = !var.demo
    error_message = "demo = true: everyone on the internet may read and change everything, over plain HTTP. For invented data only."
  }
}

resource "aws_cloudfront_distribution" "main" {
  # checkov:skip=CKV_AWS_86:CloudFront logs by the newer way, which can leave out query strings (access_logs.tf)
  # checkov:skip=CKV_AWS_174:of its own name CloudFront decides; a name of your own has TLSv1.2_2021
  # checkov:skip=CKV_AWS_305:the origin is a program, which answers / itself
  # checkov:skip=CKV_AWS_310:one origin, a load balancer in two zones; a second one would need a second database
  # checkov:skip=CKV_AWS_374:people travel; the sign-in decides who may come in
  # checkov:skip=CKV2_AWS_32:it has a managed one, and the scanner looks for a resource
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

  # Every answer depends on the caller.
  default_cache_behavior {
    target_origin_id           = local.origin_id
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.managed["CachingDisabled"].id
    origin_request_policy_id   = data.aws_cloudfront_origin_request_policy.managed["AllViewer"].id
    response_headers_policy_id = data.aws_cloudfront_response_headers_policy.security[0].id
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
    cache_policy_id            = data.aws_cloudfront_cache_policy.managed["CachingOptimized"].id
    origin_request_policy_id   = data.aws_cloudfront_origin_request_policy.managed["HostHeaderOnly"].id
    response_headers_policy_id = data.aws_cloudfront_response_headers_policy.security[0].id
  }

  viewer_certificate {
    cloudfront_default_certificate = var.domain_name == ""
    acm_certificate_arn            = var.domain_name == "" ? null : var.certificate_arn
    ssl_support_method             = var.domain_name == "" ? null : "sni-only"
    # Of its own name CloudFront decides itself.
    minimum_protocol_version = var.domain_name == "" ? "TLSv1" : "TLSv1.2_2021"
  }

  restrictions {
    geo_restriction { restriction_type = "none" }
  }

  # The load balancer must accept a request, and its secret, before CloudFront sends it.
  depends_on = [aws_lb_listener.http, aws_lb_listener_rule.from_cloudfront]

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
    name                   = local.global_name
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

  lifecycle {
    # The distribution must have left it before it goes.
    create_before_destroy = true
  }

  # CloudFront requires an internet gateway in the network, though nothing uses it.
  depends_on = [aws_internet_gateway.main]
}

data "aws_cloudfront_cache_policy" "managed" {
  for_each = toset(local.has_cloudfront ? ["CachingDisabled", "CachingOptimized"] : [])
  name     = "Managed-${each.key}"
}

data "aws_cloudfront_origin_request_policy" "managed" {
  for_each = toset(local.has_cloudfront ? ["AllViewer", "HostHeaderOnly"] : [])
  name     = "Managed-${each.key}"
}

# Headers of every answer, the firewall's too: Strict-Transport-Security, X-Content-Type-Options and others. The page has stricter ones.
data "aws_cloudfront_response_headers_policy" "security" {
  count = local.has_cloudfront ? 1 : 0
  name  = "Managed-SecurityHeadersPolicy"
}

locals {
  origin_secret_header = "X-Origin-Secret"
  # The load balancer accepts both; CloudFront sends one. Adding 1 to the version renews the other one and sends that,
  # while requests that are still on their way with the old one are accepted.
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

locals {
  waf = { name = local.global_name, requests_per_ip = var.waf_requests_per_ip, requests_per_token = var.waf_requests_per_token, log_retention_days = var.log_retention_days }
}

module "waf_cloudfront" {
  source    = "./waf"
  count     = var.waf_enabled && local.has_cloudfront ? 1 : 0
  providers = { aws = aws.cloudfront }

  scope    = "CLOUDFRONT"
  settings = local.waf
}

module "waf_alb" {
  source = "./waf"
  count  = var.waf_enabled && local.alb_speaks_https && !local.has_cloudfront ? 1 : 0

  scope    = "REGIONAL"
  settings = local.waf
}

resource "aws_wafv2_web_acl_association" "alb" {
  count = length(module.waf_alb)

  resource_arn = aws_lb.main[0].arn
  web_acl_arn  = module.waf_alb[0].arn
}
