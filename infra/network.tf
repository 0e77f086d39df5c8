# The load balancer's network. The functions are in no VPC: they reach PostgreSQL and the AWS APIs over TLS, and a VPC
# would cost them a NAT gateway.

locals {
  public_subnets = var.alb_enabled ? {
    for index, cidr in var.public_subnet_cidrs : tostring(index + 1) => {
      cidr = cidr
      zone = data.aws_availability_zones.available[0].names[index]
    }
  } : {}
}

data "aws_availability_zones" "available" {
  count = var.alb_enabled ? 1 : 0
  state = "available"

  # Local zones have no load balancers.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

resource "aws_vpc" "main" {
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

resource "aws_internet_gateway" "main" {
  count = var.alb_enabled ? 1 : 0

  vpc_id = aws_vpc.main[0].id
  tags   = { Name = "${local.name}-igw" }
}

resource "aws_subnet" "public" {
  for_each = local.public_subnets

  vpc_id            = aws_vpc.main[0].id
  cidr_block        = each.value.cidr
  availability_zone = each.value.zone

  tags = { Name = "${local.name}-public-${each.key}" }
}

resource "aws_route_table" "public" {
  count = var.alb_enabled ? 1 : 0

  vpc_id = aws_vpc.main[0].id
  tags   = { Name = "${local.name}-public" }
}

resource "aws_route" "internet" {
  count = var.alb_enabled ? 1 : 0

  route_table_id         = aws_route_table.public[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main[0].id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  subnet_id      = each.value.id
  route_table_id = aws_route_table.public[0].id
}

resource "aws_security_group" "alb" {
  count = var.alb_enabled ? 1 : 0

  name        = "${local.name}-alb"
  description = "HTTP to the load balancer, and from it to the AWS APIs"
  vpc_id      = aws_vpc.main[0].id
  tags        = { Name = "${local.name}-alb" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "http" {
  for_each = var.alb_enabled ? toset(var.alb_allowed_cidrs) : []

  security_group_id = aws_security_group.alb[0].id
  description       = "HTTP from ${each.value}"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
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
