# The only public door of the page: load balancer -> bff_app.

resource "aws_lb" "main" {
  count = var.alb_enabled ? 1 : 0

  name               = "${local.name}-alb"
  load_balancer_type = "application"
  internal           = false
  security_groups    = [aws_security_group.alb[0].id]
  subnets            = [for subnet in aws_subnet.public : subnet.id]

  enable_http2               = true
  drop_invalid_header_fields = true
  idle_timeout               = local.alb_idle_timeout
  enable_deletion_protection = local.deletion_protection
}

resource "aws_lb_target_group" "bff" {
  count = var.alb_enabled ? 1 : 0

  name        = "${local.name}-bff"
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
}

resource "aws_lb_listener" "http" {
  count = var.alb_enabled ? 1 : 0

  load_balancer_arn = aws_lb.main[0].arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.bff[0].arn
  }
}

resource "aws_lambda_permission" "alb" {
  count = var.alb_enabled ? 1 : 0

  statement_id  = "AllowLoadBalancer"
  action        = "lambda:InvokeFunction"
  function_name = module.bff.functions["api_handler"].name
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
