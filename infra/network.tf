# The load balancer's network. The functions are in no VPC: they reach PostgreSQL and the AWS APIs over TLS, and a VPC
# would cost them a NAT gateway.

locals {
  subnets = var.alb_enabled ? {
    for index, cidr in var.subnet_cidrs : tostring(index + 1) => {
      cidr = cidr
      zone = data.aws_availability_zones.available[0].names[index]
    }
  } : {}

  # Public when their route table leads to the internet.
  subnet_kind = local.is_internal ? "private" : "public"

  alb_ports = local.alb_speaks_https ? (local.has_cloudfront ? [443] : [80, 443]) : [80]
  # Port and range.
  alb_visitors = {
    for pair in setproduct(var.alb_enabled && !local.has_cloudfront ? local.alb_ports : [], var.alb_allowed_cidrs) :
    "${pair[0]} ${pair[1]}" => { port = pair[0], range = pair[1] }
  }
}

data "aws_availability_zones" "available" {
  # checkov:skip=CKV_AWS_394:only the first names are used, as many as there are subnets (locals above)
  count = var.alb_enabled ? 1 : 0
  state = "available"

  # Local zones have no load balancers.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

resource "aws_vpc" "main" {
  # checkov:skip=CKV2_AWS_11:only the load balancer is in it, and what that takes is in the access log or in CloudFront's
  count = var.alb_enabled ? 1 : 0

  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = "${local.name}-vpc" }
}

# Takes every rule out of the group that AWS makes with each VPC, so that nothing can use it by accident.
resource "aws_default_security_group" "unused" {
  count = var.alb_enabled ? 1 : 0

  vpc_id = aws_vpc.main[0].id
  tags   = { Name = "${local.name}-unused" }
}

# CloudFront asks for one even before an internal load balancer, which has no route to it.
resource "aws_internet_gateway" "main" {
  count = var.alb_enabled ? 1 : 0

  vpc_id = aws_vpc.main[0].id
  tags   = { Name = "${local.name}-igw" }
}

resource "aws_subnet" "alb" {
  for_each = local.subnets

  vpc_id            = aws_vpc.main[0].id
  cidr_block        = each.value.cidr
  availability_zone = each.value.zone

  tags = { Name = "${local.name}-${local.subnet_kind}-${each.key}" }
}

resource "aws_route_table" "alb" {
  count = var.alb_enabled ? 1 : 0

  vpc_id = aws_vpc.main[0].id
  tags   = { Name = "${local.name}-${local.subnet_kind}" }
}

resource "aws_route" "internet" {
  count = var.alb_enabled && !local.is_internal ? 1 : 0

  route_table_id         = aws_route_table.alb[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main[0].id
}

resource "aws_route_table_association" "alb" {
  for_each = aws_subnet.alb

  subnet_id      = each.value.id
  route_table_id = aws_route_table.alb[0].id
}

resource "aws_security_group" "alb" {
  count = var.alb_enabled ? 1 : 0

  name        = "${local.name}-alb"
  description = "To the load balancer, and from it to the AWS APIs"
  vpc_id      = aws_vpc.main[0].id
  tags        = { Name = "${local.name}-alb" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "people" {
  # checkov:skip=CKV_AWS_260:port 80 only redirects to 443, or demo = true
  for_each = local.alb_visitors

  security_group_id = aws_security_group.alb[0].id
  description       = "Port ${each.value.port} from ${each.value.range}"
  cidr_ipv4         = each.value.range
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "cloudfront" {
  count = local.has_cloudfront ? 1 : 0

  security_group_id = aws_security_group.alb[0].id
  description       = "Port ${local.alb_ports[0]} from CloudFront"
  prefix_list_id    = data.aws_ec2_managed_prefix_list.cloudfront[0].id
  ip_protocol       = "tcp"
  from_port         = local.alb_ports[0]
  to_port           = local.alb_ports[0]
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
