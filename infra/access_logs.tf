# The access log of the outermost door: CloudFront's if there is one, else the load balancer's. The HTTP APIs (http_api.tf)
# and the firewall (waf/) log to CloudWatch. Where AWS lets us choose, no log holds a query string: it is what people typed.

locals {
  # An internal load balancer gets only what CloudFront has logged already, and would log the query strings too.
  alb_logs        = var.alb_enabled && !local.is_internal
  alb_logs_prefix = "load-balancer"
}

resource "aws_s3_bucket" "access_logs" {
  # checkov:skip=CKV_AWS_18:it holds logs; its own would log its own writing
  # checkov:skip=CKV_AWS_21:nothing overwrites a log, and an old version would outlive its retention
  # checkov:skip=CKV_AWS_144:kept for days, not for disasters: they hold people's addresses
  # checkov:skip=CKV_AWS_145:load balancers write only to buckets encrypted with S3's own key, which is the default
  # checkov:skip=CKV2_AWS_65:access control lists are disabled by default since April 2023
  # checkov:skip=CKV2_AWS_62:nothing waits for a log
  count = var.alb_enabled ? 1 : 0

  # Unique among all accounts, in at most 63 characters.
  bucket        = "${local.global_name}-logs-${data.aws_caller_identity.current.account_id}"
  force_destroy = !local.deletion_protection
}

resource "aws_s3_bucket_public_access_block" "access_logs" {
  count = var.alb_enabled ? 1 : 0

  bucket                  = aws_s3_bucket.access_logs[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "access_logs" {
  count = var.alb_enabled ? 1 : 0

  bucket = aws_s3_bucket.access_logs[0].id

  rule {
    id     = "forget"
    status = "Enabled"

    filter {}

    expiration { days = var.log_retention_days }

    abort_incomplete_multipart_upload { days_after_initiation = 1 }
  }
}

resource "aws_s3_bucket_policy" "access_logs" {
  count = var.alb_enabled ? 1 : 0

  bucket = aws_s3_bucket.access_logs[0].id

  policy = jsonencode({
    Version = local.policy_version
    Statement = concat([
      {
        Sid       = "AllowDelivery"
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.access_logs[0].arn}/*"
        Condition = { StringEquals = local.account }
      },
      {
        Sid       = "RefusePlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.access_logs[0].arn, "${aws_s3_bucket.access_logs[0].arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      # AWS does not document aws:SourceAccount for load balancers. The account in the path restricts it to ours all the same.
      # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
      ], [for account in local.alb_logs ? [data.aws_caller_identity.current.account_id] : [] : {
        Sid       = "AllowLoadBalancer"
        Effect    = "Allow"
        Principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.access_logs[0].arn}/${local.alb_logs_prefix}/AWSLogs/${account}/*"
    }])
  })

  # A policy for AWS's own services is not public, but S3 decides that while both change.
  depends_on = [aws_s3_bucket_public_access_block.access_logs]
}

resource "aws_cloudwatch_log_delivery_source" "cloudfront" {
  count    = local.has_cloudfront ? 1 : 0
  provider = aws.cloudfront

  name         = "${local.global_name}-cloudfront"
  log_type     = "ACCESS_LOGS"
  resource_arn = aws_cloudfront_distribution.main[0].arn
}

resource "aws_cloudwatch_log_delivery_destination" "access_logs" {
  count    = local.has_cloudfront ? 1 : 0
  provider = aws.cloudfront

  name          = "${local.global_name}-access-logs"
  output_format = "json"

  delivery_destination_configuration {
    destination_resource_arn = aws_s3_bucket.access_logs[0].arn
  }
}

resource "aws_cloudwatch_log_delivery" "cloudfront" {
  count    = local.has_cloudfront ? 1 : 0
  provider = aws.cloudfront

  delivery_source_name     = aws_cloudwatch_log_delivery_source.cloudfront[0].name
  delivery_destination_arn = aws_cloudwatch_log_delivery_destination.access_logs[0].arn

  # Neither query strings nor cookies, nor where people came from.
  record_fields = [
    "timestamp(ms)", "c-ip", "cs-method", "cs(Host)", "cs-uri-stem", "cs-protocol", "cs-protocol-version", "cs-bytes", "cs(User-Agent)",
    "sc-status", "sc-bytes", "time-taken", "time-to-first-byte", "x-edge-location", "x-edge-request-id", "x-edge-result-type",
    "x-edge-detailed-result-type", "ssl-protocol", "ssl-cipher",
  ]

  s3_delivery_configuration {
    enable_hive_compatible_path = false
    suffix_path                 = "/cloudfront/{yyyy}/{MM}/{dd}"
  }

  # CloudWatch tries the bucket when the delivery is made.
  depends_on = [aws_s3_bucket_policy.access_logs]
}
