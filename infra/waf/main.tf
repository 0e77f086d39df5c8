# A firewall for one door: CloudFront's stands in us-east-1, a load balancer's in its own region.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "scope" {
  description = "CLOUDFRONT or REGIONAL."
  type        = string
}

variable "settings" {
  description = "What every name begins with, how many requests of one address and of one token pass in five minutes, and how many days the log is kept."
  type        = object({ name = string, requests_per_ip = number, requests_per_token = number, log_retention_days = number })
}

output "arn" {
  description = "The ARN of the firewall."
  value       = aws_wafv2_web_acl.main.arn
}

locals {
  # Whom a limit counts. A request without the cookie or the header is not counted by its rule.
  limits = {
    requests-per-ip      = { priority = 1, limit = var.settings.requests_per_ip, cookie = [], header = [] }
    requests-per-session = { priority = 3, limit = var.settings.requests_per_token, cookie = ["__Host-acceso"], header = [] }
    requests-per-token   = { priority = 4, limit = var.settings.requests_per_token, cookie = [], header = ["authorization"] }
  }

  # In the order in which they are asked. AWS keeps them up to date.
  # https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
  managed_rules = {
    AWSManagedRulesAmazonIpReputationList = { priority = 10, only_counted = [] }
    AWSManagedRulesKnownBadInputsRuleSet  = { priority = 20, only_counted = [] }
    # The rule refuses bodies above 8 kB, and an e-mail to send may have 100,000 characters. The rule body-size has our limit.
    AWSManagedRulesCommonRuleSet = { priority = 30, only_counted = ["SizeRestrictions_BODY"] }
  }
}

resource "aws_wafv2_web_acl" "main" {
  # checkov:skip=CKV_AWS_192:AWSManagedRulesKnownBadInputsRuleSet is among managed_rules; the scanner does not read dynamic blocks
  name        = var.settings.name
  description = "What never reaches the page"
  scope       = var.scope

  default_action {
    allow {}
  }

  # Problem documents, as the apps answer.
  dynamic "custom_response_body" {
    for_each = {
      too-large = { title = "Contenido demasiado grande / Content Too Large", status = 413 }
      too-many  = { title = "Demasiadas solicitudes / Too Many Requests", status = 429 }
    }

    content {
      key          = custom_response_body.key
      content_type = "APPLICATION_JSON"
      content      = jsonencode(merge({ type = "about:blank" }, custom_response_body.value))
    }
  }

  dynamic "rule" {
    for_each = local.limits

    content {
      name     = rule.key
      priority = rule.value.priority

      action {
        block {
          custom_response {
            response_code            = 429
            custom_response_body_key = "too-many"

            response_header {
              name  = "Retry-After"
              value = "300"
            }
          }
        }
      }

      statement {
        rate_based_statement {
          limit                 = rule.value.limit
          evaluation_window_sec = 300
          aggregate_key_type    = rule.key == "requests-per-ip" ? "IP" : "CUSTOM_KEYS"

          dynamic "custom_key" {
            for_each = rule.value.cookie

            content {
              cookie {
                name = custom_key.value

                text_transformation {
                  priority = 0
                  type     = "NONE"
                }
              }
            }
          }

          dynamic "custom_key" {
            for_each = rule.value.header

            content {
              header {
                name = custom_key.value

                text_transformation {
                  priority = 0
                  type     = "NONE"
                }
              }
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.key
        sampled_requests_enabled   = false
      }
    }
  }

  rule {
    name     = "body-size"
    priority = 2

    action {
      block {
        custom_response {
          response_code            = 413
          custom_response_body_key = "too-large"
        }
      }
    }

    statement {
      # A load balancer passes at most 1 MB to a Lambda. The firewall sees only the first 16 kB of a body, so the
      # Content-Length decides; a body without one meets the load balancer's limit.
      regex_match_statement {
        regex_string = "^[0-9]{7,}$"

        field_to_match {
          single_header { name = "content-length" }
        }

        text_transformation {
          priority = 0
          type     = "NONE"
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "body-size"
      sampled_requests_enabled   = false
    }
  }

  dynamic "rule" {
    for_each = local.managed_rules

    content {
      name     = rule.key
      priority = rule.value.priority

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          name        = rule.key
          vendor_name = "AWS"

          dynamic "rule_action_override" {
            for_each = rule.value.only_counted

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.key
        # Samples hold whole requests, cookies included.
        sampled_requests_enabled = false
      }
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = var.settings.name
    sampled_requests_enabled   = false
  }

  lifecycle {
    # waf_enabled = false deletes it after the distribution or the load balancer has let go.
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "main" {
  # WAF asks for the prefix.
  name              = "aws-waf-logs-${var.settings.name}-${lower(var.scope)}"
  retention_in_days = var.settings.log_retention_days
}

# Only refused requests, without anything people typed and without credentials.
resource "aws_wafv2_web_acl_logging_configuration" "main" {
  resource_arn            = aws_wafv2_web_acl.main.arn
  log_destination_configs = [aws_cloudwatch_log_group.main.arn]

  logging_filter {
    default_behavior = "DROP"

    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"

      condition {
        action_condition { action = "BLOCK" }
      }
    }
  }

  redacted_fields {
    query_string {}
  }

  dynamic "redacted_fields" {
    for_each = ["authorization", "cookie"]

    content {
      single_header { name = redacted_fields.value }
    }
  }
}
