# The load balancer's network. The functions are in no VPC: they reach PostgreSQL and the AWS APIs over TLS, and a VPC
# would cost them a NAT gateway.

locals {
  vpc_cidr = "10.0.0.0/16"
  # A load balancer needs two zones.
  subnets = var.alb_enabled ? {
    for index in [1, 2] : tostring(index) => {
      cidr = cidrsubnet(local.vpc_cidr, 8, index)
      zone = local.zones[index - 1]
    }
  } : {}
  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html: no VPC origins there.
  # They come last for the other edges, too: switching the edge then moves no subnet.
  without_vpc_origins = ["use1-az3", "usw1-az2", "apne1-az3", "apne2-az1", "cac1-az3"]
  available_zones     = flatten(data.aws_availability_zones.available[*].zone_ids)
  zones = concat(
    [for zone in local.available_zones : zone if !contains(local.without_vpc_origins, zone)],
    [for zone in local.available_zones : zone if contains(local.without_vpc_origins, zone) && !local.is_internal],
  )

  # Public when their route table leads to the internet.
  subnet_kind = local.is_internal ? "private" : "public"

  alb_ports = local.alb_speaks_https ? (local.has_cloudfront ? [443] : [80, 443]) : [80]
  # By port and range.
  alb_entrances = local.has_cloudfront ? {
    cloudfront = { port = local.alb_ports[0], from = "CloudFront", cidr = null, prefix_list = data.aws_ec2_managed_prefix_list.cloudfront[0].id }
    } : {
    for pair in setproduct(var.alb_enabled ? local.alb_ports : [], var.alb_allowed_cidrs) :
    "${pair[0]} ${pair[1]}" => { port = pair[0], from = pair[1], cidr = pair[1], prefix_list = null }
  }
}

data "aws_availability_zones" "available" {
  # checkov:skip=CKV_AWS_394:only the first two are used (locals above)
  count = var.alb_enabled ? 1 : 0
  state = "available"

  # Local zones have no load balancers.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }

  lifecycle {
    postcondition {
      condition     = length([for zone in self.zone_ids : zone if !local.is_internal || !contains(local.without_vpc_origins, zone)]) >= 2
      error_message = "${var.aws_region} has fewer than two zones that suit a load balancer${local.is_internal ? " behind a VPC origin: choose edge = \"prefix_list\", or another aws_region" : ": choose another aws_region, or alb_enabled = false"}."
    }
  }
}

resource "aws_vpc" "main" {
  # checkov:skip=CKV2_AWS_11:only the load balancer is in it, and what that takes is in the access log or in CloudFront's
  count = var.alb_enabled ? 1 : 0

  cidr_block           = local.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = "${local.name}-vpc" }
}

# Removes every rule from the group that AWS creates with each VPC, so that nothing can use it by accident.
resource "aws_default_security_group" "unused" {
  count = var.alb_enabled ? 1 : 0

  vpc_id = aws_vpc.main[0].id
  tags   = { Name = "${local.name}-unused" }
}

# CloudFront requires one even with an internal load balancer, which has no route to it.
resource "aws_internet_gateway" "main" {
  count = var.alb_enabled ? 1 : 0

  vpc_id = aws_vpc.main[0].id
  tags   = { Name = "${local.name}-igw" }
}

resource "aws_subnet" "alb" {
  for_each = local.subnets

  vpc_id               = aws_vpc.main[0].id
  cidr_block           = each.value.cidr
  availability_zone_id = each.value.zone

  tags = { Name = "${local.name}-${local.subnet_kind}-${each.key}" }
}

# In the network's own route table, which every subnet has.
resource "aws_route" "internet" {
  count = var.alb_enabled && !local.is_internal ? 1 : 0

  route_table_id         = aws_vpc.main[0].main_route_table_id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main[0].id

  lifecycle { create_before_destroy = true }
}

resource "aws_security_group" "alb" {
  count = var.alb_enabled ? 1 : 0

  name        = "${local.name}-alb"
  description = "To the load balancer, and from it to the AWS APIs"
  vpc_id      = aws_vpc.main[0].id
  tags        = { Name = "${local.name}-alb" }

  lifecycle { create_before_destroy = true }
}

resource "aws_vpc_security_group_ingress_rule" "alb" {
  # checkov:skip=CKV_AWS_260:port 80 only redirects to 443, or demo = true
  for_each = local.alb_entrances

  security_group_id = aws_security_group.alb[0].id
  description       = "Port ${each.value.port} from ${each.value.from}"
  cidr_ipv4         = each.value.cidr
  prefix_list_id    = each.value.prefix_list
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

data "aws_ec2_managed_prefix_list" "cloudfront" {
  count = local.has_cloudfront ? 1 : 0
  name  = "com.amazonaws.global.cloudfront.origin-facing"
}

# Lambda is called through its API; nothing else goes out.
resource "aws_vpc_security_group_egress_rule" "aws_apis" {
  count = var.alb_enabled ? 1 : 0

  security_group_id = aws_security_group.alb[0].id
  description       = "HTTPS to the AWS APIs"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
