# What is refused before anything is planned, each with a sentence of its own. One run holds a bad value of many
# variables, and fails unless every one of them is refused.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "cloudfront"
  source = "./tests/mocks"
}

run "bad_values_1" {
  command = plan

  variables {
    project_name              = "Crud App"
    environment               = "Prod"
    aws_region                = "Virginia"
    tags                      = { "aws:name" = "x" }
    database_url              = "mysql://u@h/d"
    email_from                = "Directorio <directorio@example.com>"
    notify_to                 = []
    vpc_cidr                  = "10.0.0.0"
    subnet_cidrs              = ["10.0.1.0/24"]
    alb_allowed_cidrs         = []
    api_throttle              = { rate = 0, burst = 1 }
    reserved_concurrency      = { frontend = 1 }
    mail_concurrency          = 1
    log_retention_days        = 10
    ses_rate                  = 0.5
    office_hours              = { opens = "8:00", closes = "cron(0 19 ? * MON-FRI *)", timezone = "America/Lima" }
    alarm_email               = "guardia"
    mail_language             = "fr"
    edge                      = "cloudfront"
    domain_name               = "Directorio.example.com"
    certificate_arn           = "arn:aws:acm:eu-west-1:123456789012:certificate/0"
    alb_certificate_arn       = "certificate"
    machine_clients           = { nomina = "jefe" }
    waf_requests_per_ip       = 9
    origin_secret_version     = 0
    access_log_retention_days = 0
  }

  expect_failures = [
    var.project_name, var.environment, var.aws_region, var.tags, var.database_url, var.email_from, var.notify_to,
    var.vpc_cidr, var.subnet_cidrs, var.alb_allowed_cidrs, var.api_throttle, var.reserved_concurrency,
    var.mail_concurrency, var.log_retention_days, var.ses_rate, var.office_hours, var.alarm_email,
    var.mail_language, var.edge, var.domain_name, var.certificate_arn, var.alb_certificate_arn, var.machine_clients,
    var.waf_requests_per_ip, var.origin_secret_version, var.access_log_retention_days,
  ]
}

run "bad_values_2" {
  command = plan

  variables {
    project_name              = "my-aws-app"
    environment               = "pro-duction"
    aws_region                = "us-east"
    database_url              = "db.example.com:5432"
    email_from                = "directorio"
    notify_to                 = ["rrhh@example.com", "jefatura"]
    vpc_cidr                  = "10.0.0.7/16"
    subnet_cidrs              = ["10.0.1.0/24", "10.0.1.0/24"]
    alb_allowed_cidrs         = ["office"]
    api_throttle              = { rate = 1, burst = 1.5 }
    reserved_concurrency      = { bff = -1 }
    mail_concurrency          = 1001
    log_retention_days        = 0
    ses_rate                  = 1001
    office_hours              = { opens = "cron(0 8 ? * MON-FRI *)", closes = "cron(0 19 ? * MON-FRI *)", timezone = "5 hours west" }
    domain_name               = "https://directorio.example.com"
    machine_clients           = { "Nómina" = "lector" }
    waf_requests_per_ip       = 10.5
    origin_secret_version     = 1.5
    access_log_retention_days = 1.5
  }

  expect_failures = [
    var.project_name, var.environment, var.aws_region, var.database_url, var.email_from, var.notify_to,
    var.vpc_cidr, var.subnet_cidrs, var.alb_allowed_cidrs, var.api_throttle, var.reserved_concurrency,
    var.mail_concurrency, var.log_retention_days, var.ses_rate, var.office_hours, var.domain_name,
    var.machine_clients, var.waf_requests_per_ip, var.origin_secret_version, var.access_log_retention_days,
  ]
}

run "bad_values_3" {
  command = plan

  variables {
    project_name         = "crud-app-with-a-long-name"
    environment          = "averyverylongname"
    aws_region           = ""
    database_url         = "postgresql://u@h/d b"
    email_from           = "a@b"
    vpc_cidr             = "10.0.0.0/33"
    subnet_cidrs         = ["10.0.1.0/24", "10.0.2.9/24"]
    reserved_concurrency = { bff = 1.5 }
    mail_concurrency     = 2.5
  }

  expect_failures = [
    var.project_name, var.environment, var.aws_region, var.database_url, var.email_from, var.vpc_cidr,
    var.subnet_cidrs, var.reserved_concurrency, var.mail_concurrency,
  ]
}

run "bad_values_4" {
  command = plan

  variables {
    project_name = "internal-app"
    environment  = "aws1"
    database_url = "postgresql://directorio@db.example.com/directorio?pgbouncer=true&sslmode=require"
    email_from   = "a@example.com, b@example.com"
    vpc_cidr     = "everywhere"
    subnet_cidrs = ["10.0.1.0/24", "second"]
  }

  expect_failures = [
    var.project_name, var.environment, var.database_url, var.email_from, var.vpc_cidr, var.subnet_cidrs,
  ]
}

run "bad_values_5" {
  command = plan

  variables {
    project_name = "a"
    environment  = ""
    database_url = "postgresql://directorio@db.example.com/directorio?sslmode=disable&pgbouncer=true"
  }

  expect_failures = [
    var.project_name, var.environment, var.database_url,
  ]
}
