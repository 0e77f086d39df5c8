# What is refused before anything is planned. One run holds a bad value of many variables, and fails unless all are refused.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

mock_provider "aws" {
  alias           = "cloudfront"
  source          = "./tests/mocks"
  override_during = plan
}

run "bad_values_1" {
  command = plan

  variables {
    project_name         = "Crud App"
    environment          = "Prod"
    aws_region           = "Virginia"
    database_url         = "mysql://u@h/d"
    email_from           = "Directorio <directorio@example.com>"
    notify_to            = []
    alb_allowed_cidrs    = []
    api_throttle         = { rate = 0, burst = 1 }
    reserved_concurrency = { frontend = 1 }
    log_retention_days   = 10
    ses_rate             = 0.5
    office_hours         = { opens = "8:00", closes = "cron(0 19 ? * MON-FRI *)", timezone = "America/Lima" }
    alarm_email          = "guardia"
    mail_language        = "fr"
    edge                 = "cloudfront"
    domain_name          = "Directorio.example.com"
    certificate_arn      = "arn:aws:acm:eu-west-1:123456789012:certificate/0"
    machine_clients      = { nomina = "jefe" }
    currency             = "euro"
    salary_period        = "week"
    time_zone            = "5 hours west"
    leaver_days          = 0
  }

  expect_failures = [
    var.project_name, var.environment, var.aws_region, var.database_url, var.email_from, var.notify_to, var.alb_allowed_cidrs, var.api_throttle,
    var.reserved_concurrency, var.log_retention_days, var.ses_rate, var.office_hours, var.alarm_email, var.mail_language, var.edge,
    var.domain_name, var.certificate_arn, var.machine_clients, var.currency, var.salary_period, var.time_zone, var.leaver_days,
  ]
}

run "bad_values_2" {
  command = plan

  variables {
    project_name         = "my-aws-app"
    environment          = "pro-duction"
    aws_region           = "us-east"
    database_url         = "postgresql://directorio@db.example.com/directorio?pgbouncer=true&sslmode=require"
    email_from           = "directorio"
    notify_to            = ["rrhh@example.com", "jefatura"]
    alb_allowed_cidrs    = ["office"]
    api_throttle         = { rate = 1, burst = 1.5 }
    reserved_concurrency = { bff = -1 }
    log_retention_days   = 0
    ses_rate             = 1001
    office_hours         = { opens = "cron(0 8 ? * MON-FRI *)", closes = "cron(0 19 ? * MON-FRI *)", timezone = "5 hours west" }
    domain_name          = "https://directorio.example.com"
    machine_clients      = { "Nómina" = "lector" }
  }

  expect_failures = [
    var.project_name, var.environment, var.aws_region, var.database_url, var.email_from, var.notify_to, var.alb_allowed_cidrs, var.api_throttle,
    var.reserved_concurrency, var.log_retention_days, var.ses_rate, var.office_hours, var.domain_name, var.machine_clients,
  ]
}

run "bad_values_3" {
  command = plan

  variables {
    project_name         = "internal-app"
    environment          = "aws1"
    aws_region           = ""
    database_url         = "postgresql://directorio@db.example.com/directorio?sslmode=disable&pgbouncer=true"
    email_from           = "a@example.com, b@example.com"
    reserved_concurrency = { bff = 1.5 }
  }

  expect_failures = [var.project_name, var.environment, var.aws_region, var.database_url, var.email_from, var.reserved_concurrency]
}

run "one_zone" {
  command = plan

  override_data {
    target = data.aws_availability_zones.available
    values = { zone_ids = ["use1-az1"] }
  }

  expect_failures = [data.aws_availability_zones.available]
}
